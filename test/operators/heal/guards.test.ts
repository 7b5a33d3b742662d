import { nextStep, nextVerified } from '../../../operators/heal/decide.js';
import { firstThatHolds, type GuardInputs } from '../../../operators/heal/guards.js';
import { Ledger } from '../../../operators/heal/ledger.js';
import { applyCommand } from '../../../operators/heal/apply.js';
import { actionId, type HealingLimits, type HealingRule } from '../../../operators/heal/rule.js';
import { effectOf } from '../../../operators/heal/verify.js';
import { Watch } from '../../../operators/heal/watch.js';
import type { Alert } from '../../../records/alert.js';
import type { Control } from '../../../records/control.js';
import { entity, entityFromKey } from '../../../records/entity.js';
import { healingNote, type HealingNote } from '../../../records/healing.js';
import type { Decision } from '../../../records/score.js';
import { compileMatch } from '../../../operators/match/match.js';
import { anAlert, cart } from '../../builders/alert.js';
import { aDecision } from '../../builders/decision.js';

const MIN = 60_000;
const start = anAlert().startsAt;
const now = start + 20 * MIN;

const rule: HealingRule = {
  name: 'restart',
  matches: compileMatch({}),
  target: 'tools',
  severity: 'warning',
  for: 10 * MIN,
  confidence: 0.5,
  cooldown: 60 * MIN,
  dryRun: false,
  approval: false,
  approvalExpiry: 30 * MIN,
  maxInFlight: 5,
  maxPerHour: 5,
  stabilise: 15 * MIN,
};
const limits: HealingLimits = {
  maxInFlight: 5,
  maxPerHour: 5,
  expiry: 15 * MIN,
  radius: [],
  ineffective: { times: 3, window: 24 * 60 * MIN },
  minDetectors: 3,
  driftShare: 0.3,
};

function decision(of: string, end: number, change: Partial<Decision> = {}): Decision {
  return aDecision({
    entity: of,
    start: end - 5 * MIN,
    end,
    schema: 's',
    scores: ['a', 'b', 'c'].map((detector) => ({ detector, score: 1, u: 1 })),
    policy: 'default',
    u: 1.5,
    confidence: 0.9,
    ...change,
  });
}

/** A world in which nothing holds; tests take one thing away. */
function world(change: Partial<GuardInputs> = {}) {
  const ledger = new Ledger();
  let seq = 0;
  const note = (at: number, what: Partial<HealingNote> & Pick<HealingNote, 'what'>): void =>
    ledger.apply({ ...healingNote(what), seq: ++seq, prev: '', epoch: 1, at });
  const watch = new Watch(() => true);
  watch.see(decision(cart.key, start + 15 * MIN));
  const circumstances: GuardInputs = {
    ledger,
    watch,
    limits,
    stop: undefined,
    ...change,
  };
  return { ledger, watch, note, circumstances };
}

const firing = (change: Partial<Alert> = {}): Alert =>
  anAlert({ lastAt: start + 15 * MIN, at: start + 15 * MIN, ...change });
const holds = (
  circumstances: GuardInputs,
  alert: Alert = firing(),
  which: HealingRule = rule,
  at = now,
): string | undefined =>
  firstThatHolds({ rule: which, alert, labels: entityFromKey(alert.entity).labels, now: at }, circumstances)?.guard;
const acted = (alert: Alert, which: HealingRule = rule): Partial<HealingNote> & Pick<HealingNote, 'what'> => ({
  what: 'intended',
  id: actionId(which.name, alert.fingerprint),
  rule: which.name,
  target: which.target,
  alert: alert.fingerprint,
  entity: alert.entity,
  time: start + 15 * MIN,
  u: 1.5,
});
const other = (name: string, cluster = 'eu') => entity('service', { service: name, cluster });

test('a serious, lasting, well-founded alert is acted upon', () => {
  const { circumstances } = world();
  expect(holds(circumstances)).toBeUndefined();
  expect(nextStep([firing()], [rule], circumstances, now)?.note).toMatchObject({ what: 'intended', id: 'f1-restart' });
});

