/** What a verdict is about, that it is written once, and that it can be taken back and given anew. */
import { contextOf, Verdicts } from '../../../service/people/verdicts.js';
import { createMetrics } from '../../../connectors/http/metrics.js';
import type { Control } from '../../../records/control.js';
import { decodeControl, encodeControl } from '../../../records/control.js';
import { encodeDecision, type Decision } from '../../../records/score.js';
import { decodeWindowsRecord, type WindowsRecord } from '../../../records/windows.js';
import { anAlert, cart } from '../../builders/alert.js';
import { aDecision } from '../../builders/decision.js';

const minute = 60_000;
const [from, to] = [Date.UTC(2026, 0, 5, 3), Date.UTC(2026, 0, 5, 4)];

function people(decisions: readonly Decision[] = []) {
  const written: WindowsRecord[] = [];
  const controls = new Map<string, Control>();
  const records = decisions.map((decision, offset) => ({ offset, value: encodeDecision(decision) }));
  const verdicts = new Verdicts({
    shards: 1,
    windows: {
      append: (_shard, _key, value) => void written.push(decodeWindowsRecord(value)),
      flush: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    decisions: async () => ({
      range: async () => ({ first: 0, next: records.length }),
      read: async (_shard, offset, max) => records.slice(offset, offset + max),
      wait: async () => false,
      close: async () => undefined,
    }),
    metrics: createMetrics(),
    alerts: () => [
      anAlert(),
      anAlert({
        fingerprint: 'f2',
        annotations: { incident: 'if1' },
        audit: true,
        startsAt: from + 30 * minute,
        lastAt: from + 35 * minute,
      }),
      anAlert({ fingerprint: 'f3', annotations: { incident: 'if1' } }),
    ],
    controls,
    // Through the bytes, as every process hears it.
    say: async (control) => void controls.set(control.id, decodeControl(encodeControl(control))),
  });
  return { verdicts, written, controls };
}
const said = { value: 'anomaly', by: 'ann' } as const;

test('on an alert, on all alerts of an incident, and on what was told of an entity in a time', async () => {
  const { verdicts, written } = people();
  expect(await verdicts.give({ alert: 'f1', ...said })).toEqual({ ids: [expect.any(String)] });
  expect((await verdicts.give({ incident: 'if1', ...said }))?.ids).toHaveLength(2);
  expect((await verdicts.give({ entity: cart.key, from: from + 6 * minute, to, ...said }))?.ids).toHaveLength(1);
  expect(written.map((record) => (record.type === 'verdict' ? record.verdict.alert : ''))).toEqual([
    'f1',
    'f2',
    'f3',
    'f2',
  ]);
});

test.each([
  { alert: 'nope' },
  { incident: 'nope' },
  { entity: 'service{service="none"}', from, to },
  { entity: cart.key, from: to, to: to + minute },
])('what is not known is not answered: %j', async (subject) => {
  const { verdicts, written } = people();
  expect(await verdicts.give({ ...subject, value: 'expected', by: 'ann' })).toBeUndefined();
  expect(await verdicts.give({ ...subject, ...said })).toBeUndefined();
  expect(written).toEqual([]);
});

test('an anomaly of which nobody was told is the rarest window of that time', async () => {
  const quiet = { entity: cart.key, fired: false, propensity: 0, arms: [{ arm: 'median', u: 0, weight: 1 }] };
  const at = (n: number, u: number): Decision =>
    aDecision({ ...quiet, start: to + n * minute, end: to + (n + 1) * minute, u });
  const { verdicts, written } = people([at(0, 0.2), at(1, 0.4), at(2, 0.1), at(9, 1)]);
  const given = await verdicts.give({ entity: cart.key, from: to, to: to + 5 * minute, ...said });
  expect(given?.ids).toHaveLength(1);
  expect(written).toMatchObject([{ type: 'verdict', verdict: { context: { start: to + minute, u: 0.4 } } }]);
  expect(await verdicts.give({ entity: cart.key, from: to, to: to + 5 * minute, value: 'expected', by: 'ann' })).toBe(
    undefined,
  );
});

test('given twice it counts once; taken back it is out, and can be given anew', async () => {
  const { verdicts, written, controls } = people();
  const [first, second] = [
    await verdicts.give({ alert: 'f1', ...said }),
    await verdicts.give({ alert: 'f1', ...said }),
  ];
  expect(second).toEqual(first);
  expect(controls.size).toBe(1);
  const id = first!.ids[0]!;
  expect(await verdicts.revoke('nope', 'bob', 'api')).toBe(false);
  expect(await verdicts.revoke(id, 'bob', 'api')).toBe(true);
  expect(await verdicts.revoke(id, 'bob', 'api')).toBe(true);
  expect(written.map(({ type }) => type)).toEqual(['verdict', 'verdict', 'revocation']);
  expect(written[2]).toMatchObject({ by: 'bob', verdict: { id, value: 'anomaly', context: { entity: cart.key } } });
  expect(verdicts.said()).toMatchObject([{ id, by: 'ann', entity: cart.key, revoked: { by: 'bob', via: 'api' } }]);
  const again = await verdicts.give({ alert: 'f1', ...said });
  expect(again!.ids[0]).not.toBe(id);
  expect(verdicts.said()).toHaveLength(2);
  expect(await verdicts.revoke(`revoke ${id}`, 'bob', 'api')).toBe(false);
});

test.each([-1, 0, 1] as const)('the context of a window comes back out of its decision, direction %i', (direction) => {
  const base = [1.5, 0.25, 0.875];
  const names = ['a', 'b', 'c'];
  const arms = base.map((u, i) => ({ arm: names[i]!, u, weight: i === 1 ? 1 : 0 }));
  const decision = aDecision({
    entity: cart.key,
    start: from,
    end: to,
    arms,
    direction,
    baselines: [['default', true]],
  });
  expect(contextOf(decision)).toMatchObject({
    arms: names.map((name, i) => [name, base[i]]),
    direction,
    own: 0.25,
    believed: 'b',
    baselines: [true],
  });
});
