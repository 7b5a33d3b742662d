import { entity } from '../../../records/entity.js';
import { score } from '../../../lab/judge/score.js';
import type { Incident } from '../../../lab/simulate/incident.js';

const minute = 60_000;
const week = 7 * 86_400_000;
const key = (name: string): string => entity('service', { service: name, environment: 'prod' }).key;
const jobs = entity('session', { service: 'jobs' }).key;
const fired = (name: string, start: number, end?: number, firedAt = start + 5) => ({
  entity: name === 'jobs' ? jobs : key(name),
  start: start * minute,
  firedAt: firedAt * minute,
  end: end === undefined ? undefined : end * minute,
});
const incident = (services: string[], start: number, end: number, more: Partial<Incident> = {}): Incident => ({
  id: `${services[0]}-${start}`,
  kind: 'error burst',
  services,
  sessions: [],
  start: start * minute,
  end: end * minute,
  expected: false,
  description: '',
  strength: 1,
  ...more,
});
const judge = (incidents: Incident[], episodes: ReturnType<typeof fired>[]) =>
  score({ incidents, episodes, watched: ['cart', 'auth', 'jobs'], from: 0, to: 2 * week });

describe('score', () => {
  const burst = incident(['cart'], 100, 130);

  it('finds an incident by the first alert that overlaps it, and takes the delay from its start', () => {
    const result = judge([burst], [fired('cart', 110, 140), fired('cart', 105, 108)]);
    expect(result.outcomes).toEqual([{ incident: burst, found: true, delayMs: 10 * minute }]);
    expect([result.injected, result.found, result.medianDelayMs]).toEqual([1, 1, 10 * minute]);
  });

  it.each([
    ['on another service', fired('auth', 110, 120)],
    ['after its end', fired('cart', 131, 140)],
    ['over before its start', fired('cart', 80, 100)],
    ['raised before its start, by chance', fired('cart', 90, 120, 95)],
  ])('misses an incident when the only alert is %s', (_, episode) => {
    const result = judge([burst], [episode]);
    expect(result.found).toBe(0);
    expect(result.outcomes[0]).not.toHaveProperty('delayMs');
  });

  it('finds an incident by an alert that still lasts, whatever its other labels', () => {
    expect(judge([burst], [fired('cart', 100)]).outcomes[0]!.delayMs).toBe(5 * minute);
  });

  it('finds broken sessions by an alert on their class', () => {
    const broken = incident(['jobs'], 10, 40, { kind: 'broken sessions', sessions: ['job-1'] });
    expect(judge([broken], [fired('jobs', 20, 25)]).found).toBe(1);
  });

  it('finds an incident of several services on any of them, and calls none of these alerts false', () => {
    const surge = incident(['cart', 'auth'], 10, 40, { kind: 'surge' });
    const result = judge([surge], [fired('auth', 20, 25), fired('cart', 25, 30)]);
    expect(result.outcomes[0]!.delayMs).toBe(15 * minute);
    expect(result.falseAlerts.every(({ alerts }) => alerts === 0)).toBe(true);
  });

  it('counts alerts that nothing explains for each service and week', () => {
    const result = judge(
      [burst],
      [fired('cart', 500, 510), fired('cart', 900, 910), fired('cart', 950, 960), fired('auth', 110, 120)],
    );
    expect(result.falseAlerts).toEqual([
      { name: 'cart', alerts: 3, perWeek: 1.5 },
      { name: 'auth', alerts: 1, perWeek: 0.5 },
      { name: 'jobs', alerts: 0, perWeek: 0 },
    ]);
  });

  it('takes an alert shortly after an incident as its aftermath: no find, not false', () => {
    const result = judge([burst], [fired('cart', 140, 150)]);
    expect(result.found).toBe(0);
    expect(result.falseAlerts[0]!.alerts).toBe(0);
    expect(judge([burst], [fired('cart', 146, 150)]).falseAlerts[0]!.alerts).toBe(1);
  });

  it('counts alerts on an expected change apart, and the change is no incident to find', () => {
    const job = incident(['auth'], 200, 260, { kind: 'scheduled job', expected: true });
    const result = judge([burst, job], [fired('auth', 210, 220), fired('auth', 240, 250)]);
    expect(result.expectedChanges).toEqual([{ incident: job, alerts: 2 }]);
    expect(result.injected).toBe(1);
    expect(result.falseAlerts[1]!.alerts).toBe(0);
  });

  it('takes the median of the delays of what was found', () => {
    const incidents = [100, 300, 500, 700].map((start) => incident(['cart'], start, start + 30));
    const alerts = [fired('cart', 100, 101), fired('cart', 307, 308), fired('cart', 520, 521)];
    expect(judge(incidents, alerts).medianDelayMs).toBe(12 * minute);
    expect(judge(incidents, alerts.slice(0, 2)).medianDelayMs).toBe(8.5 * minute);
    expect(judge(incidents, []).medianDelayMs).toBeUndefined();
  });

  it('judges only what begins in the judged time', () => {
    const result = score({
      incidents: [burst],
      episodes: [fired('cart', 110, 120)],
      watched: ['cart'],
      from: 200 * minute,
      to: week,
    });
    expect([result.injected, result.falseAlerts[0]!.alerts]).toEqual([0, 0]);
  });

  it('refuses alerts on what is not watched, and an empty time', () => {
    expect(() => judge([], [fired('gone', 1, 2)])).toThrow('gone is not among those watched');
    expect(() => score({ incidents: [], episodes: [], watched: [], from: 5, to: 5 })).toThrow('nothing to score');
  });
});
