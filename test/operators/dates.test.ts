/** Lines with a time of day alone: which day it is lasts across any cut and restart. */
import fc from 'fast-check';
import { endOfSource } from '../../records/raw.js';
import { cutAt, records, rejectsOf, run, runLines } from './ingest-run.js';

const minute = 60_000;
const start = Date.UTC(2026, 2, 4, 20);
const clock = (time: number): string => new Date(time).toISOString().slice(11, 19);
const parts = { date: '2026-03-04' };

/** Lines some minutes apart, over several midnights. */
const lines = fc.array(fc.integer({ min: 0, max: 600 }), { minLength: 20, maxLength: 60 }).map((gaps) => {
  let at = start;
  return gaps.map((gap) => `${clock((at += gap * minute))} INFO request served`);
});

test('a restart at any line changes no day', async () => {
  await fc.assert(
    fc.asyncProperty(lines, fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), async (texts, places) => {
      const whole = await runLines(texts, parts);
      const cut = await run(cutAt([...records(texts), endOfSource], places), parts, true);
      expect([cut.bytes, rejectsOf(cut)]).toEqual([whole.bytes, rejectsOf(whole)]);
    }),
    { numRuns: 40 },
  );
});

test('a line after midnight is of the next day, and so are those behind a restart', async () => {
  const texts = ['23:58:00 INFO one', '23:59:00 INFO two', '00:01:00 INFO three', '00:02:00 INFO four'];
  const { items } = await run([...records(texts).map((one) => [one]), [endOfSource]], parts, true);
  const panes = items.flatMap((item) => (item.type === 'log' ? [new Date(item.pane).toISOString().slice(0, 16)] : []));
  expect(panes).toEqual(['2026-03-04T23:58', '2026-03-04T23:59', '2026-03-05T00:01', '2026-03-05T00:02']);
});
