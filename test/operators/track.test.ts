import fc from 'fast-check';
import type { Detector } from '../../models/detectors/detector.js';
import { logs1 } from '../../models/features/schemas.js';
import { Calendars, Deploys } from '../../operators/calendars/calendars.js';
import { track, type TrackOptions } from '../../operators/track.js';
import { decodeAlert, encodeAlert, isForAlertmanagers, type Alert } from '../../records/alert.js';
import type { CalendarEntry } from '../../records/calendar.js';
import type { Decided, DecidedRecord, Tracked } from '../../records/decided.js';
import { entity } from '../../records/entity.js';
import type { FeatureRow, SessionRow, TemplateCount } from '../../records/row.js';
import type { Decision } from '../../records/score.js';
import { boundary, featureRow, itemsOf, minutes, monday, shop, TestStores } from '../builders/windows.js';
import { aDecision } from '../builders/decision.js';

const step = 5 * minutes;
const at = (i: number): number => monday + i * step;
const places = logs1.columns.map(({ name }) => name);

function rowOf(end: number, templates: readonly TemplateCount[] = [], errors = 40): FeatureRow {
  const vector = new Float64Array(places.length);
  const actual = new Float64Array(places.length).fill(NaN);
  const typical = new Float64Array(places.length).fill(NaN);
  const place = places.indexOf('error_share');
  [vector[place], actual[place], typical[place]] = [9, errors, 0.5];
  return featureRow(logs1, {
    subject: { entity: shop.key, start: end - step, end, key: '' },
    vector,
    actual,
    typical,
    templates,
    lines: 10,
    direction: 1,
  });
}

function decided(change: Partial<Decision>, more: Partial<Decided> = {}): Decided {
  const end = change.end ?? at(1);
  const decision = aDecision({
    entity: shop.key,
    start: end - step,
    end,
    artefact: 'a1',
    scores: [{ detector: 'robust-z', score: 3, u: 1 }],
    u: 0.8,
    threshold: 0.2,
    confidence: 0.7,
    ...change,
  });
  const { entity: of, key, start, u, threshold, propensity, policy } = decision;
  return {
    type: 'decided',
    decision,
    row: rowOf(end),
    context: {
      entity: of,
      key,
      start,
      end,
      arms: [],
      u,
      threshold,
      propensity,
      policy,
      own: u,
      believed: 'robust-z',
      baselines: [],
      direction: 1,
      templates: [],
    },
    severity: u,
    best: 'robust-z',
    record: 'right in 4 of 5 verdicts',
    ...more,
  };
}
const fired = (i: number, change: Partial<Decision> = {}, more: Partial<Decided> = {}): Decided[] => [
  decided({ end: at(i), ...change }, more),
];
const calm = (i: number): Decided[] => [decided({ end: at(i), fired: false, u: -1 })];

const detector: Detector = {
  card: {
    name: 'robust-z',
    version: '1',
    kind: 'robust-z',
    schema: 'logs-1',
    columns: places,
    trainedFrom: 0,
    trainedTo: 1,
    exact: true,
    rows: 1,
    description: '',
  },
  score: () => Promise.resolve(new Float64Array()),
  cost: 1,
  attribute: () => [
    { feature: 'error_share', share: 0.8 },
    { feature: 'template_3', share: 0.15 },
    { feature: 'novelty', share: 0.05 },
  ],
};
const options: TrackOptions = { tag: { source: 'windows/0', incarnation: 1, epoch: 2 } };
const loaded = (id: string) => (id === 'a1' ? { id, detectors: [detector] } : undefined);

/** Runs one batch a window, each ended by its boundary. */
async function alertsOf(
  batches: readonly (readonly Decided[])[],
  change: Partial<TrackOptions> = {},
  shares?: ReturnType<Detector['attribute']>,
): Promise<Alert[]> {
  const items = batches.map((items, i): DecidedRecord[] => [...items, boundary(items[0]?.decision.end ?? at(i + 1))]);
  const detectors = [shares ? { ...detector, attribute: () => shares } : detector];
  const known = (id: string) => (id === 'a1' ? { id, detectors } : undefined);
  return raised(await itemsOf(track(new TestStores(), known, { ...options, ...change }), items));
}
const raised = (items: readonly Tracked[]): Alert[] =>
  items.flatMap((item) => (item.type === 'alert' ? [item.alert] : []));
const brief = ({ status, at: when }: Alert): string => `${status} ${(when - monday) / step}`;

