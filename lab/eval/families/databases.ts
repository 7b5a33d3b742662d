/** Statements of databases and search, after their documentation; `{kind}` stands for a value of that kind (`values.ts`). */

export const databases: Readonly<Record<string, string>> = {
  postgres: String.raw`
connection received: host={ip} port={port}
connection authorized: user={user} database={name}
disconnection: session time: {clock} user={user} database={name} host={ip} port={port}
duration: {float} ms  statement: {sql}
checkpoint starting: time
checkpoint starting: xlog
checkpoint complete: wrote {int} buffers ({float}%); 0 WAL file(s) added, {int} removed, {int} recycled; write={float} s, sync={float} s, total={float} s; sync files={int}, longest={float} s, average={float} s; distance={int} kB, estimate={int} kB
automatic vacuum of table "{name}.public.{name}": index scans: {int}
automatic analyze of table "{name}.public.{name}"
deadlock detected
canceling statement due to statement timeout
canceling statement due to user request
canceling autovacuum task
duplicate key value violates unique constraint "{name}"
relation "{name}" does not exist
column "{name}" does not exist
password authentication failed for user "{user}"
database system is ready to accept connections
database system is shut down
database system was interrupted; last known up at {date}
received fast shutdown request
received smart shutdown request
received immediate shutdown request
remaining connection slots are reserved for non-replication superuser connections
server process (PID {int}) was terminated by signal 9: Killed
`,
  mysql: String.raw`
Aborted connection {int} to db: '{name}' user: '{user}' host: '{host}' (Got timeout reading communication packets)
Aborted connection {int} to db: '{name}' user: '{user}' host: '{host}' (Got an error reading communication packets)
Access denied for user '{user}'@'{ip}' (using password: YES)
Access denied for user '{user}'@'{ip}' (using password: NO)
InnoDB: page_cleaner: {int}ms intended loop took {int}ms. The settings might not be optimal. (flushed={int} and evicted={int}, during the time.)
InnoDB: Buffer pool(s) load completed at {date}
InnoDB: Starting shutdown...
InnoDB: Shutdown completed; log sequence number {int}
{path}: ready for connections. Version: '{ver}'  socket: '{path}'  port: {port}  MySQL Community Server (GPL)
Plugin '{name}' is disabled.
IP address '{ip}' could not be resolved: Name or service not known
`,
  redis: String.raw`
{int} changes in {int} seconds. Saving...
Background saving started by pid {int}
DB saved on disk
RDB: {int} MB of memory used by copy-on-write
Background saving terminated with success
Background saving terminated by signal {int}
Client id={int} addr={ip}:{port} fd={int} name= age={int} idle={int} flags=N db={int} sub=0 psub=0 qbuf={int} cmd={word} scheduled to be closed ASAP for overcoming of output buffer limits.
Replica {ip}:{port} asks for synchronization
Full resync requested by replica {ip}:{port}
Partial resynchronization request from {ip}:{port} accepted. Sending {int} bytes of backlog starting from offset {int}.
Connection with replica {ip}:{port} lost.
MASTER <-> REPLICA sync started
MASTER <-> REPLICA sync: receiving {int} bytes from master to disk
MASTER <-> REPLICA sync: Finished with success
MASTER <-> REPLICA sync: Loading DB in memory
MASTER <-> REPLICA sync: Flushing old data
`,
  cassandra: String.raw`
Writing Memtable-{name}@{int}({size} serialized bytes, {int} ops, {int}%/0% of on/off-heap limit)
Completed flushing {path} ({size}) for commitlog position ReplayPosition(segmentId={int}, position={int})
Enqueuing flush of {name}: {int} ({int}%) on-heap, {int} (0%) off-heap
Compacting ({uuid}) [{path}:level=0, {path}:level=0, ]
Compacted ({uuid}) {int} sstables to [{path}:level=0, ] to level=0.  {size} to {size} (~{int}% of original) in {int}ms.
InetAddress /{ip} is now UP
InetAddress /{ip} is now DOWN
Node /{ip} state jump to NORMAL
Node /{ip} state jump to LEAVING
Node /{ip} state jump to LEFT
Node /{ip} has restarted, now UP
Handshaking version with /{ip}
Started hinted handoff for host: {uuid} with IP: /{ip}
Finished hinted handoff of {int} rows to endpoint /{ip}
G1 Young Generation GC in {int}ms.  G1 Eden Space: {int} -> 0; G1 Old Gen: {int} -> {int};
Timed out: {int} MUTATION messages were dropped in last {int} ms: {int} for internal timeout and {int} for cross node timeout
{int} READ messages were dropped in last {int} ms: {int} for internal timeout and {int} for cross node timeout
`,
  hbase: String.raw`
Opened {region}
Closed {region}
Finished memstore flush of ~{size} for region {region} in {int}ms, sequenceid={int}, compaction requested=true
Completed compaction of {int} (all) file(s) in {name} of {region} into {hex}(size={size}), total size for store is {size}. This selection was in queue for {dur}, and took {dur} to execute.
Rolled WAL {path} with entries={int}, filesize={size}; new WAL {path}
Blocking updates on region {region} for {int}ms: memstore size {size} is >= than blocking {size} size
regionserver:{int} STOPPED: Unhandled: {exc}
Slow sync cost: {int} ms, current pipeline: [DatanodeInfoWithStorage[{ip}:{port},{id},DISK], DatanodeInfoWithStorage[{ip}:{port},{id},DISK]]
`,
  elasticsearch: String.raw`
[{host}] [gc][{int}] overhead, spent [{dur}] collecting in the last [{dur}]
[{host}] [gc][young][{int}][{int}] duration [{dur}], collections [{int}]/[{dur}], total [{dur}]/[{dur}], memory [{size}]->[{size}]/[{size}]
[{host}] Cluster health status changed from [YELLOW] to [GREEN] (reason: [shards started [[{name}][{int}]]]).
[{host}] Cluster health status changed from [GREEN] to [YELLOW] (reason: [{name} left]).
[{host}] [{name}] creating index, cause [api], templates [], shards [{int}]/[{int}]
[{host}] [{name}] deleting index
[{host}] [{name}/{id}] update_mapping [_doc]
[{host}] high disk watermark [{int}%] exceeded on [{id}][{host}][{path}] free: {size}[{float}%], shards will be relocated away from this node
[{host}] low disk watermark [{int}%] exceeded on [{id}][{host}][{path}] free: {size}[{float}%], replicas will not be assigned to this node
[{host}] node-left[{name} reason: disconnected], term: {int}, version: {int}
[{host}] added {{name}}
`,
};
