import { simulatedOperator } from '../../../lab/judge/operator.js';
import type { Incident } from '../../../lab/simulate/incident.js';

const minute = 60_000;
const incident = (service: string, start: number, end: number, expected: boolean): Incident => ({
  id: service,
  kind: expected ? 'rollout' : 'latency',
  services: [service],
  sessions: [],
  start: start * minute,
  end: end * minute,
  expected,
  description: '',
  strength: 1,
});
const incidents = [incident('cart', 100, 400, false), incident('auth', 100, 400, true)];
const alert = (service: string, at: number) => ({
  entity: `service{service="${service}"}`,
  start: at * minute,
  firedAt: (at + 5) * minute,
});

describe('simulatedOperator', () => {
  const sure = simulatedOperator({ seed: 1, incidents, mistakes: 0, unanswered: 0 });

  it('knows an anomaly, an expected change and a false alert, 20 minutes after the alert', () => {
    expect(sure(alert('cart', 200))).toEqual({ verdict: 'anomaly', at: 225 * minute });
    expect(sure(alert('auth', 200))).toEqual({ verdict: 'expected', at: 225 * minute });
    expect(sure(alert('cart', 900))).toEqual({ verdict: 'not-anomaly', at: 925 * minute });
  });

  it('judges by what has happened when it answers', () => {
    expect(sure(alert('cart', 74))?.verdict).toBe('not-anomaly');
    expect(sure({ ...alert('cart', 90), firedAt: 110 * minute })?.verdict).toBe('anomaly');
  });

  it('answers late, leaves about 15 % unanswered and is wrong in about 5 %', () => {
    const ask = simulatedOperator({ seed: 2, incidents: [incident('cart', 0, 1_000_000, false)] });
    const answers = Array.from({ length: 4000 }, (_, i) => ask(alert('cart', 10 + i)));
    const given = answers.filter((answer) => answer !== undefined);
    expect(1 - given.length / answers.length).toBeCloseTo(0.15, 1);
    const wrong = given.filter(({ verdict }) => verdict === 'not-anomaly').length / given.length;
    expect(wrong).toBeGreaterThan(0.035);
    expect(wrong).toBeLessThan(0.065);
  });

  it('gives an alert the same answer whenever it is asked, and another seed others', () => {
    const verdicts = (seed: number, order: readonly number[]): Map<number, string | undefined> => {
      const ask = simulatedOperator({ seed, incidents, mistakes: 0.5, unanswered: 0.3 });
      return new Map(order.map((i) => [i, ask(alert('cart', 100 + i))?.verdict]));
    };
    const order = Array.from({ length: 50 }, (_, i) => i);
    const forward = verdicts(3, order);
    const backward = verdicts(3, [...order].reverse());
    for (const i of order) expect(backward.get(i)).toBe(forward.get(i));
    expect([...verdicts(4, order).values()]).not.toEqual([...forward.values()]);
  });
});
