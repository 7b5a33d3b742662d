/** Files that name their columns themselves. */
import { cutAt, records, run } from '../operators/ingest-run.js';
import { endOfSource } from '../../records/raw.js';
import { fatesOf } from './fates.js';

const iis = [
  '#Software: Microsoft Internet Information Services 10.0',
  '#Version: 1.0',
  '#Date: 2026-03-04 05:06:00',
  '#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken',
  '2026-03-04 05:06:07 10.0.0.9 GET /shop/cart id=7 443 - 10.1.2.3 Mozilla/5.0+(X11) 503 0 0 1250',
  '2026-03-04 05:06:08 10.0.0.9 POST /shop/pay - 443 ann 10.1.2.3 curl/8.5.0 200 0 0 15',
];

test('a line has the columns that #Fields names, until others are named', async () => {
  expect(
    await fatesOf(
      [
        ...iis,
        '#Date: 2026-03-05 00:00:00',
        '#Fields: time c-ip cs-method cs-uri-stem sc-status',
        '05:06:07 10.1.2.3 GET / 404',
        '2026-03-05 06:00:00 WARN a line of another kind',
      ],

      { fields: { labels: { user: 'cs-username' } } },
    ),
  ).toMatchInlineSnapshot(`
   [
     "comment, no record",
     "comment, no record",
     "comment, no record",
     "comment, no record",
     "columns 2026-03-04T05:06:07.000Z unknown server-error 1250 app | "GET /shop/cart" 503",
     "columns 2026-03-04T05:06:08.000Z unknown ok 15 app user=ann | "POST /shop/pay" 200",
     "comment, no record",
     "comment, no record",
     "columns 2026-03-05T05:06:07.000Z unknown client-error - app | "GET /" 404",
     "text 2026-03-05T06:00:00.000Z warn unknown - app | WARN a line of another kind",
   ]
  `);
});

test('CloudFront has tabs, and seconds; Windows Firewall, Exchange and Zeek name other columns', async () => {
  expect(
    await fatesOf([
      '#Version: 1.0',
      '#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type time-taken',
      '2026-03-04\t05:06:07\tFRA56-P1\t1045\t10.1.2.3\tGET\td1.cloudfront.net\t/i.png\t503\t-\tua x\t-\t-\tError\t0.210',
    ]),
  ).toMatchInlineSnapshot(`
   [
     "comment, no record",
     "comment, no record",
     "columns 2026-03-04T05:06:07.000Z unknown server-error 210 app | "GET /i.png" 503 Error",
   ]
  `);
  expect(
    await fatesOf([
      '#Version: 1.5',
      '#Software: Microsoft Windows Firewall',
      '#Time Format: Local',
      '#Fields: date time action protocol src-ip dst-ip src-port dst-port size',
      '2026-03-04 05:06:07 DROP TCP 10.1.2.3 10.0.0.9 50000 445 52',
    ]),
  ).toMatchInlineSnapshot(`
   [
     "comment, no record",
     "comment, no record",
     "comment, no record",
     "comment, no record",
     "columns 2026-03-04T05:06:07.000Z unknown unknown - app | action=DROP protocol=TCP src-ip=10.1.2.3 dst-ip=10.0.0.9 src-port=50000 dst-port=445 size=52",
   ]
  `);
  expect(
    await fatesOf([
      '#Software: Microsoft Exchange Server',
      '#Log-type: Message Tracking Log',
      '#Date: 2026-03-04T05:00:00.000Z',
      '#Fields: date-time,client-ip,event-id,message-subject',
      '2026-03-04T05:06:07.089Z,10.1.2.3,FAIL,"Hello, world"',
    ]),
  ).toMatchInlineSnapshot(`
   [
     "comment, no record",
     "comment, no record",
     "comment, no record",
     "comment, no record",
     "columns 2026-03-04T05:06:07.089Z unknown unknown - app | client-ip=10.1.2.3 event-id=FAIL message-subject="Hello, world"",
   ]
  `);
  expect(
    await fatesOf([
      '#separator \\x09',
      '#path\tconn',
      '#fields\tts\tuid\tid.orig_h\tproto\tduration\tconn_state',
      '#types\ttime\tstring\taddr\tenum\tinterval\tstring',
      '1772600767.089123\tCabc1\t10.1.2.3\ttcp\t1.234567\tSF',
      '#close\t2026-03-04-06-00-00',
    ]),
  ).toMatchInlineSnapshot(`
   [
     "comment, no record",
     "comment, no record",
     "comment, no record",
     "comment, no record",
     "columns 2026-03-04T05:06:07.089Z unknown unknown 1234.57 app | uid=Cabc1 id.orig_h=10.1.2.3 proto=tcp duration=1.234567 conn_state=SF",
     "comment, no record",
   ]
  `);
});

test('what columns a line has does not depend on batches and restarts', async () => {
  const items = [...records(iis), endOfSource];
  const whole = await run([items]);
  for (const places of [[4], [5], [1, 2, 3, 4, 5, 6]]) {
    expect((await run(cutAt(items, places), {}, true)).bytes).toBe(whole.bytes);
  }
});
