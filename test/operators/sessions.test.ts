import { from, lastValueFrom, pipe, toArray } from 'rxjs';
import { kernelRarity } from '../../models/detectors/kernel-rarity.js';
import { mapBatch } from '../../operators/map-batch.js';
import { learnSessions } from '../../operators/learn-sessions.js';
import { merge, mergeDefaults } from '../../operators/merge.js';
import { scoreSessions } from '../../operators/score-sessions.js';
import { SessionClasses } from '../../operators/sessions/session-class.js';
import type { Batch } from '../../records/batch.js';
import type { Decided, DecidedRecord } from '../../records/decided.js';
import { entity } from '../../records/entity.js';
import type { SessionRelease, SessionRow } from '../../records/row.js';
import type { Boundary, Closed, SessionWindow } from '../../records/window.js';
import type { SessionPartial, WindowsRecord } from '../../records/windows.js';
import { boundary, itemsOf, minutes, monday, TestStores } from '../builders/windows.js';

const jobs = entity('session', { class: 'jobs' }).key;
const hour = 60 * minutes;
const kernel = { score: async (query: Parameters<typeof kernelRarity>[0]) => kernelRarity(query) };
const textOf = (id: number) => ({ text: `template ${id}`, sample: `sample ${id}` });

/** A session of the class with templates (here their signatures) at seconds since its start. */
function session(
  phase: SessionWindow['phase'],
  key: string,
  templates: Readonly<Record<number, number>>,
  age = hour,
): SessionWindow {
  const times = Object.entries(templates).map(([id, second]) => [Number(id), monday + second * 1000] as const);
  const stamps = times.map(([, time]) => time);
  return {
    type: 'session',
    phase,
    entity: jobs,
    key,
    first: Math.min(...stamps),
    last: Math.max(...stamps),
    end: monday + age,
    events: new Map(times.map(([id, time]) => [id, { count: 1, first: time, last: time }])),
    flags: [],
  };
}

/** A class that has learnt `past`; each is a session with how often it came. */
function classOf(stores: TestStores, past: readonly (readonly [Readonly<Record<number, number>>, number])[]) {
  const classes = new SessionClasses(stores, (id) => ({ id }));
  for (const [templates, times] of past) {
    const { events } = session('release', '', templates);
    for (let i = 0; i < times; i++) classes.learn(jobs, events, false);
  }
  return classes;
}

const usual = { 1: 0, 2: 10, 3: 60 };

async function scored(classes: SessionClasses, ...sessions: SessionWindow[]): Promise<SessionRow[]> {
  const out = await itemsOf(
    scoreSessions<Boundary>(classes, textOf, async () => kernel),
    [sessions],
  );
  return out.filter((item): item is SessionRow => item.type === 'session');
}