test('dry run is the end of it, and is rehearsed once', () => {
  const { circumstances, note } = world();
  const dry = { ...rule, dryRun: true, approval: true };
  const step = nextStep([firing()], [dry], circumstances, now)!;
  expect(step.note.what).toBe('rehearsed');
  note(now, step.note);
  expect(nextStep([firing()], [dry], circumstances, now)).toBeUndefined();
});

test.each<[string, Partial<Alert>]>([
  ['resolved', { status: 'resolved' }],
  ['question', { audit: true }],
  ['evidence', { confidence: 0.49 }],
  ['severity', { severity: 'info' }],
  ['duration', { startsAt: start + 6 * MIN }],
  ['future', { at: now + 16 * MIN }],
])('%s holds', (guard, change) => {
  expect(holds(world().circumstances, firing(change))).toBe(guard);
});

test('a muted alert is left alone', () => {
  expect(holds(world().circumstances, firing({ muted: 'maintenance until noon' }))).toBe('muted');
  // Also where people were told before the mute or the silence began.
  for (const name of ['muted', 'silenced'])
    expect(holds(world().circumstances, firing({ annotations: { [name]: 'upgrade' } }))).toBe('muted');
});

test('evidence that has become old is stale, however old the alert', () => {
  const { circumstances, watch } = world();
  expect(holds(circumstances, firing(), rule, now + 11 * MIN)).toBe('stale');
  // A window that fires now makes it fresh again: the alert still goes on.
  watch.see(decision(cart.key, now + 10 * MIN));
  expect(holds(circumstances, firing(), rule, now + 11 * MIN)).toBeUndefined();
});

test('an entity whose latest window is quiet is left alone', () => {
  const { circumstances, watch } = world();
  watch.see(decision(cart.key, start + 20 * MIN, { fired: false }));
  expect(holds(circumstances)).toBe('recovering');
});

test('inexact windows are low evidence', () => {
  const { circumstances, watch } = world();
  watch.see(decision(cart.key, start + 20 * MIN, { flags: ['stalled'] }));
  expect(holds(circumstances)).toBe('evidence');
});

test('a degraded ensemble does not heal', () => {
  const { circumstances, watch } = world();
  watch.see(decision(cart.key, start + 20 * MIN, { scores: [{ detector: 'a', score: 9, u: 9 }] }));
  expect(holds(circumstances)).toBe('ensemble');
});

test('where much of the fleet fires, detectors have drifted or everything is affected: no healing', () => {
  const { circumstances, watch } = world();
  for (let i = 0; i < 40; i++) watch.see(decision(other(`s${i}`).key, start + 15 * MIN, { fired: i < 16 }));
  expect(holds(circumstances)).toBe('ensemble');
  for (let i = 0; i < 40; i++) watch.see(decision(other(`t${i}`).key, start + 15 * MIN, { fired: false }));
  expect(holds(circumstances)).toBeUndefined();
});

test('once an alert and rule, for ever; a call that never left may be taken up again', () => {
  const { circumstances, note } = world();
  note(now, acted(firing()));
  const idle = { ...rule, cooldown: 0 };
  expect(holds(circumstances, firing(), idle, now)).toBe('once');
  for (const what of ['unknown', 'failed', 'done', 'fixed'] as const) {
    note(now, { what, id: 'f1-restart' });
    expect(holds(circumstances, firing(), idle)).toBe('once');
  }
  note(now, acted(firing()));
  note(now, { what: 'withheld', id: 'f1-restart' });
  expect(holds(circumstances)).toBeUndefined();
});

test('cooldown is by target and entity: another rule or another alert is no way around it', () => {
  const { circumstances, note } = world();
  note(now - 30 * MIN, acted(firing({ fingerprint: 'f0' })));
  note(now - 20 * MIN, { what: 'fixed', id: 'f0-restart' });
  expect(holds(circumstances)).toBe('cooldown');
  expect(holds(circumstances, firing(), { ...rule, name: 'another' })).toBe('cooldown');
  expect(holds(circumstances, firing(), { ...rule, target: 'elsewhere' })).toBeUndefined();
  note(now, { what: 'unknown', id: 'f0-restart' });
  expect(holds(circumstances)).toBe('cooldown');
});

