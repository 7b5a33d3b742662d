/** Statements of orchestrators, the kernel and storage, after their documentation; `{kind}` stands for a value of that kind (`values.ts`). */

export const platform: Readonly<Record<string, string>> = {
  etcd: String.raw`
{hex} is starting a new election at term {int}
{hex} became candidate at term {int}
{hex} became leader at term {int}
{hex} became follower at term {int}
{hex} received MsgVoteResp from {hex} at term {int}
raft.node: {hex} elected leader {hex} at term {int}
raft.node: {hex} lost leader {hex} at term {int}
apply entries took too long [{dur} for {int} entries]
read-only range request "key:\"{path}\" " with result "range_response_count:{int} size:{int}" took too long ({dur}) to execute
compacted raft log at {int}
store.index: compact {int}
finished scheduled compaction at {int} (took {dur})
failed to send out heartbeat on time (exceeded the {dur} timeout for {dur}, to {hex})
sync duration of {dur}, expected less than {dur}
`,
  kubelet: String.raw`
Successfully assigned {ns}/{pod} to {node}
Pulling image "{image}"
Pulled: Successfully pulled image "{image}" in {dur}
Container image "{image}" already present on machine
Created container {name}
Started container {name}
Stopped container {name}
Killing container with id docker://{name}: Need to kill Pod
Back-off restarting failed container {name} in pod {pod}_{ns}({uuid})
Readiness probe failed: HTTP probe failed with statuscode: {code}
Liveness probe failed: HTTP probe failed with statuscode: {code}
Readiness probe failed: Get "http://{ip}:{port}{path}": dial tcp {ip}:{port}: connect: connection refused
Node {node} status is now: NodeReady
Node {node} status is now: NodeNotReady
Node {node} status is now: NodeHasSufficientMemory
Node {node} status is now: NodeHasDiskPressure
MountVolume.SetUp succeeded for volume "{name}" (UniqueName: "kubernetes.io/secret/{uuid}-{name}") pod "{pod}" (UID: "{uuid}")
SyncLoop (ADD, "api"): "{pod}_{ns}({uuid})"
SyncLoop (DELETE, "api"): "{pod}_{ns}({uuid})"
SyncLoop (PLEG): "{pod}_{ns}({uuid})", event: &pleg.PodLifecycleEvent{ID:"{uuid}", Type:"ContainerStarted", Data:"{hex64}"}
SyncLoop (PLEG): "{pod}_{ns}({uuid})", event: &pleg.PodLifecycleEvent{ID:"{uuid}", Type:"ContainerDied", Data:"{hex64}"}
`,
  systemd: String.raw`
Starting {svcname}...
Started {svcname}.
Stopping {svcname}...
Stopped {svcname}.
Reloading.
Created slice User Slice of {user}.
Removed slice User Slice of {user}.
Started Session {int} of user {user}.
{unit}.service: Main process exited, code=exited, status=1/FAILURE
{unit}.service: Failed with result 'exit-code'.
{unit}.service: Failed with result 'timeout'.
{unit}.service: Succeeded.
{unit}.service: Scheduled restart job, restart counter is at {int}.
{unit}.service: Consumed {dur} CPU time.
Reached target {svcname}.
Stopped target {svcname}.
`,
  'iptables-kernel': String.raw`
usb {usb}: new high-speed USB device number {int} using xhci_hcd
usb {usb}: USB disconnect, device number {int}
{iface}: link up, {int}Mbps, full-duplex, lpa {hex0x}
{iface}: link down
{iface}: renamed from {iface}
{iface}: NIC Link is Up {int} Mbps Full Duplex, Flow Control: None
{iface}: NIC Link is Down
Out of memory: Killed process {int} ({prog}) total-vm:{int}kB, anon-rss:{int}kB, file-rss:{int}kB, shmem-rss:{int}kB, UID:{int} pgtables:{int}kB oom_score_adj:{int}
{prog} invoked oom-killer: gfp_mask={hex0x}(GFP_KERNEL), order={int}, oom_score_adj={int}
EXT4-fs ({dev}): mounted filesystem with ordered data mode. Opts: (null)
EXT4-fs error (device {dev}): ext4_find_entry:{int}: inode #{int}: comm {prog}: reading directory lblock {int}
blk_update_request: I/O error, dev {dev}, sector {int} op {hex0x}:(READ) flags {hex0x} phys_seg {int} prio class {int}
INFO: task {prog}:{int} blocked for more than {int} seconds.
TCP: request_sock_TCP: Possible SYN flooding on port {port}. Sending cookies.  Check SNMP counters.
device {iface} entered promiscuous mode
device {iface} left promiscuous mode
`,
  ceph: String.raw`
osd.{int} reported immediately failed by osd.{int}
osd.{int} marked itself down
osd.{int} marked down
osd.{int} [v2:{ip}:{port}/{int},v1:{ip}:{port}/{int}] boot
Health check failed: {int} osds down (OSD_DOWN)
Health check cleared: OSD_DOWN (was: {int} osds down)
Health check update: Degraded data redundancy: {int}/{int} objects degraded ({float}%), {int} pgs degraded (PG_DEGRADED)
pgmap v{int}: {int} pgs: {int} active+clean; {size} data, {size} used, {size} / {size} avail
{pg} scrub starts
{pg} scrub ok
{pg} deep-scrub starts
{pg} deep-scrub ok
mon.{host} calling monitor election
mon.{host} is new leader, mons {host},{host},{host} in quorum (ranks 0,1,2)
slow request {float} seconds old, received at {date}: osd_op(client.{int}.0:{int}) currently waiting for subops
`,
  consul: String.raw`
serf: EventMemberJoin: {host} {ip}
serf: EventMemberFailed: {host} {ip}
serf: EventMemberLeave: {host} {ip}
memberlist: Suspect {host} has failed, no acks received
memberlist: Marking {host} as failed, suspect timeout reached ({int} peer confirmations)
Check '{name}' is now critical
Check '{name}' is now passing
Check '{name}' is now warning
Synced service '{name}'
Synced check '{name}'
Deregistered service '{name}'
raft: Node at {ip}:{port} [Leader] entering Leader state
raft: Node at {ip}:{port} [Follower] entering Follower state (Leader: "{ip}:{port}")
raft: Node at {ip}:{port} [Candidate] entering Candidate state in term {int}
http: Request GET {path} from={ip}:{port} (latency: {dur})
`,
  slurm: String.raw`
_slurm_rpc_submit_batch_job: JobId={int} InitPrio={int} usec={int}
sched: Allocate JobId={int} NodeList={hostlist} #CPUs={int} Partition={name}
_job_complete: JobId={int} WEXITSTATUS {int}
_job_complete: JobId={int} done
Node {node} now responding
error: Nodes {hostlist} not responding
error: Nodes {hostlist} not responding, setting DOWN
update_node: node {node} state set to DRAINED
update_node: node {node} state set to IDLE
update_node: node {node} state set to DOWN
update_node: node {node} reason set to: {word}
Time limit exhausted for JobId={int}
backfill: Started JobId={int} in {name} on {node}
`,
};
