/** A flood of invented services neither takes the place of those that are known, nor memory without end. */
import { run } from './ingest-run.js';
import type { SourceItem } from '../../records/raw.js';
import { endOfSource } from '../../records/raw.js';

const minute = 60_000;
const began = Date.UTC(2026, 0, 5);
let offset = 0;
const line = (service: string, at: number): SourceItem => {
  const bytes = Buffer.from(JSON.stringify({ time: new Date(began + at).toISOString(), service, message: 'done' }));
  return { bytes, start: 0, end: bytes.length, offset: offset++, timestamp: began + at, topic: 'app' };
};
const honest = Array.from({ length: 20 }, (_, i) => `honest-${i}`);

test('50,000 invented services: no honest one loses a line, and the others share one entity', async () => {
  const items: SourceItem[] = [];
  for (let pane = 0; pane < 5; pane++) {
    for (let i = 0; i < 10_000; i++) {
      if (i % 500 === 0) items.push(line(honest[i / 500]!, pane * minute));
      if (pane > 0) items.push(line(`invented-${pane}-${i}`, pane * minute));
    }
  }
  const { items: out } = await run([[...items, endOfSource]], { limits: { entities: 5000, newEntities: 1000 } });
  const logs = out.flatMap((item) => (item.type === 'log' ? [item] : []));
  expect(logs.filter(({ entity }) => entity.includes('honest')).length).toBe(100);
  const invented = logs.filter(({ entity }) => entity.includes('invented'));
  // Two panes' worth of those that never come back.
  expect(invented.length).toBe(2000);
  const overflow = logs.filter(({ entity }) => entity.includes('tocsin-overflow'));
  expect(overflow.map(({ capped }) => capped)).toEqual([true, true, true, true]);
  const lines = logs.reduce((sum, { aggregate }) => sum + aggregate.lines, 0);
  expect(lines).toBe(40_100);
});

test('services that come back make room: a fleet that begins is whole after a few panes', async () => {
  const limits = { entities: 5000, newEntities: 100 };
  const fleet = Array.from({ length: 1500 }, (_, i) => `s${i}`);
  const items = Array.from({ length: 8 }, (_, pane) => fleet.map((service) => line(service, pane * minute))).flat();
  const { items: out } = await run([[...items, endOfSource]], { limits });
  const logs = out.flatMap((item) => (item.type === 'log' && !item.entity.includes('overflow') ? [item] : []));
  const counts = Array.from(
    { length: 8 },
    (_, pane) => logs.filter((each) => each.pane === began + pane * minute).length,
  );
  expect(counts).toEqual([100, 200, 400, 800, 1500, 1500, 1500, 1500]);
});

test('those that never come back are forgotten after a day, and others may come', async () => {
  const limits = { entities: 5000, newEntities: 10 };
  const day = 24 * 60 * minute;
  const items = [0, 1, 2].flatMap((n) =>
    Array.from({ length: 100 }, (_, i) => line(`n${n}-${i}`, n * (day + 60 * minute) + Math.floor(i / 10) * minute)),
  );
  const { items: out } = await run([[...items, endOfSource]], { limits });
  const named = out.flatMap((item) => (item.type === 'log' && !item.entity.includes('overflow') ? [item.entity] : []));
  expect([0, 1, 2].map((n) => named.filter((entity) => entity.includes(`"n${n}-`)).length)).toEqual([20, 20, 20]);
});

test('restarts between batches change nothing', async () => {
  const items = Array.from({ length: 300 }, (_, i) => line(`s${i % 50}`, Math.floor(i / 50) * minute));
  const limits = { entities: 40, newEntities: 15 };
  const whole = await run([[...items, endOfSource]], { limits });
  expect(whole.items.length).toBeGreaterThan(0);
  const cut = await run(
    [items.slice(0, 77), items.slice(77, 140), [...items.slice(140), endOfSource]],
    { limits },
    true,
  );
  expect(cut.bytes).toBe(whole.bytes);
});