test('so many in flight, over all rules, and one an entity', () => {
  const tight = { ...limits, maxInFlight: 2 };
  const { circumstances, note } = world({ limits: tight });
  note(now, acted(firing({ fingerprint: 'a', entity: other('a').key })));
  expect(holds(circumstances)).toBeUndefined();
  expect(holds(circumstances, firing(), { ...rule, maxInFlight: 1 })).toBe('in flight');
  // An action whose effect is watched is still under way.
  note(now, { what: 'done', id: 'a-restart' });
  note(now, acted(firing({ fingerprint: 'b', entity: other('b').key })));
  expect(holds(circumstances)).toBe('in flight');
  note(now, { what: 'fixed', id: 'a-restart' });
  expect(holds(circumstances)).toBeUndefined();
  note(now, acted(firing({ fingerprint: 'c' }), { ...rule, target: 'elsewhere', name: 'c' }));
  note(now, { what: 'fixed', id: 'b-restart' });
  expect(holds(circumstances)).toBe('in flight');
});

test('so many an hour, by rule and over all; failures and unknown outcomes count', () => {
  const { circumstances, note } = world({ limits: { ...limits, maxPerHour: 2 } });
  note(now - 50 * MIN, acted(firing({ fingerprint: 'a', entity: other('a').key })));
  note(now - 50 * MIN, { what: 'failed', id: 'a-restart' });
  expect(holds(circumstances, firing(), { ...rule, maxPerHour: 1 })).toBe('rate');
  note(now - 40 * MIN, acted(firing({ fingerprint: 'b', entity: other('b').key })));
  note(now - 40 * MIN, { what: 'unknown', id: 'b-restart' });
  expect(holds(circumstances)).toBe('rate');
  expect(
    holds(circumstances, firing({ at: now + 11 * MIN, lastAt: now + 11 * MIN }), rule, now + 11 * MIN),
  ).toBeUndefined();
});

/** A service that is there for two days. */
function live(watch: Watch, key: string): void {
  for (let end = start - 48 * 60 * MIN; end < start; end += 15 * MIN) watch.see(decision(key, end, { fired: false }));
}

test('blast radius: invented services and labels of their own for each victim change nothing', () => {
  const radius = [{ label: 'cluster', share: 0.2, window: 60 * MIN, cap: 3 }];
  const { circumstances, watch, note } = world({ limits: { ...limits, radius, maxPerHour: 100 } });
  for (let i = 0; i < 100; i++) live(watch, other(`s${i}`).key);
  for (let i = 0; i < 90; i++) watch.see(decision(other(`invented${i}`).key, start + 15 * MIN, { fired: false }));
  const generous = { ...rule, maxPerHour: 100 };
  const act = (key: string): string => {
    watch.see(decision(key, start + 15 * MIN));
    const step = nextStep([firing({ fingerprint: key, entity: key })], [generous], circumstances, now)!;
    note(now, step.note);
    if (step.note.what !== 'intended') return step.note.what;
    note(now, { what: 'done', id: step.note.id });
    note(now, { what: 'fixed', id: step.note.id });
    return 'intended';
  };
  // The cap holds, although a fifth of a hundred would be twenty.
  expect([0, 1, 2, 3].map((i) => act(other(`s${i}`).key))).toEqual([
    'intended',
    'intended',
    'intended',
    'breaker-opened',
  ]);
  // A label for each victim: the fleet as a whole has a limit, too.
  const each = Array.from({ length: 30 }, (_, i) => act(other(`v${i}`, `cluster${i}`).key));
  expect(each.filter((what) => what === 'intended').length).toBe(17);
  expect(each.at(17)).toBe('breaker-opened');
});

test('windows of services that are new do not dilute the share of those that fire', () => {
  const { watch } = world();
  for (let i = 0; i < 20; i++) live(watch, other(`s${i}`).key);
  for (let i = 0; i < 20; i++) watch.see(decision(other(`s${i}`).key, start + 15 * MIN, { fired: true }));
  const before = watch.firedShare()!;
  for (let i = 0; i < 900; i++) watch.see(decision(other(`new${i}`).key, start + 15 * MIN, { fired: false }));
  expect(watch.firedShare()).toBe(before);
});