test('fires at once, and is resolved after three quiet windows', async () => {
  const alerts = await alertsOf([calm(1), fired(2), fired(3), calm(4), calm(5), calm(6), calm(7)]);
  expect(alerts.map(brief)).toEqual(['firing 2', 'resolved 6']);
  expect(alerts[1]).toMatchObject({ fingerprint: alerts[0]!.fingerprint, startsAt: at(1), lastAt: at(3) });
});

test('one calm window does not end an episode; a later one has another fingerprint', async () => {
  const alerts = await alertsOf([fired(1), calm(2), fired(3), calm(4), calm(5), calm(6), fired(7)]);
  expect(alerts.map(brief)).toEqual(['firing 1', 'resolved 6', 'firing 7']);
  expect(alerts[2]!.fingerprint).not.toBe(alerts[0]!.fingerprint);
});

test('the gap holds an alert that three short windows would end', async () => {
  const short = (i: number, isFired: boolean): Decided[] => [
    decided({ end: monday + i * minutes, fired: isFired, u: isFired ? 0.8 : -1 }),
  ];
  const alerts = await alertsOf([short(1, true), ...[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((i) => short(i, false))]);
  expect(alerts.map(({ status, at: when }) => [status, (when - monday) / minutes])).toEqual([
    ['firing', 1],
    ['resolved', 11],
  ]);
});

test('a window just below the threshold holds an alert, and begins none', async () => {
  const near = (i: number): Decided[] => [decided({ end: at(i), fired: false, u: 0, threshold: 0.2 })];
  const alerts = await alertsOf([near(1), fired(2), near(3), calm(4), near(5), calm(6), calm(7), calm(8), calm(9)]);
  expect(alerts.map(brief)).toEqual(['firing 2', 'resolved 7']);
  expect(alerts[1]!.lastAt).toBe(at(2));
  const vetoed = (i: number): Decided[] => [decided({ end: at(i), fired: false, u: 0, threshold: 0.2, vetoed: true })];
  expect((await alertsOf([fired(1), vetoed(2), vetoed(3), vetoed(4)])).map(brief)).toEqual(['firing 1', 'resolved 4']);
});

test('a trouble that comes back has to be quiet for twice as long each time, until it has been away for an hour', async () => {
  const quietFor = (from: number, count: number): Decided[][] =>
    Array.from({ length: count }, (_, i) => calm(from + i));
  const flapping = await alertsOf([
    fired(1),
    ...quietFor(2, 4),
    fired(6),
    ...quietFor(7, 6),
    fired(13),
    ...quietFor(14, 9),
  ]);
  expect(flapping.map(brief)).toEqual([
    'firing 1',
    'resolved 4',
    'firing 6',
    'resolved 10',
    'firing 13',
    'resolved 21',
  ]);
  const later = await alertsOf([fired(1), ...quietFor(2, 20), fired(22), ...quietFor(23, 4)]);
  expect(later.map(brief)).toEqual(['firing 1', 'resolved 4', 'firing 22', 'resolved 25']);
});

test('says why it is over', async () => {
  const [, quiet] = await alertsOf([fired(1), calm(2), calm(3), calm(4)]);
  expect(quiet!.annotations.ended).toBe('quiet for 15 min');
  const items: DecidedRecord[][] = [[...fired(1), boundary(at(1))], [boundary(at(13))]];
  const [, gone] = raised(await itemsOf(track(new TestStores(), loaded, options), items));
  expect(gone!.annotations.ended).toBe('no data for 60 min');
});

test('with pending 2 one window alone is no alert, two within the gap are', async () => {
  expect(await alertsOf([fired(1), calm(2), calm(3), calm(4), fired(5), calm(6)], { pending: 2 })).toEqual([]);
  expect((await alertsOf([fired(1), calm(2), fired(3)], { pending: 2 })).map(brief)).toEqual(['firing 3']);
  const paged = await alertsOf([fired(1, { rules: ['oom'] })], { pending: 2 });
  expect(paged.map(brief)).toEqual(['firing 1']);
});

test('a firing alert is told again when it gets more serious, not when it stays as it is', async () => {
  const same = await alertsOf([fired(1), fired(2), fired(3), fired(4)]);
  expect(same.map(({ severity }) => severity)).toEqual(['warning']);
  const worse = await alertsOf([fired(1), fired(2, { u: 2.5 }), fired(3)]);
  expect(worse.map(({ severity, u }) => [severity, u])).toEqual([
    ['warning', 0.8],
    ['critical', 2.5],
  ]);
  expect(worse[1]!.context.u).toBe(2.5);
});

test('it gets more serious by lasting half an hour', async () => {
  const alerts = await alertsOf([1, 2, 3, 4, 5, 6, 7, 8].map((i) => fired(i)));
  expect(alerts.map((alert) => [brief(alert), alert.severity])).toEqual([
    ['firing 1', 'warning'],
    ['firing 6', 'critical'],
  ]);
});

test('a new template is news, after the gap', async () => {
  const novel: TemplateCount = {
    id: 5,
    text: 'disk full on <*>',
    count: 9,
    typical: 0,
    novel: true,
    sample: 'disk full on 7',
  };
  const row = (i: number) => ({ row: rowOf(at(i), [novel]) });
  const alerts = await alertsOf([fired(1), fired(2, {}, row(2)), fired(3, {}, row(3)), fired(4, {}, row(4))]);
  expect(alerts.map(brief)).toEqual(['firing 1', 'firing 3']);
  expect(alerts[1]!.explanation.templates).toEqual([
    { template: 'disk full on <*> [new]', count: 9, novel: true, sample: 'disk full on 7' },
  ]);
});

test('a rule quotes the line that it found, though it be a usual one', async () => {
  const killed: TemplateCount = {
    ...{ id: 5, text: 'container <*> was OOMKilled', sample: 'container 7 was OOMKilled', rule: 'oom' },
    ...{ count: 2, typical: 2, novel: false },
  };
  const row = { row: rowOf(at(1), [killed]) };
  const { explanation } = (await alertsOf([fired(1, { rules: ['oom', 'quiet'] }, row)]))[0]!;
  expect(explanation.summary).toMatch(/^rule oom found "container <\*> was OOMKilled"; rule quiet; /);
  expect(explanation.templates).toEqual([
    {
      template: 'container <*> was OOMKilled [rule oom, usually 2]',
      count: 2,
      novel: false,
      sample: 'container 7 was OOMKilled',
    },
  ]);
});

test('explains: what stands out in units of people, how rare, whom it believed and why', async () => {
  const { explanation } = (await alertsOf([fired(1)]))[0]!;
  expect(explanation).toEqual({
    summary: 'more errors (40%, typical 0.5%)',
    rarity: 'expected less than once in 6 weeks',
    standouts: [{ feature: 'error_share', actual: 40, typical: 0.5, unit: '%', share: 0.8 }],
    templates: [],
    believed: 'robust-z: right in 4 of 5 verdicts (policy mixture)',
    detectors: [{ detector: 'robust-z', u: 1, saw: true }],
    rules: [],
  });
});

test('typical is what is typical of that hour, and one measure is shown once', async () => {
  const row = rowOf(at(1));
  const set = (name: string, value: number, actual: number, typical: number): void => {
    const place = places.indexOf(name);
    [row.vector[place], row.actual[place], row.typical[place]] = [value, actual, typical];
  };
  set('volume', 9, 500, 90);
  set('seasonal_volume', 12, 500, 20);
  const { explanation } = (
    await alertsOf([fired(1, {}, { row, best: 'median' })], {}, [
      { feature: 'volume', share: 0.5 },
      { feature: 'seasonal_volume', share: 0.3 },
      { feature: 'error_share', share: 0.2 },
    ])
  ).at(0)!;
  expect(explanation.standouts.map(({ feature, typical, share }) => [feature, typical, share])).toEqual([
    ['volume', 20, 0.8],
    ['error_share', 0.5, 0.2],
  ]);
});

test('names every detector, those that saw it told from those that did not', async () => {
  const scores = [
    { detector: 'pca', score: 1, u: 0.1 },
    { detector: 'forest', score: 3, u: 0.9 },
  ];
  const { explanation } = (await alertsOf([fired(1, { scores, threshold: 0.2 })]))[0]!;
  expect(explanation.detectors).toEqual([
    { detector: 'forest', u: 0.9, saw: true },
    { detector: 'pca', u: 0.1, saw: false },
  ]);
});

test('a plain rule fires without any score, is critical and said to be a rule', async () => {
  const alert = (
    await alertsOf([
      fired(
        1,
        { rules: ['oom'], scores: [], u: -3, artefact: '', fired: false },
        { best: '', record: 'no models yet' },
      ),
    ])
  ).at(0)!;
  expect(alert).toMatchObject({ severity: 'critical', audit: false });
  expect(alert.explanation).toMatchObject({
    rules: ['oom'],
    rarity: 'not scored yet: a plain rule',
    believed: 'plain rules alone: no models yet',
  });
  expect(alert.explanation.summary).toContain('rule oom');
});

test('a question is an audit for information; it becomes an alert when the entity really fires', async () => {
  const alerts = await alertsOf([fired(1, { fired: false, asked: true }), fired(2), calm(3)]);
  expect(alerts.map(({ audit, severity }) => [audit, severity])).toEqual([
    [true, 'info'],
    [false, 'warning'],
  ]);
  expect(alerts[1]!.fingerprint).toBe(alerts[0]!.fingerprint);
});

test('an entity whose windows stop coming is resolved after an hour', async () => {
  const items: DecidedRecord[][] = [[...fired(1), boundary(at(1))], [boundary(at(12))], [boundary(at(13))]];
  const alerts = raised(await itemsOf(track(new TestStores(), loaded, options), items));
  expect(alerts.map(brief)).toEqual(['firing 1', 'resolved 13']);
});

/** As `alertsOf`, with an entry and a deploy in the stores. */
async function calendarAlerts(
  entry: Partial<CalendarEntry>,
  batches: readonly (readonly Decided[])[],
): Promise<Alert[]> {
  const stores = new TestStores();
  new Calendars(stores).take({
    id: 'e',
    name: 'backup',
    action: 'mute',
    match: {},
    from: at(0),
    to: at(3),
    by: 'ann',
    at: 1,
    ...entry,
  });
  const change = { id: 'd', at: at(0) - 1000, title: 'shop', version: 'v2', by: 'ann', url: '' };
  new Deploys(stores).take({ change, match: { service: 'shop' } });
  const items = batches.map((items, i): DecidedRecord[] => [...items, boundary(items[0]?.decision.end ?? at(i + 1))]);
  return raised(await itemsOf(track(stores, loaded, options), items));
}

test('a muted alert says so; when the mute is over it is told again, as one that is not', async () => {
  for (const action of ['mute', 'expect'] as const) {
    const alerts = await calendarAlerts({ action }, [fired(1), fired(2), fired(3), fired(4), fired(5)]);
    expect(alerts.map((alert) => [brief(alert), alert.muted])).toEqual([
      ['firing 1', 'backup'],
      ['firing 4', ''],
    ]);
  }
  expect((await calendarAlerts({ action: 'freeze' }, [fired(1)]))[0]!.muted).toBe('');
});

test('a mute that begins in the middle does not take back what was told', async () => {
  const alerts = await calendarAlerts({ from: at(1), to: at(9) }, [
    fired(1),
    fired(2, { u: 2.5 }),
    calm(3),
    calm(4),
    calm(5),
  ]);
  expect(alerts.map((alert) => [brief(alert), alert.muted])).toEqual([
    ['firing 1', ''],
    ['firing 2', ''],
    ['resolved 5', ''],
  ]);
});

test('what is silenced is told to Alertmanagers only, by the labels of its alert; its end is news', async () => {
  const silence = { action: 'silence', name: 'by ann', match: { alertname: 'Tocsin.*', kind: 'service' } } as const;
  const match = { alertname: '/Tocsin.*/', kind: '!series' };
  const [first, later] = await calendarAlerts({ ...silence, match }, [fired(1), fired(2), fired(3), fired(4)]);
  expect([first!.muted, first!.annotations.silenced, isForAlertmanagers(first!)]).toEqual([
    'silenced by ann',
    'by ann',
    true,
  ]);
  expect([brief(later!), later!.muted, later!.annotations.silenced]).toEqual(['firing 4', '', undefined]);
  const other = (await calendarAlerts({ ...silence, match: { alertname: 'DiskFull' } }, [fired(1)])).at(0)!;
  expect(other.muted).toBe('');
});

test('a mute or a silence in the middle of an alert is known, so that nothing is healed meanwhile', async () => {
  for (const [action, name] of [
    ['mute', 'muted'],
    ['silence', 'silenced'],
  ] as const) {
    const entry = { action, from: at(2), to: at(3) };
    const alerts = await calendarAlerts(entry, [fired(1), fired(2), fired(3), fired(4)]);
    expect(alerts.map((alert) => [brief(alert), alert.muted, alert.annotations[name]])).toEqual([
      ['firing 1', '', undefined],
      ['firing 3', '', 'backup'],
      ['firing 4', '', undefined],
    ]);
  }
});

test('names the deploys that went before', async () => {
  const alert = (await calendarAlerts({}, [fired(1)]))[0]!;
  expect(alert.changes.map(({ version }) => version)).toEqual(['v2']);
});

const requests = entity('session', { service: 'request' });
function sessionFired(i: number, key: string): Decided {
  const session: SessionRow = {
    type: 'session',
    session: {
      type: 'session',
      phase: 'score',
      entity: requests.key,
      key,
      first: at(0),
      last: at(i),
      end: at(i),
      events: new Map(),
      flags: [],
    },
    templates: [3],
    u: 2,
    past: 500,
    reasons: [{ template: 3, text: 'commit <*>', sample: '', missing: true, cost: 4 }],
  };
  return decided(
    { entity: requests.key, key, start: at(0), end: at(i), schema: 'sessions-1', artefact: '' },
    { session, row: undefined, best: 'kernel rarity' },
  );
}

test('sessions of a class share one alert: the first key, up to five names, told again when their number doubles', async () => {
  const keys = ['s1', 's2', 's3', 's4', 's5', 's6', 's7'];
  const alerts = await alertsOf(keys.map((key, i) => [sessionFired(2 * i + 1, key)]));
  expect(alerts.map(({ key, annotations }) => [key, annotations.session_count])).toEqual([
    ['s1', '1'],
    ['s1', '2'],
    ['s1', '4'],
  ]);
  expect(alerts[2]!.annotations.sessions).toBe('s1 s2 s3 s4');
  expect(alerts[0]!.explanation.summary).toBe('session s1 of request lacks "commit <*>", unlike 500 past ones');
});

test('a class whose sessions are an hour apart, all odd in the same way, has one alert until sound ones come', async () => {
  const hourly = Array.from({ length: 40 }, (_, i) => [sessionFired(12 * i + 1, `s${i}`)]);
  const sound = [1, 2, 3].map((n) => {
    const one = sessionFired(12 * (39 + n) + 1, `t${n}`);
    return [{ ...one, decision: { ...one.decision, fired: false, u: 0, threshold: 1.5 } }];
  });
  const alerts = await alertsOf([...hourly, ...sound]);
  expect(new Set(alerts.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  expect(alerts.map(({ status, annotations }) => [status, annotations.session_count])).toEqual([
    ...['1', '2', '4', '8', '16', '32'].map((count) => ['firing', count]),
    ['resolved', '32'],
  ]);
});

test('a session that fires again begins no second alert after its first one is over', async () => {
  const sound = [2, 3, 4, 5].map((i) => {
    const one = sessionFired(i, 'sound');
    return [{ ...one, decision: { ...one.decision, fired: false, u: 0, threshold: 1.5 } }];
  });
  const alerts = await alertsOf([[sessionFired(1, 's')], ...sound, [{ ...sessionFired(6, 's'), again: true }]]);
  expect(alerts.map(({ status }) => status)).toEqual(['firing', 'resolved']);
});

test('a session that fires again is counted once', async () => {
  const alerts = await alertsOf(
    Array.from({ length: 40 }, (_, i) => [{ ...sessionFired(2 * i + 1, `s${i % 8}`), again: i >= 8 }]),
  );
  expect(alerts.at(-1)?.annotations.session_count).toBe('8');
});

const life = fc.array(
  fc.record({
    isFired: fc.boolean(),
    asked: fc.boolean(),
    u: fc.integer({ min: -3, max: 4 }),
    gap: fc.integer({ min: 1, max: 5 }),
    rules: fc.subarray(['oom', 'disk']),
    other: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);
const pay = entity('service', { service: 'pay' });

test('any life: tags ascend, transitions alternate, cuts and restarts change nothing, alerts survive their bytes', async () => {
  await fc.assert(
    fc.asyncProperty(life, fc.nat(), async (parts, where) => {
      let i = 0;
      const batches = parts.map(({ isFired, asked, u, gap, rules, other }): DecidedRecord[] => {
        i += gap;
        const change = { fired: isFired, asked: asked && !isFired, u, rules };
        const items = fired(i, change);
        return [...items, ...(other ? fired(i, { ...change, entity: pay.key }) : []), boundary(at(i))];
      });
      const alerts = raised(await itemsOf(track(new TestStores(), loaded, options), batches));
      for (const alert of alerts) expect(decodeAlert(encodeAlert(alert))).toEqual(alert);
      alerts.slice(1).forEach(({ tag }, k) => {
        const { offset, n } = alerts[k]!.tag;
        expect(tag.offset > offset || (tag.offset === offset && tag.n === n + 1)).toBe(true);
      });
      const open = new Map<string, string>();
      for (const { entity: of, status, fingerprint } of alerts) {
        if (status === 'resolved') expect(open.get(of)).toBe(fingerprint);
        else expect([undefined, fingerprint]).toContain(open.get(of));
        if (status === 'resolved') open.delete(of);
        else open.set(of, fingerprint);
      }

      const single = batches.flat().map((item) => [item]);
      const cut = where % (single.length + 1);
      const before = new TestStores();
      const head = await itemsOf(track(before, loaded, options), single.slice(0, cut));
      const tail = await itemsOf(track(new TestStores(before), loaded, options), single.slice(cut));
      expect(raised([...head, ...tail])).toEqual(alerts);
    }),
    { numRuns: 100 },
  );
});
