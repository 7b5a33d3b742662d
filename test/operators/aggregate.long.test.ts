/** The law of `ingest`: how its input is cut changes nothing. */
import fc from 'fast-check';
import { history, ofType, parts } from './any-history.js';
import { cutAt, rejectsOf, run } from './ingest-run.js';
import { endOfSource } from '../../records/raw.js';

test('any split into batches, with restarts between them, gives the same bytes and the same rejects', async () => {
  const seen = { batches: 0, late: 0, future: 0, partials: 0, sessions: 0 };
  await fc.assert(
    fc.asyncProperty(history, fc.array(fc.nat(), { maxLength: 12 }), async (items, places) => {
      const all = [...items, endOfSource];
      const whole = await run([all], parts);
      const cuts = cutAt(all, places);
      const cut = await run(cuts, parts);
      const restarted = await run(cuts, parts, true);
      expect(cut.bytes).toBe(whole.bytes);
      expect(rejectsOf(cut)).toEqual(rejectsOf(whole));
      expect(rejectsOf(restarted)).toEqual(rejectsOf(whole));
      expect(restarted.bytes).toBe(whole.bytes);
      seen.batches += cuts.length;
      seen.late += whole.rejected.filter(({ reason }) => reason === 'late').length;
      seen.future += whole.rejected.filter(({ reason }) => reason === 'future').length;
      seen.partials += ofType(whole.items, 'log').length;
      seen.sessions += ofType(whole.items, 'session').length;
    }),
    { numRuns: 400 },
  );
  expect(seen.batches).toBeGreaterThan(400);
  for (const n of Object.values(seen)) expect(n).toBeGreaterThan(5);
});