test('blast radius: beyond the share the breaker opens, and only a person closes it', () => {
  const radius = [{ label: 'cluster', share: 0.2, window: 60 * MIN, cap: 3 }];
  const { circumstances, watch, note, ledger } = world({ limits: { ...limits, radius } });
  for (let i = 0; i < 10; i++) live(watch, other(`s${i}`).key);
  for (let i = 0; i < 5; i++) live(watch, other(`u${i}`, 'us').key);
  for (let i = 0; i < 10; i++) watch.see(decision(other(`s${i}`).key, start + 15 * MIN, { fired: i < 3 }));
  const alerts = [0, 1, 2].map((i) => firing({ fingerprint: `f${i}`, entity: other(`s${i}`).key }));
  for (const alert of alerts.slice(0, 2)) {
    const step = nextStep([alert], [rule], circumstances, now)!;
    expect(step.note.what).toBe('intended');
    note(now, step.note);
    note(now, { what: 'done', id: step.note.id });
    note(now, { what: 'fixed', id: step.note.id });
  }
  // Another rule and target are no way around.
  const sly = { ...rule, name: 'sly', target: 'elsewhere' };
  const step = nextStep([alerts[2]!], [sly], circumstances, now)!;
  expect(step.note).toMatchObject({ what: 'breaker-opened', guard: 'cluster=eu' });
  note(now, step.note);
  const close = control({ command: 'close-breaker', about: 'cluster=eu' });
  const closed = new Ledger();
  Object.assign(closed, { actions: ledger.actions });
  closed.closedAt.set('cluster=eu', now);
  // What was before a person closed it does not open it again.
  expect(holds({ ...circumstances, ledger: closed }, alerts[2], sly)).toBeUndefined();
  // Without a person it stays open, also when the window has passed.
  const later = now + 120 * MIN;
  const fresh = firing({ fingerprint: 'f9', entity: other('s9').key, at: later, lastAt: later });
  watch.see(decision(fresh.entity, later));
  expect(holds(circumstances, fresh, rule, later)).toBe('breaker');
  // Another cluster is not affected.
  const us = firing({ fingerprint: 'f8', entity: other('u', 'us').key, at: later, lastAt: later });
  expect(holds(circumstances, us, rule, later)).toBeUndefined();
  note(later, applyCommand(close, ledger, ['restart'], later)!);
  expect(holds(circumstances, fresh, rule, later)).toBeUndefined();
});

test('an action that is beyond several radii opens each breaker at once, and a second click closes none that opened since', () => {
  const radius = [
    { label: 'cluster', share: 0.2, window: 60 * MIN, cap: 3 },
    { label: 'team', share: 0.2, window: 60 * MIN, cap: 3 },
  ];
  const { circumstances, watch, note, ledger } = world({ limits: { ...limits, radius, maxPerHour: 100 } });
  for (let i = 0; i < 5; i++) live(watch, other(`s${i}`).key);
  for (const name of ['s0', 's1', 's2']) watch.see(decision(other(name).key, start + 15 * MIN));
  const alertOn = (name: string): Alert => firing({ fingerprint: name, entity: other(name).key });
  const acts = (name: string, at: number): void => {
    const step = nextStep([alertOn(name)], [rule], circumstances, at)!;
    expect(step.note.what).toBe('intended');
    note(at, step.note);
    note(at, { what: 'done', id: step.note.id });
    note(at, { what: 'fixed', id: step.note.id });
  };
  const opens = (name: string, at: number): string[] => {
    const keys: string[] = [];
    for (;;) {
      const step = nextStep([alertOn(name)], [rule], circumstances, at);
      if (step?.note.what !== 'breaker-opened') return keys;
      keys.push(step.note.guard);
      note(at, step.note);
    }
  };
  acts('s0', now);
  expect(opens('s1', now)).toEqual(['cluster=eu', 'team=', 'fleet=']);
  // None opens where another guard holds, too: nothing was about to be done.
  const weak = firing({ fingerprint: 'weak', entity: other('s2').key, confidence: 0 });
  note(now, nextStep([weak], [rule], circumstances, now)!.note);
  expect([...ledger.breakers.keys()]).toEqual(['cluster=eu', 'team=', 'fleet=']);

  const close = (key: string, id: string, at: number): HealingNote =>
    applyCommand(control({ id, command: 'close-breaker', about: key, at }), ledger, ['restart'], at + MIN)!;
  for (const key of ['cluster=eu', 'team=']) note(now + MIN, close(key, key, now + 1));
  expect(holds(circumstances, alertOn('s1'), rule, now + MIN)).toBe('breaker');
  note(now + MIN, close('fleet=', 'f1', now + 1));
  // Closed, one more is allowed; the next opens all of them again.
  acts('s1', now + 2 * MIN);
  expect(opens('s2', now + 3 * MIN)).toEqual(['cluster=eu', 'team=', 'fleet=']);
  expect(close('fleet=', 'f2', now + 2 * MIN)).toMatchObject({
    what: 'ignored',
    why: expect.stringContaining('opened again since') as string,
  });
  expect(close('fleet=', 'f3', now + 4 * MIN).what).toBe('breaker-closed');
});

