/** Floods of what can be invented, against limits that an operator sets: what was there before keeps its place. */
import { runLines } from './ingest-run.js';
import type { IngestRecord } from '../../records/windows.js';

const start = Date.UTC(2026, 0, 5, 12);
const at = (seconds: number, more: object): string =>
  JSON.stringify({ time: new Date(start + seconds * 1000).toISOString(), service: 'shop', ...more });
const words = (n: number): string =>
  n
    .toString(26)
    .replace(/[0-9]/g, (digit) => 'qrstuvwxyz'[Number(digit)]!)
    .padStart(4, 'z');
const invented = (i: number): string => `${words(i * 7919)} ${words(i * 104_729)} happened`;
const logs = (items: readonly IngestRecord[]) => items.filter((item) => item.type === 'log');
const known = ['order placed', 'cart emptied', 'payment taken'];

test('invented messages take no place from those that were there: half of the places are theirs', async () => {
  const caps = { signatures: 64, sessionKeys: 1000 };
  const before = Array.from({ length: 60 }, (_, i) => at(i, { message: known[i % 3] }));
  const flood = Array.from({ length: 5000 }, (_, i) => at(60 + i / 200, { message: invented(i) }));
  const after = Array.from({ length: 30 }, (_, i) => at(90 + i / 2, { message: known[i % 3] }));
  const { items } = await runLines([...before, ...flood, ...after], { caps });
  const [quiet, flooded] = logs(items);
  expect([quiet!.capped, quiet!.aggregate.signatures.size]).toEqual([false, 3]);
  expect([flooded!.capped, flooded!.aggregate.lines]).toEqual([true, 5030]);
  expect(flooded!.aggregate.signatures.size).toBe(32 + 3);
  for (const signature of quiet!.aggregate.signatures.keys())
    expect(flooded!.aggregate.signatures.get(signature)).toBe(10);
});

test('a class has so many sessions a pane, those that were first, and the rest of the line is read', async () => {
  const caps = { signatures: 64, sessionKeys: 100 };
  const lines = Array.from({ length: 3000 }, (_, i) => at(i / 60, { message: `job-${i} began` }));
  const sessions = [{ class: 'jobs', pattern: '(job-[0-9]+)', labels: {} }];
  const { items } = await runLines(lines, { caps, sessions });
  const own = items.filter((item) => item.type === 'session');
  expect([own.length, own.every(({ capped }) => capped)]).toEqual([100, true]);
  expect(logs(items)[0]!.aggregate.lines).toBe(3000);
});

test('a metric with more labels than it may have is refused, and its neighbour is read', async () => {
  const labels = (n: number): string => Array.from({ length: n }, (_, i) => `l${i}="v${i}"`).join(',');
  const stamp = start;
  const text = `up{${labels(20)}} 1 ${stamp}\nup{${labels(8)}} 1 ${stamp}\n`;
  const { items, rejected } = await runLines([{ text, timestamp: start }], {
    format: 'metric',
    maxLabels: 10,
    records: 'values',
  });
  expect(rejected.map(({ reason, detail }) => [reason, detail])).toEqual([
    ['too-many-labels', expect.stringContaining('at most 10 are kept (limits.labels)')],
  ]);
  expect(items.filter(({ type }) => type === 'series')).toHaveLength(1);
});
