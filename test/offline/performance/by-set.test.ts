/** Performance of sets by what people answered: counted once, with intervals, and a fall that is beyond chance. */
import { PerformanceBySet } from '../../../offline/performance/by-set.js';
import { subjectOf, type Decision } from '../../../records/score.js';
import { aDecision } from '../../builders/decision.js';
import { cart } from '../../builders/alert.js';

const minute = 60_000;
const day = 86_400_000;
const began = Date.UTC(2026, 0, 5);
const at = (end: number, change: Partial<Decision> = {}): Decision =>
  aDecision({ entity: cart.key, start: end - 5 * minute, end, fired: false, ...change });

/** An alert every six hours for `days`, each answered; the share of true ones falls from the day `from` on. */
function life(days: number, from: number): { decisions: Decision[]; answers: Map<string, boolean> } {
  const decisions: Decision[] = [];
  const answers = new Map<string, boolean>();
  for (let i = 1; i < days * 4; i++) {
    const end = began + i * 6 * 60 * minute;
    const alert = at(end, { fired: true, artefact: i < days * 2 ? 'first' : 'second' });
    // Of the same episode.
    decisions.push(at(end - 30 * minute, { artefact: alert.artefact }), alert, {
      ...alert,
      start: end,
      end: end + 5 * minute,
    });
    answers.set(subjectOf(alert), i < from * 4 ? i % 5 > 0 : i % 5 === 0);
  }
  return { decisions, answers };
}

test('alerts are episodes, answers are counted once, and each set has its own', () => {
  const { decisions, answers } = life(28, 28);
  const gathered = new PerformanceBySet(answers);
  for (const decision of decisions) gathered.add(decision);
  // A restart wrote the last ones again.
  for (const decision of decisions.slice(-3)) gathered.add(decision);
  const [first, second] = gathered.sets();
  expect([first!.set, first!.alerts, first!.confirmed, first!.false]).toEqual(['first', 55, 44, 11]);
  expect([second!.set, second!.confirmed, second!.false]).toEqual(['second', 45, 11]);
  expect(first!.precision!.share).toBeCloseTo(0.8, 9);
  expect(first!.precision!.low).toBeGreaterThan(0.67);
  expect(first!.precision!.high).toBeLessThan(0.89);
  expect(first!.falseAWeek.rate).toBeGreaterThan(5);
  expect(first!.falseAWeek.rate).toBeLessThan(6);
});

test('a fall of the precision is found, and the same share of true ones throughout is none', () => {
  const decayOf = (from: number) => {
    const { decisions, answers } = life(28, from);
    const gathered = new PerformanceBySet(answers);
    for (const decision of decisions) gathered.add(decision);
    return gathered.decay();
  };
  expect(decayOf(21).isDecayed).toBe(true);
  expect(decayOf(28)).toMatchObject({ isDecayed: false });
});

test('without answers nothing is claimed; what audits found is what was missed', () => {
  const asked = at(began + day, { asked: true });
  const gathered = new PerformanceBySet(new Map([[subjectOf(asked), true]]));
  gathered.add(asked);
  const one = gathered.sets()[0]!;
  expect(one.precision).toBeUndefined();
  expect(one.audits).toEqual({ answered: 1, missed: 1 });
  expect(gathered.decay()).toMatchObject({ isDecayed: false });
  expect(gathered.decay().fall).toBeUndefined();
});