test('a rule that was stopped again is not resumed by what was asked for before', () => {
  const { ledger, note } = world();
  note(now, { what: 'remedy-stopped', rule: 'restart' });
  const resume = (at: number) =>
    applyCommand(control({ command: 'resume-remedy', about: 'restart', at }), ledger, ['restart'], now + MIN);
  expect(resume(now - 1)?.what).toBe('ignored');
  expect(resume(now)?.what).toBe('remedy-resumed');
});

const control = (change: Partial<Control>): Control => ({
  id: 'c1',
  command: 'stop',
  about: '',
  value: '',
  by: 'ann',
  via: 'api',
  why: '',
  at: now,
  ...change,
});

test('approval: asked once, refused once expired, and no way around the other guards', () => {
  const { circumstances, ledger, note, watch } = world();
  const careful = { ...rule, approval: true };
  const ask = nextStep([firing()], [careful], circumstances, now)!;
  expect(ask.note).toMatchObject({ what: 'asked', time: now + 30 * MIN });
  note(now, ask.note);
  note(now, nextStep([firing()], [careful], circumstances, now)!.note);
  expect(nextStep([firing()], [careful], circumstances, now)).toBeUndefined();

  const yes = control({ command: 'approve', about: 'f1-restart' });
  expect(applyCommand(yes, ledger, [], now + 31 * MIN)).toMatchObject({
    what: 'ignored',
    why: 'the time to answer is over',
  });
  expect(applyCommand(control({ command: 'approve', about: 'f2-restart' }), ledger, [], now)).toMatchObject({
    what: 'ignored',
  });
  note(now, applyCommand(yes, ledger, [], now)!);
  expect(applyCommand(yes, ledger, [], now)).toBeUndefined();
  expect(applyCommand(control({ id: 'c2', command: 'deny', about: 'f1-restart' }), ledger, [], now)).toMatchObject({
    what: 'ignored',
    why: 'it was approved before',
  });

  expect(holds({ ...circumstances, stop: 'stopped by bob' }, firing(), careful)).toBe('stop');
  watch.see(decision(cart.key, start + 20 * MIN, { fired: false }));
  expect(holds(circumstances, firing(), careful)).toBe('recovering');
  watch.see(decision(cart.key, start + 25 * MIN));
  expect(nextStep([firing()], [careful], circumstances, now)?.note).toMatchObject({
    what: 'intended',
    why: 'approved by ann',
  });
  // An approval that nobody used in time is none.
  const late = now + 30 * MIN;
  watch.see(decision(cart.key, late));
  expect(nextStep([firing()], [careful], circumstances, late)?.note.what).toBe('lapsed');
});

test('a denied action is not asked for again', () => {
  const { circumstances, ledger, note } = world();
  const careful = { ...rule, approval: true };
  note(now, nextStep([firing()], [careful], circumstances, now)!.note);
  note(now, applyCommand(control({ command: 'deny', about: 'f1-restart' }), ledger, [], now)!);
  expect(holds(circumstances, firing(), careful)).toBe('approval');
  expect(nextStep([firing()], [careful], circumstances, now)?.note.what).toBe('held');
});

