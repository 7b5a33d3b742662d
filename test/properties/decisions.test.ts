/** One shard of `windows`: the same decisions, however its records come in. */
import fc from 'fast-check';
import type { IngestRecord, Tag, WindowsRecord } from '../../records/windows.js';
import { delivered, histories, pane, plain, plans, receive, sameOrder, start, underEpoch } from './delivery.js';

const length = 5 * pane;

it('gives the same windows and decisions at any interleaving, cut and repeat', async () => {
  const seen = { reordered: 0, cut: 0, repeats: 0, windows: 0, decided: 0 };
  await fc.assert(
    fc.asyncProperty(histories, plans, async (all, plan) => {
      const usual = delivered(all, plain);
      const other = delivered(all, plan);
      const expected = await receive(usual);
      const found = await receive(other, plan.cuts);
      if (!sameOrder(usual, other)) seen.reordered++;
      if (plan.cuts.length > 0) seen.cut++;
      seen.repeats += found.rejected.repeat ?? 0;
      seen.windows += expected.windows.length;
      seen.decided += expected.decisions.length;
      expect(found.windows).toBe(expected.windows);
      expect(found.decisions).toBe(expected.decisions);
      expect(found.rejected.repeat ?? 0).toBe(other.length - usual.length);
      expect(found.rejected['late-partial']).toBeUndefined();
    }),
    { numRuns: 40 },
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10);
});

/** Where in a delivery the shard has closed everything up to `time` for sure. */
function closedFrom(records: readonly WindowsRecord[], sources: number, time: number): number | undefined {
  const watermarks = new Map<string, number>();
  for (const [i, record] of records.entries()) {
    if (record.type !== 'mark') continue;
    watermarks.set(record.tag.source, record.watermark);
    if (watermarks.size === sources && Math.min(...watermarks.values()) >= time) return i + 1;
  }
  return undefined;
}

/** What else `source` might write at a place: after all that it wrote before, before all that follows. */
function between(records: readonly WindowsRecord[], at: number, source: string): Tag {
  const before = records.slice(0, at).filter((record): record is IngestRecord => 'tag' in record);
  const last = before.filter(({ tag }) => tag.source === source).at(-1);
  if (!last) throw new Error(`${source} has no record before ${at}`);
  return { ...last.tag, n: last.tag.n + 1 };
}

it('rejects a late partial, which changes no decision but flags the next window of its entity', async () => {
  let late = 0;
  let flagged = 0;
  await fc.assert(
    fc.asyncProperty(histories, plans, fc.nat(50), async (all, plan, later) => {
      const records = delivered(all, { ...plan, restarts: [] });
      const first = closedFrom(records, all.length, start + length);
      fc.pre(first !== undefined);
      const at = first + (later % (records.length - first + 1));
      const partial: WindowsRecord = {
        type: 'series',
        tag: between(records, at, 'logs/0'),
        entity: 'series{service="m0"}',
        pane: start,
        settings: 1,
        capped: false,
        aggregate: { points: [[start, 1e6]] },
      };
      const expected = await receive(records);
      const found = await receive([...records.slice(0, at), partial, ...records.slice(at)], plan.cuts);
      late += found.rejected['late-partial']!;
      // There is no next window where it comes after the last one.
      expect(found.late).toBeLessThanOrEqual(1);
      flagged += found.late;
      expect(found).toEqual({
        ...expected,
        rejected: { ...expected.rejected, 'late-partial': 1 },
        late: found.late,
      });
    }),
    { numRuns: 20 },
  );
  expect(late).toBeGreaterThan(10);
  expect(flagged).toBeGreaterThan(0);
});

it('ignores what a task writes after another one took over', async () => {
  let zombies = 0;
  await fc.assert(
    fc.asyncProperty(histories, plans, fc.nat(50), async (all, plan, place) => {
      // All that counts has the higher epoch; the task that lost it goes on from anywhere.
      const records = delivered(all, { ...plan, restarts: [] }).map((record) =>
        'tag' in record ? underEpoch(record, 2) : record,
      );
      const own = all[0]!.records;
      const old = own.slice(place % own.length).map((record) => underEpoch(record, 1));
      const seenAt = records.findIndex((record) => 'tag' in record && record.tag.source === 'logs/0') + 1;
      const at = seenAt + (place % (records.length - seenAt + 1));
      const expected = await receive(records);
      const found = await receive([...records.slice(0, at), ...old, ...records.slice(at)], plan.cuts);
      zombies += found.rejected.zombie!;
      expect(found).toEqual({ ...expected, rejected: { ...expected.rejected, zombie: old.length } });
    }),
    { numRuns: 20 },
  );
  expect(zombies).toBeGreaterThan(20);
});