describe('scoreSessions', () => {
  test('the usual is not rare, a template more or less is, and the reasons say which', async () => {
    const classes = classOf(new TestStores(), [[usual, 300]]);
    const [sound, more, less] = await scored(
      classes,
      session('score', 'a', usual),
      session('score', 'b', { ...usual, 9: 70 }),
      session('score', 'c', { 1: 0, 3: 60 }),
    );
    expect(sound).toMatchObject({ u: 0, past: 300, reasons: [], templates: [1, 2, 3] });
    expect(more!.u).toBeGreaterThan(1.5);
    expect(more!.reasons).toMatchObject([{ template: 9, text: 'template 9', sample: 'sample 9', missing: false }]);
    expect(less!.u).toBeGreaterThan(1.5);
    expect(less!.reasons).toMatchObject([{ template: 2, missing: true }]);
  });

  test('what is not due yet is not missed; due is twice the time by which 99 of 100 had it', async () => {
    const classes = classOf(new TestStores(), [[{ 1: 0, 2: 1800 }, 300]]);
    const rows = await scored(
      classes,
      ...[10, 50, 65, 120].map((age) => session('score', `${age}`, { 1: 0 }, age * minutes)),
    );
    expect(rows.map(({ u }) => u > 1.5)).toEqual([false, false, true, true]);
    // The quantile is known to a bucket, at most an eighth too much.
    const due = classes.nextDue(jobs, session('score', '', { 1: 0 }).events, 0)!;
    expect(due).toBeGreaterThanOrEqual(3600_000);
    expect(due).toBeLessThanOrEqual((3600_000 * 9) / 8);
    expect(classes.nextDue(jobs, session('score', '', { 1: 0 }).events, due)).toBeUndefined();
    expect(classes.nextDue(jobs, session('score', '', { 1: 0, 2: 5 }).events, 0)).toBeUndefined();
  });

  test('without a past nothing is rare', async () => {
    const [row] = await scored(classOf(new TestStores(), []), session('score', 'a', { 7: 0 }));
    expect(row).toMatchObject({ u: 0, past: 0 });
  });

  test('a row is the same alone and among thousands, and each is at the place of its session', async () => {
    const classes = classOf(new TestStores(), [
      [usual, 200],
      [{ 1: 0, 2: 10 }, 40],
      [{ 1: 0, 4: 30 }, 3],
    ]);
    const sets: Readonly<Record<number, number>>[] = [usual, { 1: 0 }, { 1: 0, 4: 30 }, { 1: 0, 8: 1, 9: 2 }, { 5: 0 }];
    const many = Array.from({ length: 2500 }, (_, i) => session('score', `job-${i}`, sets[i % sets.length]!));
    const end = boundary(monday + hour);
    const out = await itemsOf(
      scoreSessions<Boundary>(classes, textOf, async () => kernel),
      [[...many, end]],
    );
    expect(out[out.length - 1]).toBe(end);
    const rows = out.slice(0, -1) as SessionRow[];
    expect(rows.map((row) => row.session.key)).toEqual(many.map(({ key }) => key));
    for (const [i, set] of sets.entries()) {
      const alone = (await scored(classes, session('score', `job-${i}`, set)))[0]!;
      expect(rows[i]).toEqual(alone);
      expect(rows[2495 + i]!.u).toBe(alone.u);
    }
  });

  test('a session of ten thousand templates is scored and learnt within bounds', async () => {
    const stores = new TestStores();
    const classes = classOf(stores, [[usual, 100]]);
    const monster = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [i + 1, i]));
    const row = (await scored(classes, session('score', 'monster', monster)))[0]!;
    expect(row.u).toBeGreaterThan(8);
    classes.learn(jobs, session('release', 'monster', monster).events, true);
    expect(classes.view(jobs).templates.length).toBeLessThanOrEqual(1024);
    expect(classes.view(jobs).templates).toEqual(expect.arrayContaining([1, 2, 3]));
    expect((await scored(classes, session('score', 'a', usual)))[0]!.u).toBeLessThan(0.1);
  });
});

describe('learnSessions', () => {
  const decided = (key: string, fired: boolean): Decided =>
    ({ type: 'decided', decision: { entity: jobs, key, fired } }) as Decided;
  const release = (key: string, templates: Readonly<Record<number, number>>): SessionRelease => ({
    type: 'release',
    session: session('release', key, templates),
    templates: [],
  });

  test('releases are learnt and taken out; a session that ever fired makes itself less usual', async () => {
    const stores = new TestStores();
    const classes = new SessionClasses(stores, (id) => ({ id }));
    const learn = learnSessions(stores, classes);
    const end = boundary(monday);
    const out = await itemsOf(learn, [
      [decided('a', true), decided('b', false), end],
      [decided('a', false), release('a', { 1: 0, 2: 1 }), release('b', { 1: 0, 3: 1 }), end],
    ]);
    expect(out.map((item: DecidedRecord) => item.type)).toEqual([
      'decided',
      'decided',
      'boundary',
      'decided',
      'boundary',
    ]);
    const weights = new Map(classes.view(jobs).sets.map(({ templates, weight }) => [templates.join(' '), weight]));
    expect(weights.get('1 2')).toBeCloseTo(0.2, 1);
    expect(weights.get('1 3')).toBe(1);
    // Its key may come again as another session.
    expect(stores.bytes().get('sessions-fired')?.size).toBe(0);
  });

  test('the past fades: after 5,000 sessions it counts half', () => {
    const classes = classOf(new TestStores(), [
      [{ 1: 0 }, 1000],
      [{ 1: 0, 2: 0 }, 5000],
    ]);
    const weights = new Map(classes.view(jobs).sets.map(({ templates, weight }) => [templates.join(' '), weight]));
    expect(weights.get('1')! / 1000).toBeGreaterThan(0.4);
    expect(weights.get('1')! / 1000).toBeLessThan(0.55);
  });
});