test('the stop holds everything; a second resume changes nothing', () => {
  const { circumstances, ledger, note } = world();
  note(now, applyCommand(control({ id: 's1' }), ledger, [], now)!);
  expect(holds(circumstances)).toBe('stop');
  note(now, applyCommand(control({ id: 's2', command: 'resume' }), ledger, [], now)!);
  expect(holds(circumstances)).toBeUndefined();
  expect(applyCommand(control({ id: 's3', command: 'resume' }), ledger, [], now)).toMatchObject({ what: 'ignored' });
  // What was carried out before a restart is not carried out again after it.
  expect(applyCommand(control({ id: 's1' }), ledger, [], now)).toBeUndefined();
});

test('a remedy that did not help three times is stopped until a person resumes it', () => {
  const { circumstances, ledger, note } = world();
  const effects = ['no-effect', 'worse', 'unverified'] as const;
  effects.forEach((what, i) => {
    expect(nextVerified([rule], circumstances, now)).toBeUndefined();
    note(now - 180 * MIN, acted(firing({ fingerprint: `p${i}`, entity: other(`p${i}`).key })));
    note(now - 170 * MIN, { what: 'done', id: `p${i}-restart` });
    note(now - 150 * MIN, { what, id: `p${i}-restart` });
  });
  const stopped = nextVerified([rule], circumstances, now)!;
  expect(stopped).toMatchObject({ what: 'remedy-stopped', rule: 'restart' });
  note(now, stopped);
  expect(holds(circumstances)).toBe('remedy');
  expect(nextVerified([rule], circumstances, now)).toBeUndefined();
  note(now + 1, applyCommand(control({ command: 'resume-remedy', about: 'restart' }), ledger, ['restart'], now + 1)!);
  expect(holds(circumstances)).toBeUndefined();
  // What was before the resumption does not stop it again at once.
  expect(nextVerified([rule], circumstances, now + 2)).toBeUndefined();
});

test('a guard that holds is written down once, until another one does', () => {
  const { circumstances, note } = world();
  const weak = firing({ confidence: 0.1 });
  note(now, nextStep([weak], [rule], circumstances, now)!.note);
  expect(nextStep([weak], [rule], circumstances, now)).toBeUndefined();
  expect(nextStep([weak], [rule], { ...circumstances, stop: 'stopped' }, now)?.note).toMatchObject({
    what: 'held',
    guard: 'stop',
  });
});

describe('verification by the score of the entity', () => {
  const action = { time: start, intendedAt: start - MIN, u: 1.5, since: now };
  const windows = (...sights: readonly (readonly [boolean, number])[]) =>
    sights.map(([fired, u], i) => ({
      start: start + i * 5 * MIN,
      end: start + (i + 1) * 5 * MIN,
      fired,
      u,
      detectors: 3,
      flags: [],
    }));
  const effect = (...sights: readonly (readonly [boolean, number])[]) =>
    effectOf(action, windows(...sights), 15 * MIN, 5 * MIN, now)?.effect;

  test('windows of the time before the action, that come after it, do not count', () => {
    const { circumstances, note, watch } = world();
    note(start, acted(firing()));
    note(start + 20 * MIN, acted(firing()));
    note(start + 20 * MIN, { what: 'done', id: 'f1-restart' });
    watch.see(decision(cart.key, start + 30 * MIN, { start: start + 19 * MIN }));
    for (const end of [25, 30, 35]) watch.see(decision(cart.key, start + end * MIN, { fired: false }));
    expect(nextVerified([rule], circumstances, start + 36 * MIN)?.what).toBe('fixed');
  });
  test('waits for the stabilisation window', () => {
    expect(effect([true, 2], [false, 0])).toBeUndefined();
  });
  test('quiet at the end: fixed', () => {
    expect(effect([true, 2], [true, 1], [false, -0.5])).toBe('fixed');
  });
  test('still firing: no effect; clearly rarer than before: worse', () => {
    expect(effect([false, 0], [false, 0], [true, 1.6])).toBe('no-effect');
    expect(effect([true, 1], [true, 1], [true, 2])).toBe('worse');
  });
  test('no window at all: unverified once the time has passed twice', () => {
    expect(effectOf(action, [], 15 * MIN, 5 * MIN, now + 34 * MIN)).toBeUndefined();
    expect(effectOf(action, [], 15 * MIN, 5 * MIN, now + 35 * MIN)?.effect).toBe('unverified');
  });
});
