/** Lines spread over partitions, out of order within the lateness, close the same windows as one ordered partition. */
import fc from 'fast-check';
import { run, records as recordsOf, type Line } from '../operators/ingest-run.js';
import { endOfSource } from '../../records/raw.js';
import type { WindowsRecord } from '../../records/windows.js';
import { cut, receive, start } from './delivery.js';

/** The default, ms. */
const lateness = 10_000;
const sessions = [{ class: 'jobs', pattern: 'job-\\d+' }];

const lines = fc.array(
  fc.record({
    step: fc.oneof({ weight: 9, arbitrary: fc.nat(20_000) }, { weight: 1, arbitrary: fc.nat(2_000_000) }),
    text: fc.oneof(
      fc.constantFrom('INFO started', 'ERROR failed', 'WARN slow 12 ms'),
      fc.nat(30).map((n) => `INFO took ${n} ms for job-${n % 5}`),
    ),
    partition: fc.nat(3),
    /** How much later than its time it is written, ms. */
    delay: fc.nat(lateness),
  }),
  { minLength: 1, maxLength: 40 },
);

/** Records of `windows` of several partitions, one after the other. */
async function windowsOf(partitions: readonly (readonly Line[])[], cuts: readonly number[]): Promise<WindowsRecord[]> {
  const names = partitions.map((_, i) => `logs/${i}`);
  const all: WindowsRecord[] = [{ type: 'sources', version: 1, sources: names }];
  for (const [i, part] of partitions.entries()) {
    const batches = cut([...recordsOf(part), endOfSource], cuts);
    const { items, rejected } = await run(batches, { source: names[i]!, sessions });
    expect(rejected).toEqual([]);
    all.push(...items);
  }
  return all;
}

it('does not depend on how lines are spread and how late they are', async () => {
  const seen = { spread: 0, outOfOrder: 0, windows: 0 };
  await fc.assert(
    fc.asyncProperty(
      lines,
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.nat(40), { maxLength: 4 }),
      async (all, n, cuts) => {
        let time = start;
        const timed = all.map(({ step, text, partition, delay }) => {
          time += step;
          const line = { text: `${new Date(time).toISOString()} ${text}`, timestamp: time };
          return { line, time, written: time + delay, partition: partition % n };
        });
        const parts = Array.from({ length: n }, (_, i) =>
          timed.filter(({ partition }) => partition === i).sort((a, b) => a.written - b.written),
        );
        if (parts.filter(({ length }) => length > 0).length > 1) seen.spread++;
        if (parts.some((part) => part.some((one, i) => i > 0 && one.time < part[i - 1]!.time))) seen.outOfOrder++;
        const one = await receive(await windowsOf([timed.map(({ line }) => line)], []));
        const many = await receive(
          await windowsOf(
            parts.map((part) => part.map(({ line }) => line)),
            cuts,
          ),
          cuts,
        );
        seen.windows += one.windows.length;
        expect(many.rejected).toEqual({});
        expect(many.windows).toBe(one.windows);
      },
    ),
    { numRuns: 40 },
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
});
