/** Statements of proxies, name servers, switches and tunnels, after their documentation; `{kind}` stands for a value of that kind (`values.ts`). */

export const network: Readonly<Record<string, string>> = {
  'nginx-error': String.raw`
connect() failed (111: Connection refused) while connecting to upstream, client: {ip}, server: {host}, request: "GET {path} HTTP/1.1", upstream: "http://{ip}:{port}{path}", host: "{host}"
upstream timed out (110: Connection timed out) while reading response header from upstream, client: {ip}, server: {host}, request: "POST {path} HTTP/1.1", upstream: "http://{ip}:{port}{path}", host: "{host}"
open() "{path}" failed (2: No such file or directory), client: {ip}, server: {host}, request: "GET {path} HTTP/1.1", host: "{host}"
client intended to send too large body: {int} bytes, client: {ip}, server: {host}, request: "POST {path} HTTP/1.1", host: "{host}"
signal process started
using the "epoll" event method
start worker processes
start worker process {int}
worker process {int} exited with code 0
gracefully shutting down
exiting
exit
limiting requests, excess: {float} by zone "{name}", client: {ip}, server: {host}, request: "GET {path} HTTP/1.1", host: "{host}"
`,
  haproxy: String.raw`
Server {name}/{host} is UP, reason: Layer7 check passed, code: {int}, check duration: {int}ms. {int} active and {int} backup servers online. {int} sessions requeued, {int} total in queue.
Server {name}/{host} is DOWN, reason: Layer4 timeout, check duration: {int}ms. {int} active and {int} backup servers left. {int} sessions active, {int} requeued, {int} remaining in queue.
backend {name} has no server available!
Proxy {name} started.
Proxy {name} stopped (cumulated conns: FE: {int}, BE: {int}).
Stopping backend {name} in 0 ms.
Stopping frontend {name} in 0 ms.
`,
  named: String.raw`
client @{hex0x} {ip}#{port} ({domain}): query: {domain} IN A +E(0)K ({ip})
client @{hex0x} {ip}#{port} ({domain}): query (cache) '{domain}/A/IN' denied
zone {domain}/IN: loaded serial {int}
zone {domain}/IN: sending notifies (serial {int})
zone {domain}/IN: Transfer started.
zone {domain}/IN: transferred serial {int}
transfer of '{domain}/IN' from {ip}#53: Transfer completed: {int} messages, {int} records, {int} bytes, {float} secs ({int} bytes/sec)
error (network unreachable) resolving '{domain}/AAAA/IN': {ip}#53
error (connection refused) resolving '{domain}/A/IN': {ip}#53
lame server resolving '{domain}' (in '{domain}'?): {ip}#53
`,
  dhcpd: String.raw`
DHCPDISCOVER from {mac} via {iface}
DHCPOFFER on {ip} to {mac} via {iface}
DHCPREQUEST for {ip} from {mac} via {iface}
DHCPREQUEST for {ip} ({ip}) from {mac} via {iface}
DHCPACK on {ip} to {mac} ({host}) via {iface}
DHCPNAK on {ip} to {mac} via {iface}
DHCPRELEASE of {ip} from {mac} via {iface} (found)
DHCPDECLINE of {ip} from {mac} via {iface}: abandoned
DHCPINFORM from {ip} via {iface}
reuse_lease: lease age {int} (secs) under 25% threshold, reply with unaltered, existing lease for {ip}
`,
  openvpn: String.raw`
{ip}:{port} TLS: Initial packet from [AF_INET]{ip}:{port}, sid={hex8} {hex8}
{ip}:{port} VERIFY OK: depth={int}, CN={user}
{ip}:{port} [{user}] Peer Connection Initiated with [AF_INET]{ip}:{port}
{user}/{ip}:{port} MULTI: Learn: {ip} -> {user}/{ip}:{port}
{user}/{ip}:{port} MULTI: primary virtual IP for {user}/{ip}:{port}: {ip}
{user}/{ip}:{port} SIGTERM[soft,remote-exit] received, client-instance exiting
{user}/{ip}:{port} SIGUSR1[soft,ping-restart] received, client-instance restarting
{ip}:{port} TLS Error: TLS handshake failed
{ip}:{port} TLS Error: TLS key negotiation failed to occur within 60 seconds (check your network connectivity)
{user}/{ip}:{port} PUSH: Received control message: 'PUSH_REQUEST'
{ip}:{port} VERIFY ERROR: depth=0, error=certificate has expired: CN={user}, expired {ctime}
`,
  cisco: String.raw`
%LINK-3-UPDOWN: Interface {cif}, changed state to up
%LINK-3-UPDOWN: Interface {cif}, changed state to down
%LINEPROTO-5-UPDOWN: Line protocol on Interface {cif}, changed state to up
%LINEPROTO-5-UPDOWN: Line protocol on Interface {cif}, changed state to down
%LINK-5-CHANGED: Interface {cif}, changed state to administratively down
%SYS-5-CONFIG_I: Configured from console by {user} on vty0 ({ip})
%SEC-6-IPACCESSLOGP: list {int} denied tcp {ip}({port}) -> {ip}({port}), {int} packet
%SEC-6-IPACCESSLOGP: list {int} permitted tcp {ip}({port}) -> {ip}({port}), {int} packets
%OSPF-5-ADJCHG: Process {int}, Nbr {ip} on {cif} from LOADING to FULL, Loading Done
%OSPF-5-ADJCHG: Process {int}, Nbr {ip} on {cif} from FULL to DOWN, Neighbor Down: Dead timer expired
%BGP-5-ADJCHANGE: neighbor {ip} Up
%BGP-5-ADJCHANGE: neighbor {ip} Down BGP Notification sent
%ASA-6-302013: Built outbound TCP connection {int} for outside:{ip}/{port} ({ip}/{port}) to inside:{ip}/{port} ({ip}/{port})
%ASA-6-302014: Teardown TCP connection {int} for outside:{ip}/{port} to inside:{ip}/{port} duration {clock} bytes {int} TCP FINs
%ASA-6-302014: Teardown TCP connection {int} for outside:{ip}/{port} to inside:{ip}/{port} duration {clock} bytes {int} SYN Timeout
%ASA-6-302014: Teardown TCP connection {int} for outside:{ip}/{port} to inside:{ip}/{port} duration {clock} bytes {int} TCP Reset-I
%ASA-4-106023: Deny tcp src outside:{ip}/{port} dst inside:{ip}/{port} by access-group "{name}" [{hex0x}, {hex0x}]
`,
  fail2ban: String.raw`
[{jail}] Found {ip} - {date}
[{jail}] Ban {ip}
[{jail}] Unban {ip}
[{jail}] {ip} already banned
[{jail}] Restore Ban {ip}
Jail '{jail}' started
Jail '{jail}' stopped
Jail '{jail}' uses pyinotify {{}}
`,
};
