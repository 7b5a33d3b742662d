/** Lines as their writers write them, in renderings of our own: form, time, level, outcome, value and service of each. */
import { levels, outcomes } from '../../records/log-record.js';
import type { LineFate } from '../../operators/decode/fate.js';
import { runLines } from '../operators/ingest-run.js';

/** What is found in a line, alone in its source: `form time level outcome value service | message`. */
async function found(text: string, timestamp = -1): Promise<string> {
  let said = '';
  const show = (one: LineFate): void => {
    if (one.fate !== 'read' || one.record?.type !== 'log') {
      said += one.fate === 'refused' ? `${one.reason}: ${one.detail}` : one.fate;
      return;
    }
    const { time, level, outcome, value, entity, bytes, start, end } = one.record;
    const number = Number.isNaN(value) ? '-' : Number(value.toPrecision(6));
    const parts = [
      one.form,
      new Date(time).toISOString(),
      levels[level],
      outcomes[outcome],
      number,
      entity.labels.service,
    ];
    said += `${parts.join(' ')} | ${Buffer.from(bytes.subarray(start, end)).toString()}`;
  };
  await runLines([{ text, timestamp }], { year: 2026, fate: show });
  return said;
}

test.each<[string, string]>([
  [
    '2026-03-04T05:06:07.089Z stdout F level=warn msg="slow peer" peer=7',
    'cri+logfmt 2026-03-04T05:06:07.089Z warn unknown - app | slow peer',
  ],
  [
    '2026-03-04T05:06:07.089123456+02:00 stderr F 2026-03-04 03:06:07,089 ERROR [pool-1-thread-2] com.acme.Bill - charge 17 refused',
    'cri 2026-03-04T03:06:07.089Z error unknown - app | ERROR [pool-1-thread-2] com.acme.Bill - charge 17 refused',
  ],
  [
    '2026-03-04T05:06:07.089Z stdout F {"severity":"WARNING","message":"queue is long","app":"mail"}',
    'cri+text+json 2026-03-04T05:06:07.089Z warn unknown - mail | queue is long',
  ],
  [
    '2026-03-04T05:06:07.089Z stderr F E0304 05:06:07.089000       1 reflector.go:138] watch of *v1.Pod ended',
    'cri+klog 2026-03-04T05:06:07.089Z error unknown - app | watch of *v1.Pod ended',
  ],
  [
    '{"log":"2026/03/04 05:06:07 http: panic serving 10.1.2.3:5000\\n","stream":"stderr","time":"2026-03-04T05:06:07.1Z"}',
    'json+text 2026-03-04T05:06:07.100Z unknown unknown - app | http: panic serving 10.1.2.3:5000',
  ],
  [
    '{"log":"[ERROR] cannot bind\\n","stream":"stderr","attrs":{"tag":"web"},"time":"2026-03-04T05:06:07.1Z"}',
    'json 2026-03-04T05:06:07.100Z error unknown - app | [ERROR] cannot bind',
  ],
  [
    'W0304 05:06:07.089000   77 controller.go:12] requeue pod="shop/cart-1"',
    'klog 2026-03-04T05:06:07.089Z warn unknown - app | requeue pod="shop/cart-1"',
  ],
  [
    '<30>Mar  4 05:06:07 node1 dockerd[811]: time="2026-03-04T05:06:07Z" level=info msg="container died"',
    'syslog+logfmt 2026-03-04T05:06:07.000Z info unknown - dockerd | container died',
  ],
  [
    '<86>1 2026-03-04T05:06:07.089+01:00 gate sshd 4021 - - Accepted publickey for ann',
    'syslog 2026-03-04T04:06:07.089Z info unknown - sshd | Accepted publickey for ann',
  ],
  [
    '<163>1 2026-03-04T05:06:07Z edge nginx 12 ACC [origin ip="10.0.0.1" x="a\\]b"][meta seq="4"] upstream is down',
    'syslog 2026-03-04T05:06:07.000Z error unknown - nginx | upstream is down',
  ],
  [
    'Mar  4 05:06:07 gate kernel: [ 1234.5] usb 1-1: reset',
    'syslog 2026-03-04T05:06:07.000Z unknown unknown - kernel | kernel: [ 1234.5] usb 1-1: reset',
  ],
  [
    '2026-03-04T05:06:07.089+01:00 gate postfix/smtpd[99]: connect from unknown[10.2.3.4]',
    'syslog 2026-03-04T04:06:07.089Z unknown unknown - postfix | postfix/smtpd[99]: connect from unknown[10.2.3.4]',
  ],
  [
    '{"__REALTIME_TIMESTAMP":"1772600767089000","PRIORITY":"2","MESSAGE":"disk sda is failing","_SYSTEMD_UNIT":"smartd.service"}',
    'json 2026-03-04T05:06:07.089Z fatal unknown - smartd.service | disk sda is failing',
  ],
  [
    'ts=2026-03-04T05:06:07.089Z caller=main.go:7 level=error component=tsdb msg="block is broken" err="no \\"index\\"" duration=1.5s',
    'logfmt 2026-03-04T05:06:07.089Z error unknown 1500 app | block is broken',
  ],
  [
    'time="2026-03-04T05:06:07+01:00" level=fatal msg="no config" app=agent',
    'logfmt 2026-03-04T04:06:07.000Z fatal unknown - agent | no config',
  ],
  [
    '10.1.2.3 - - [04/Mar/2026:05:06:07 +0000] "GET /a?b=c HTTP/2.0" 404 13 "-" "curl/8.5.0"',
    'access 2026-03-04T05:06:07.000Z unknown client-error - app | "GET /a?b=c HTTP/2.0" 404 13 "-" "curl/8.5.0"',
  ],
  [
    '2001:db8::7 - ann [04/Mar/2026:05:06:07 -0500] "POST /login HTTP/1.1" 500 0 "-" "x" 0.217',
    'access 2026-03-04T10:06:07.000Z unknown server-error 217 app | "POST /login HTTP/1.1" 500 0 "-" "x" 0.217',
  ],
  [
    'shop.example:443 10.1.2.3 - - [04/Mar/2026:05:06:07 +0000] "HEAD / HTTP/1.1" 301 0',
    'access 2026-03-04T05:06:07.000Z unknown ok - app | "HEAD / HTTP/1.1" 301 0',
  ],
  [
    '[04/Mar/2026 05:06:07] "GET /admin/ HTTP/1.1" 302 0',
    'access 2026-03-04T05:06:07.000Z unknown ok - app | "GET /admin/ HTTP/1.1" 302 0',
  ],
  [
    '[2026-03-04T05:06:07.089Z] "POST /rpc HTTP/2" 200 - via_upstream - "-" 11 22 33 32 "-" "grpc" "id" "cart:80" "10.0.0.2:80"',
    'access 2026-03-04T05:06:07.089Z unknown ok 33 app | "POST /rpc HTTP/2" 200 - via_upstream - "-" 11 22 33 32 "-" "grpc" "id" "cart:80" "10.0.0.2:80"',
  ],
  [
    'h2 2026-03-04T05:06:07.089123Z app/front/1a2b 10.9.8.7:2048 10.0.1.2:80 0.001 0.250 0.000 504 504 34 366 "GET https://shop.example:443/x HTTP/2.0" "ua"',
    'alb 2026-03-04T05:06:07.089Z unknown server-error 251 app | "GET https://shop.example:443/x HTTP/2.0" 504 app/front/1a2b',
  ],
  [
    '2026-03-04\t05:06:07\tFRA56-P1\t1045\t10.1.2.3\tGET\td1.cloudfront.net\t/i.png\t503\t-\tua\t-\t-\tError\tid==\tshop.example\thttps\t23\t0.210\t-\tTLSv1.3',
    'cloudfront 2026-03-04T05:06:07.000Z unknown server-error 210 app | "GET /i.png" 503 Error',
  ],
  [
    '2026-03-04 05:06:07 10.0.0.9 GET /api/x - 443 - 10.1.2.3 ua - 200 0 0 15',
    'iis 2026-03-04T05:06:07.000Z unknown ok 15 app | "GET /api/x" 200',
  ],
  [
    '<134>Mar  4 05:06:07 lb haproxy[7]: 10.1.2.3:4000 [04/Mar/2026:05:06:07.089] web app/s2 0/0/0/12/13 200 512 - - ---- 1/1/0/0/0 0/0 "GET /h HTTP/1.1"',
    'syslog+haproxy 2026-03-04T05:06:07.000Z unknown ok 13 haproxy | "GET /h HTTP/1.1" 200 web app/s2',
  ],
  [
    '2026/03/04 05:06:07 [warn] 9#9: *4 an upstream response is buffered',
    'text 2026-03-04T05:06:07.000Z warn unknown - app | [warn] 9#9: *4 an upstream response is buffered',
  ],
  [
    '[Wed Mar 04 05:06:07.089123 2026] [proxy:error] [pid 9:tid 1] (111)Connection refused: AH00957',
    'text 2026-03-04T05:06:07.089Z error unknown - app | [proxy:error] [pid 9:tid 1] (111)Connection refused: AH00957',
  ],
  [
    '[Wed Mar 04 05:06:07 2026] [notice] caught SIGTERM',
    'text 2026-03-04T05:06:07.000Z info unknown - app | [notice] caught SIGTERM',
  ],
  [
    '2026-03-04 05:06:07.089 UTC [811] ERROR:  deadlock detected',
    'text 2026-03-04T05:06:07.089Z error unknown - app | [811] ERROR:  deadlock detected',
  ],
  [
    '2026-03-04 05:06:07.089 CET [811] ann@shop LOG:  duration: 12.345 ms  statement: select 1',
    'text 2026-03-04T04:06:07.089Z info unknown - app | [811] ann@shop LOG:  duration: 12.345 ms  statement: select 1',
  ],
  [
    '2026-03-04T05:06:07.089123Z 12 [Warning] [MY-010068] [Server] CA certificate is self signed',
    'text 2026-03-04T05:06:07.089Z warn unknown - app | 12 [Warning] [MY-010068] [Server] CA certificate is self signed',
  ],
  [
    '2026-03-04T05:06:07.089123Z 0 [System] [MY-010931] [Server] ready for connections',
    'text 2026-03-04T05:06:07.089Z info unknown - app | 0 [System] [MY-010931] [Server] ready for connections',
  ],
  [
    '260304 05:06:07 [ERROR] mysqld: table is marked as crashed',
    'text 2026-03-04T05:06:07.000Z error unknown - app | [ERROR] mysqld: table is marked as crashed',
  ],
  [
    '811:M 04 Mar 2026 05:06:07.089 * DB saved on disk',
    'text 2026-03-04T05:06:07.089Z info unknown - app | * DB saved on disk',
  ],
  [
    '811:C 04 Mar 2026 05:06:07.089 # Failed opening the temp file',
    'text 2026-03-04T05:06:07.089Z warn unknown - app | # Failed opening the temp file',
  ],
  [
    '[2026-03-04T05:06:07,089][ERROR][o.e.c.r.a.AllocationService] [es-1] failed to allocate shard',
    'text 2026-03-04T05:06:07.089Z error unknown - app | [ERROR][o.e.c.r.a.AllocationService] [es-1] failed to allocate shard',
  ],
  [
    '[2026-03-04 05:06:07,089] WARN [Partition orders-3 broker=1] ISR shrunk (kafka.cluster.Partition)',
    'text 2026-03-04T05:06:07.089Z warn unknown - app | WARN [Partition orders-3 broker=1] ISR shrunk (kafka.cluster.Partition)',
  ],
  [
    '2026-03-04 05:06:07.089  INFO 1 --- [main] com.acme.App : Started App in 2.5 seconds',
    'text 2026-03-04T05:06:07.089Z info unknown - app | INFO 1 --- [main] com.acme.App : Started App in 2.5 seconds',
  ],
  [
    '05:06:07.089 [main] DEBUG com.acme.App - tick',
    'bad-time: the stamp has no date: set date of the source to the day of its first line, or use a topic, whose broker knows the day',
  ],
  [
    '04-Mar-2026 05:06:07.089 SEVERE [main] org.apache.catalina.core.StandardContext.startInternal One or more listeners failed',
    'text 2026-03-04T05:06:07.089Z error unknown - app | SEVERE [main] org.apache.catalina.core.StandardContext.startInternal One or more listeners failed',
  ],
  [
    '2026-03-04 05:06:07,089 - shop.pay - CRITICAL - no money left',
    'text 2026-03-04T05:06:07.089Z fatal unknown - app | shop.pay - CRITICAL - no money left',
  ],
  [
    '2026-03-04 05:06:07,089 | WARNING | pay | slow',
    'text 2026-03-04T05:06:07.089Z warn unknown - app | WARNING | pay | slow',
  ],
  [
    'CRITICAL 2026-03-04 05:06:07,089 views 7 140 no database',
    'text 2026-03-04T05:06:07.089Z fatal unknown - app | views 7 140 no database',
  ],
  [
    '[2026-03-04 05:06:07 +0000] [9] [INFO] Booting worker with pid: 9',
    'text 2026-03-04T05:06:07.000Z info unknown - app | [9] [INFO] Booting worker with pid: 9',
  ],
  [
    '[2026-03-04 05:06:07,089: WARNING/ForkPoolWorker-1] task is retried',
    'text 2026-03-04T05:06:07.089Z warn unknown - app | WARNING/ForkPoolWorker-1] task is retried',
  ],
  [
    '2026/03/04 05:06:07 main.go:12: listening on :8080',
    'text 2026-03-04T05:06:07.000Z unknown unknown - app | main.go:12: listening on :8080',
  ],
  [
    '2026-03-04T05:06:07.089+0100\tinfo\tserver\tlistening\t{"port": 80}',
    'text 2026-03-04T04:06:07.089Z info unknown - app | info\tserver\tlistening\t{"port": 80}',
  ],
  [
    'E, [2026-03-04T05:06:07.089123 #9] ERROR -- : undefined method',
    'text 2026-03-04T05:06:07.089Z error unknown - app | #9] ERROR -- : undefined method',
  ],
  [
    '2026-03-04 05:06:07.089 +01:00 [FTL] host terminated',
    'text 2026-03-04T04:06:07.089Z fatal unknown - app | [FTL] host terminated',
  ],
  [
    '2026-03-04T05:06:07.0891234Z [Error] Shop.Pay: declined',
    'text 2026-03-04T05:06:07.089Z error unknown - app | [Error] Shop.Pay: declined',
  ],
  [
    '[04-Mar-2026 05:06:07 UTC] PHP Fatal error:  Uncaught Error in /srv/x.php:3',
    'text 2026-03-04T05:06:07.000Z error unknown - app | PHP Fatal error:  Uncaught Error in /srv/x.php:3',
  ],
  [
    '[04-Mar-2026 05:06:07] NOTICE: fpm is running, pid 1',
    'text 2026-03-04T05:06:07.000Z info unknown - app | NOTICE: fpm is running, pid 1',
  ],
  [
    '[2026-03-04 05:06:07] production.ERROR: no such table {"exception":"x"}',
    'text 2026-03-04T05:06:07.000Z error unknown - app | production.ERROR: no such table {"exception":"x"}',
  ],
  [
    '2026-03-04T05:06:07.089+0000 E STORAGE  [initandlisten] no space left',
    'text 2026-03-04T05:06:07.089Z error unknown - app | E STORAGE  [initandlisten] no space left',
  ],
  [
    '03-04 05:06:07.089  1234  5678 E ActivityManager: ANR in com.acme',
    'text 2026-03-04T05:06:07.089Z error unknown - app | 1234  5678 E ActivityManager: ANR in com.acme',
  ],
  [
    'type=AVC msg=audit(1772600767.089:55): avc: denied { read } for pid=7',
    'audit 2026-03-04T05:06:07.089Z unknown unknown - app | type=AVC avc: denied { read } for pid=7',
  ],
  [
    'Mar 04, 2026 5:06:07 AM com.acme.Bill charge',
    'text 2026-03-04T05:06:07.000Z unknown unknown - app | com.acme.Bill charge',
  ],
  [
    '2026-03-04T05:06:07.089Z\t8f1c2d3e\tERROR\tTask timed out after 3.00 seconds',
    'text 2026-03-04T05:06:07.089Z error unknown - app | 8f1c2d3e\tERROR\tTask timed out after 3.00 seconds',
  ],
  [
    '2026-03-04T05:06:07.089Z  WARN shop::pay: retry attempt=2',
    'text 2026-03-04T05:06:07.089Z warn unknown - app | WARN shop::pay: retry attempt=2',
  ],
  [
    ' 2026-03-04T05:06:07.089Z ERROR behind a blank',
    'text 2026-03-04T05:06:07.089Z error unknown - app | ERROR behind a blank',
  ],
  [
    '20260304T050607.089Z|warn|spooler is full',
    'text 2026-03-04T05:06:07.089Z warn unknown - app | warn|spooler is full',
  ],
  [
    '{"@timestamp":"2026-03-04T05:06:07.089Z","log.level":"ERROR","message":"boom","service.name":"cart","ecs.version":"1.2.0","http.response.status_code":502}',
    'json 2026-03-04T05:06:07.089Z error server-error - cart | boom',
  ],
  [
    '{"@timestamp":"2026-03-04T05:06:07.089Z","log":{"level":"warn"},"event":{"duration":4500000,"outcome":"failure"},"message":"x","service":{"name":"cart"}}',
    'json 2026-03-04T05:06:07.089Z warn server-error 4.5 cart | x',
  ],
  [
    '{"date":1772600767.089,"log":"WARN pool is nearly full","kubernetes":{"labels":{"app":"pool"},"container_name":"c"}}',
    'json 2026-03-04T05:06:07.089Z warn unknown - pool | WARN pool is nearly full',
  ],
  [
    '{"file":"/var/log/a","host":"h","message":"Mar  4 05:06:07 gate cron[7]: job failed","source_type":"file","timestamp":"2026-03-04T05:06:08Z"}',
    'json+syslog 2026-03-04T05:06:08.000Z unknown unknown - cron | cron[7]: job failed',
  ],
  [
    '{"version":"1.1","host":"h","short_message":"no route","timestamp":1772600767.089,"level":4,"_app":"router"}',
    'json 2026-03-04T05:06:07.089Z warn unknown - router | no route',
  ],
  [
    '{"@t":"2026-03-04T05:06:07.0891234Z","@mt":"paid {Amount}","Amount":7}',
    'json 2026-03-04T05:06:07.089Z info unknown - app | paid {Amount}',
  ],
  [
    '{"@t":"2026-03-04T05:06:07.0891234Z","@l":"Error","@m":"not paid","Elapsed":12.5}',
    'json 2026-03-04T05:06:07.089Z error unknown 12.5 app | not paid',
  ],
  [
    '{"Timestamp":"2026-03-04T05:06:07.089+01:00","Level":"Warning","RenderedMessage":"slow","Properties":{"SourceContext":"Shop"}}',
    'json 2026-03-04T04:06:07.089Z warn unknown - app | slow',
  ],
  [
    '{"instant":{"epochSecond":1772600767,"nanoOfSecond":89000000},"level":"FATAL","message":"bye"}',
    'json 2026-03-04T05:06:07.089Z fatal unknown - app | bye',
  ],
  [
    '{"t":{"$date":"2026-03-04T05:06:07.089+00:00"},"s":"W","c":"NETWORK","id":1,"ctx":"conn","msg":"Slow query","attr":{"durationMillis":321}}',
    'json 2026-03-04T05:06:07.089Z warn unknown 321 app | Slow query',
  ],
  [
    '{"ClientHost":"10.1.2.3","Duration":12345678,"OriginStatus":503,"DownstreamStatus":503,"RequestMethod":"GET","StartUTC":"2026-03-04T05:06:07.089Z","level":"info","msg":"","time":"2026-03-04T05:06:07Z"}',
    'json 2026-03-04T05:06:07.000Z info server-error 12.3457 app | ',
  ],
  [
    '{"severity":"CRITICAL","timestamp":"2026-03-04T05:06:07.089Z","jsonPayload":{"message":"oom"},"resource":{"labels":{"container_name":"db"}},"httpRequest":{"status":500,"latency":"0.250s"}}',
    'json 2026-03-04T05:06:07.089Z fatal server-error 250 db | oom',
  ],
  [
    '{"timestamp":"2026-03-04T05:06:07.089Z","level":"WARN","requestId":"r-1","message":"retry"}',
    'json 2026-03-04T05:06:07.089Z warn unknown - app | retry',
  ],
  [
    '{"name":"bill","hostname":"h","pid":7,"level":50,"msg":"declined","time":"2026-03-04T05:06:07.089Z","v":0}',
    'json 2026-03-04T05:06:07.089Z error unknown - bill | declined',
  ],
  [
    '{"level":40,"time":1772600767089,"pid":7,"hostname":"h","msg":"slow","responseTime":250,"res":{"statusCode":500}}',
    'json 2026-03-04T05:06:07.089Z warn server-error 250 app | slow',
  ],
  [
    '{"level":"dpanic","ts":1772600767.089,"caller":"x.go:1","msg":"bad","duration":0.25}',
    'json 2026-03-04T05:06:07.089Z fatal unknown 250 app | bad',
  ],
  [
    '{"time":"2026-03-04T05:06:07.089123+01:00","level":"WARN","msg":"late","elapsed":15000000}',
    'json 2026-03-04T04:06:07.089Z warn unknown 15 app | late',
  ],
  [
    '{"message":"no user","context":{},"level":400,"level_name":"ERROR","channel":"app","datetime":"2026-03-04T05:06:07.089+00:00"}',
    'json 2026-03-04T05:06:07.089Z error unknown - app | no user',
  ],
  [
    '{"reqId":"x","level":3,"time":"2026-03-04T05:06:07+00:00","remoteAddr":"","user":"--","app":"core","message":"no file"}',
    'json 2026-03-04T05:06:07.000Z error unknown - core | no file',
  ],
  [
    '{"asctime":"2026-03-04 05:06:07,089","levelname":"ERROR","name":"pay","message":"declined"}',
    'json 2026-03-04T05:06:07.089Z error unknown - app | declined',
  ],
  [
    '{"time":"2026-03-04T05:06:07.089Z","grpc.code":"Unavailable","msg":"finished call","grpc.time_ms":3}',
    'json 2026-03-04T05:06:07.089Z unknown server-error - app | finished call',
  ],
  [
    '{"ts":"2026-03-04T05:06:07.089Z","msg":"job ended","exit_code":3}',
    'json 2026-03-04T05:06:07.089Z unknown server-error - app | job ended',
  ],
  [
    '{"timestamp":"2026-03-04T05:06:07.089Z","fields":{"message":"rust tracing"},"level":"INFO","target":"shop"}',
    'json 2026-03-04T05:06:07.089Z info unknown - app | rust tracing',
  ],
  [
    '{"log_level":"err","@timestamp":"2026-03-04T05:06:07.089Z","line":"x"}',
    'json 2026-03-04T05:06:07.089Z error unknown - app | x',
  ],
  [
    '{"EventTime":"2026-03-04 05:06:07","Severity":"WARNING","SeverityValue":3,"Message":"low","SourceName":"Disk"}',
    'json 2026-03-04T05:06:07.000Z warn unknown - Disk | low',
  ],
  [
    '2026-03-04 05:06:07 BST ERROR which BST',
    'bad-time: the zone name BST stands for several zones: set timezone of the source',
  ],
  ['2026-02-30 05:06:07 ERROR no such day', 'bad-time: there is no day 2026-02-30'],
  [
    '07/08/2026 05:06:07 ERROR which day',
    'bad-time: of 07/08/2026 it is unknown which is the day and which the month: set date_order of the source',
  ],
  [
    '05:06:07 ERROR no date',
    'bad-time: the stamp has no date: set date of the source to the day of its first line, or use a topic, whose broker knows the day',
  ],
  [
    '[ 12.345] eth0: link is down',
    'no-time: the stamp counts from the start of the machine or process: let the producer write the time (dmesg --time-format iso), or read it as it is written, with time: received',
  ],
  ['<13>1 - host app - - - nil', 'bad-time: the syslog timestamp is nil, and there is no broker to give the time'],
  [
    'hello',
    'no-time: the line begins with none of the known timestamps, and does not show that it continues the line before it; nothing else in a file tells when it was written (of one that is read as it grows, time: received does)',
  ],
])('%s', async (line, expected) => {
  expect(await found(line)).toBe(expected);
});

test("without a time of its own a line has the broker's", async () => {
  const day = Date.UTC(2026, 2, 4, 5, 6, 8);
  expect(await found('05:06:07.089 [main] DEBUG com.acme.App - tick', day)).toBe(
    'text 2026-03-04T05:06:07.089Z debug unknown - app | [main] DEBUG com.acme.App - tick',
  );
  expect(await found('<13>1 - host app - - - nil', day)).toBe(
    'syslog 2026-03-04T05:06:08.000Z info unknown - app | nil',
  );
  expect(await found('{"level":"warn","msg":"no time"}', day)).toBe(
    'json 2026-03-04T05:06:08.000Z warn unknown - app | no time',
  );
  expect(await found('2026-02-30 05:06:07 ERROR no such day', day)).toBe('bad-time: there is no day 2026-02-30');
});
