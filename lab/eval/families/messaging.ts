/** Statements of brokers, task queues and mail, after their documentation; `{kind}` stands for a value of that kind (`values.ts`). */

export const messaging: Readonly<Record<string, string>> = {
  kafka: String.raw`
[GroupCoordinator {int}]: Preparing to rebalance group {name} in state PreparingRebalance with old generation {int} (__consumer_offsets-{int}) (reason: Adding new member {uuid} with group instance id None)
[GroupCoordinator {int}]: Stabilized group {name} generation {int} (__consumer_offsets-{int}) with {int} members
[GroupCoordinator {int}]: Member {name}-{uuid} in group {name} has failed, removing it from the group
[GroupCoordinator {int}]: Assignment received from leader {name}-{uuid} for group {name} for generation {int}. The group has {int} members, 0 of which are static.
[Log partition={topic}-{int}, dir={path}] Rolled new log segment at offset {int} in {int} ms.
[Log partition={topic}-{int}, dir={path}] Deleting segment files {int}
[ReplicaFetcher replicaId={int}, leaderId={int}, fetcherId={int}] Error in response for fetch request (type=FetchRequest, replicaId={int}, maxWait={int}, minBytes={int}, maxBytes={int})
[Partition {topic}-{int} broker={int}] Shrinking ISR from {list} to {list}. Leader: (highWatermark: {int}, endOffset: {int}).
[Partition {topic}-{int} broker={int}] Expanding ISR from {list} to {list}
[KafkaServer id={int}] started
[KafkaServer id={int}] starting
[KafkaServer id={int}] shutting down
[KafkaServer id={int}] shut down completed
[Controller id={int}] Partition {topic}-{int} completed partition leader election
[Topic {topic}] Deleted log for partition {topic}-{int} in {path}.
`,
  rabbitmq: String.raw`
accepting AMQP connection <{erl}> ({ip}:{port} -> {ip}:{port})
closing AMQP connection <{erl}> ({ip}:{port} -> {ip}:{port})
connection <{erl}> ({ip}:{port} -> {ip}:{port}): user '{user}' authenticated and granted access to vhost '{name}'
memory resource limit alarm set on node {erlnode}.
memory resource limit alarm cleared on node {erlnode}
rabbit on node {erlnode} up
rabbit on node {erlnode} down
node {erlnode} up
node {erlnode} down: connection_closed
Mirrored queue '{name}' in vhost '/': Adding mirror on node {erlnode}: <{erl}>
missed heartbeats from client, timeout: {int}s
`,
  celery: String.raw`
Task {task}[{uuid}] received
Task {task}[{uuid}] succeeded in {float}s: None
Task {task}[{uuid}] raised unexpected: {pyexc}
Task {task}[{uuid}] retry: Retry in {int}s
Connected to redis://{ip}:{port}/{int}
mingle: searching for neighbors
mingle: all alone
{name}@{host} ready.
missed heartbeat from {name}@{host}
Scheduler: Sending due task {name} ({task})
`,
  postfix: String.raw`
connect from {host}[{ip}]
disconnect from {host}[{ip}] ehlo=1 quit=1 commands={int}
lost connection after {smtpcmd} from {host}[{ip}]
warning: hostname {host} does not resolve to address {ip}: Name or service not known
warning: {host}[{ip}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6
{qid}: client={host}[{ip}]
{qid}: message-id=<{mail}>
{qid}: from=<{mail}>, size={int}, nrcpt={int} (queue active)
{qid}: to=<{mail}>, relay={host}[{ip}]:25, delay={float}, delays={float}/{float}/{float}/{float}, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as {qid})
{qid}: to=<{mail}>, relay=none, delay={float}, delays={float}/{float}/{float}/{float}, dsn=4.4.1, status=deferred (connect to {host}[{ip}]:25: Connection timed out)
{qid}: to=<{mail}>, relay={host}[{ip}]:25, delay={float}, delays={float}/{float}/{float}/{float}, dsn=5.1.1, status=bounced (host {host}[{ip}] said: 550 5.1.1 User unknown)
{qid}: removed
statistics: max connection rate {int}/60s for (smtp:{ip}) at {date}
`,
  dovecot: String.raw`
imap-login: Login: user=<{user}>, method=PLAIN, rip={ip}, lip={ip}, mpid={int}, TLS, session=<{id}>
imap-login: Disconnected (auth failed, {int} attempts in {int} secs): user=<{user}>, method=PLAIN, rip={ip}, lip={ip}, TLS, session=<{id}>
imap-login: Disconnected (no auth attempts in {int} secs): user=<>, rip={ip}, lip={ip}, TLS handshaking, session=<{id}>
imap({user})<{int}><{id}>: Logged out in={int} out={int} deleted={int} expunged={int} trashed={int}
imap({user})<{int}><{id}>: Disconnected for inactivity in={int} out={int} deleted={int} expunged={int} trashed={int}
lmtp({user})<{int}><{id}>: sieve: msgid=<{mail}>: stored mail into mailbox 'INBOX'
lmtp({user})<{int}><{id}>: Error: sieve: failed to store into mailbox '{name}': Quota exceeded
`,
};