describe('sessions in merge', () => {
  /** Runs lines of sessions, a minute a pane, from one source to its end. */
  async function run(lines: readonly (readonly [minute: number, key: string, id: number])[], until: number) {
    const stores = new TestStores();
    const classes = new SessionClasses(stores, (id) => ({ id }));
    const log: string[] = [];
    const chain = pipe(
      scoreSessions<Exclude<Closed, SessionWindow>>(classes, textOf, async () => kernel),
      mapBatch((batch) => {
        for (const item of batch.items) {
          if (item.type === 'session') log.push(`${(item.session.end - monday) / minutes} score ${item.session.key}`);
          if (item.type === 'release') log.push(`${(item.session.end - monday) / minutes} release ${item.session.key}`);
        }
        return batch;
      }),
    );
    let offset = 0;
    const tag = () => ({ source: 'a', incarnation: 1, epoch: 1, offset: offset++, n: 0 });
    const partials = lines.map(([minute, key, id]): SessionPartial => {
      const time = monday + minute * minutes;
      const events = new Map([[id, { count: 1, first: time, last: time }]]);
      return { type: 'session', tag: tag(), entity: jobs, key, pane: time, settings: 1, capped: false, events };
    });
    const records: WindowsRecord[] = [
      { type: 'sources', version: 1, sources: ['a'] },
      ...partials,
      { type: 'mark', tag: tag(), kind: 'data', watermark: monday + until * minutes },
    ];
    const operator = merge(stores, { ...mergeDefaults, shard: 'windows/0', sessions: classes, maxSessions: 3 }, chain);
    const batch: Batch<{ offset: number; record: WindowsRecord }> = {
      items: records.map((record, i) => ({ offset: i, record })),
      rejected: [],
    };
    const outputs = await lastValueFrom(from([batch]).pipe(operator, toArray()));
    return { log, rejected: outputs.flatMap(({ rejected }) => rejected.map(({ reason }) => reason)) };
  }

  test('it is scored when it has lines and released when it was quiet, a day in the youth of its class', async () => {
    const { log } = await run(
      [
        [0, 'x', 1],
        [0, 'y', 1],
        [3, 'x', 2],
      ],
      3000,
    );
    expect(log).toEqual([
      '1 score x',
      '1 score y',
      '4 score x',
      '1440 score y',
      '1440 release y',
      '1443 score x',
      '1443 release x',
    ]);
  });

  test('a key that comes again after its session was released is a new session', async () => {
    const { log } = await run(
      [
        [0, 'x', 1],
        [2000, 'x', 1],
      ],
      2010,
    );
    expect(log).toEqual(['1 score x', '1440 score x', '1440 release x', '2001 score x']);
  });

  test('sessions beyond the limit are rejected, those that are open go on', async () => {
    const { log, rejected } = await run(
      [
        [0, 'a', 1],
        [0, 'b', 1],
        [0, 'c', 1],
        [0, 'd', 1],
        [1, 'a', 2],
      ],
      10,
    );
    expect(rejected).toEqual(['too-many-sessions']);
    expect(log).toEqual(['1 score a', '1 score b', '1 score c', '2 score a']);
  });
});
