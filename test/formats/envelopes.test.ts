/** Values that wrap several records, and entries of the journal that are several lines. */
import { gzipSync } from 'node:zlib';
import { cutAt, records, run } from '../operators/ingest-run.js';
import { endOfSource } from '../../records/raw.js';
import { fatesOf } from './fates.js';

const timestamp = Date.UTC(2026, 2, 4, 5, 6, 9);
const at = (second: number): number => Date.UTC(2026, 2, 4, 5, 6, second);

const subscription = {
  messageType: 'DATA_MESSAGE',
  owner: '123456789012',
  logGroup: '/aws/lambda/checkout',
  logStream: '2026/03/04/[$LATEST]0a1b',
  subscriptionFilters: ['all'],
  logEvents: [
    { id: '1', timestamp: at(1), message: 'START RequestId: 8f1c Version: $LATEST\n' },
    { id: '2', timestamp: at(2), message: '2026-03-04T05:06:02.089Z\t8f1c\tERROR\tno stock\n' },
    { id: '3', timestamp: at(3), message: '{"level":"WARN","msg":"slow","service":"pay"}' },
    { id: '4', timestamp: at(4), message: 'REPORT RequestId: 8f1c\tDuration: 12.34 ms\tBilled Duration: 13 ms' },
  ],
};

test('a subscription of CloudWatch Logs is as many records as it has events, packed or not', async () => {
  const text = JSON.stringify(subscription);
  const plain = await fatesOf([{ text, timestamp }]);
  expect(plain).toMatchInlineSnapshot(`
   [
     "json 2026-03-04T05:06:01.000Z unknown unknown - checkout | START RequestId: 8f1c Version: $LATEST",
     "json+text 2026-03-04T05:06:02.000Z error unknown - checkout | 8f1c	ERROR	no stock",
     "json+json 2026-03-04T05:06:03.000Z warn unknown - pay | slow",
     "json 2026-03-04T05:06:04.000Z unknown unknown 12.34 checkout | REPORT RequestId: 8f1c	Duration: 12.34 ms	Billed Duration: 13 ms",
   ]
  `);
  expect(await fatesOf([{ text: gzipSync(text), timestamp }])).toEqual(plain);
  expect(
    await fatesOf([{ text: JSON.stringify({ ...subscription, messageType: 'CONTROL_MESSAGE' }), timestamp }]),
  ).toEqual(['envelope, no record']);
});

test('an array is as many records as it has elements, each read or refused', async () => {
  const lines = [
    { time: '2026-03-04T05:06:07Z', level: 'error', msg: 'a]}, {"b' },
    { msg: 'no time' },
    { time: 'never', msg: 'c' },
    '2026-03-04T05:06:08Z WARN a text',
    7,
  ];
  expect(await fatesOf([{ text: JSON.stringify(lines, undefined, 2), timestamp }])).toMatchInlineSnapshot(`
   [
     "json 2026-03-04T05:06:07.000Z error unknown - app | a]}, {"b",
     "json 2026-03-04T05:06:09.000Z unknown unknown - app | no time",
     "bad-time: "time" is no timestamp: "never"; set fields.time to the field that has the time",
     "text 2026-03-04T05:06:08.000Z warn unknown - app | WARN a text",
     "text 2026-03-04T05:06:09.000Z unknown unknown - app | 7",
   ]
  `);
  expect(
    await fatesOf([
      { text: '{"records":[{"time":"2026-03-04T05:06:07Z","level":"Error","message":"azure"}]}', timestamp },
    ]),
  ).toMatchInlineSnapshot(`
   [
     "json 2026-03-04T05:06:07.000Z error unknown - app | azure",
   ]
  `);
  expect(
    await fatesOf([
      { text: '[]', timestamp },
      { text: '[{"broken":', timestamp },
      { text: '["GET", 1] done', timestamp },
    ]),
  ).toMatchInlineSnapshot(`
   [
     "text 2026-03-04T05:06:09.000Z unknown unknown - app | []",
     "text 2026-03-04T05:06:09.000Z unknown unknown - app | [{"broken":",
     "text 2026-03-04T05:06:09.000Z unknown unknown - app | ["GET", 1] done",
   ]
  `);
});

test('what cannot be unpacked is a dead letter', async () => {
  const whole = gzipSync('2026-03-04T05:06:07Z INFO packed text, long enough to be cut');
  expect(await fatesOf([{ text: whole, timestamp }])).toMatchInlineSnapshot(`
   [
     "text 2026-03-04T05:06:07.000Z info unknown - app | INFO packed text, long enough to be cut",
   ]
  `);
  const [cut] = await fatesOf([{ text: whole.subarray(0, 30), timestamp }]);
  expect(cut).toMatch(/^bad-payload: the value begins as gzip does/);
  const [bomb] = await fatesOf([{ text: gzipSync(Buffer.alloc(20_000_000)), timestamp }]);
  expect(bomb).toMatch(/^bad-payload: /);
});

test('an object may be behind blanks, a byte order mark, or a record separator', async () => {
  const object = '{"time":"2026-03-04T05:06:07Z","level":"error","msg":"x"}';
  const said = 'json 2026-03-04T05:06:07.000Z error unknown - app | x';
  expect(await fatesOf([`  ${object}`, `\ufeff${object}`, `\u001e${object}`])).toEqual([said, said, said]);
});

const data = Buffer.from('first\n\nMESSAGE=inner\r\nlast');
const size = Buffer.alloc(8);
size.writeBigUInt64LE(BigInt(data.length));
const exported = Buffer.concat([
  Buffer.from('__CURSOR=s=1\n__REALTIME_TIMESTAMP=1772600767089000\nPRIORITY=3\nSYSLOG_IDENTIFIER=web\nMESSAGE\n'),
  size,
  data,
  Buffer.from(
    '\n_HOSTNAME=gate\n\n__REALTIME_TIMESTAMP=1772600768089000\nPRIORITY=6\n_SYSTEMD_UNIT=db.service\nMESSAGE=up\n\n',
  ),
]);
/** As a file is cut into lines. */
const lines = (bytes: Buffer): Buffer[] => {
  const all: Buffer[] = [];
  for (let from = 0; from < bytes.length;) {
    const stop = bytes.indexOf(0x0a, from);
    all.push(bytes.subarray(from, bytes[stop - 1] === 0x0d ? stop - 1 : stop));
    from = stop + 1;
  }
  return all;
};

test('an entry of the export format of the journal is a record, in a file and in a value', async () => {
  expect(await fatesOf(lines(exported).map((text) => ({ text })))).toMatchInlineSnapshot(`
   [
     "json 2026-03-04T05:06:07.089Z error unknown - web | first

   MESSAGE=inner
   last",
     "joined 0",
     "joined 0",
     "joined 0",
     "joined 0",
     "joined 0",
     "joined 0",
     "joined 0",
     "joined 0",
     "joined 0",
     "joined 0",
     "json 2026-03-04T05:06:08.089Z info unknown - db.service | up",
     "joined 11",
     "joined 11",
     "joined 11",
     "joined 11",
   ]
  `);
  expect(await fatesOf([{ text: exported, timestamp }])).toMatchInlineSnapshot(`
   [
     "json 2026-03-04T05:06:07.089Z error unknown - web | first

   MESSAGE=inner
   last",
     "json 2026-03-04T05:06:08.089Z info unknown - db.service | up",
   ]
  `);
});

test('an entry of the journal does not depend on batches and restarts', async () => {
  const items = [...records(lines(exported).map((text) => ({ text }))), endOfSource];
  const whole = await run([items]);
  for (let place = 1; place < items.length; place++) {
    expect((await run(cutAt(items, [place, (3 * place) % items.length]), {}, true)).bytes).toBe(whole.bytes);
  }
});
