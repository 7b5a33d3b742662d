import { concatMap, pipe } from 'rxjs';
import { aVerdict } from '../offline/replay/records.js';
import { inputAlerts } from '../../operators/input-alerts.js';
import { mapBatch } from '../../operators/map-batch.js';
import { merge, mergeDefaults, type MergeOptions } from '../../operators/merge.js';
import { overflowKey } from '../../operators/merge/open-windows.js';
import type { Alert } from '../../records/alert.js';
import type { Batch, Rejected } from '../../records/batch.js';
import type { AlertRaised } from '../../records/decided.js';
import type { Closed } from '../../records/window.js';
import type {
  LogPartial,
  Mark,
  SeriesPartial,
  SessionPartial,
  SourceSet,
  Tag,
  WindowsRecord,
} from '../../records/windows.js';
import { from, lastValueFrom, toArray } from 'rxjs';
import { define, load, logWindow, messages, minutes, monday, shop, TestStores } from '../builders/windows.js';

const hour = 60 * minutes;
const day = 24 * hour;
const tenLines = Array.from({ length: 10 }, (_, second) => ({ masked: messages[0]!, second }));

/** One shard that takes records one batch after the other. */
class Shard {
  readonly rejected: Rejected[] = [];
  private offset = 0;
  private readonly operator;

  constructor(options: Partial<MergeOptions> = {}, stores = new TestStores()) {
    const sessions = { nextDue: () => undefined, quiet: () => hour };
    this.operator = merge(stores, { ...mergeDefaults, shard: 'windows/0', sessions, ...options }, pipe());
  }

  async take(...records: WindowsRecord[]): Promise<Closed[]> {
    const batch: Batch<{ offset: number; record: WindowsRecord }> = {
      items: records.map((record) => ({ offset: this.offset++, record })),
      rejected: [],
    };
    const outputs = await lastValueFrom(from([batch]).pipe(this.operator, toArray()));
    this.rejected.push(...outputs.flatMap(({ rejected }) => rejected));
    return outputs.flatMap(({ items }) => [...items]);
  }

  get reasons(): string[] {
    return this.rejected.map(({ reason }) => reason);
  }
}

/** Tags of a source, in order. */
const sourceOf = (source: string, first: Partial<Tag> = {}): (() => Tag) => {
  let offset = first.offset ?? 0;
  return () => ({ source, incarnation: 1, epoch: 1, n: 0, ...first, offset: offset++ });
};

const listed = (version: number, ...sources: string[]): SourceSet => ({ type: 'sources', version, sources });
const mark = (tag: Tag, watermark: number, kind: Mark['kind'] = 'data'): Mark => ({
  type: 'mark',
  tag,
  kind,
  watermark,
});
const lines = (tag: Tag, at: number, more: Partial<LogPartial> = {}): LogPartial => ({
  type: 'log',
  tag,
  entity: shop.key,
  pane: at,
  settings: 1,
  capped: false,
  aggregate: logWindow(at + minutes, tenLines, minutes).aggregate,
  ...more,
});
const points = (tag: Tag, at: number, ...values: number[]): SeriesPartial => ({
  type: 'series',
  tag,
  entity: load.key,
  pane: at,
  settings: 1,
  capped: false,
  aggregate: { points: values.map((value, i) => [at + i, value] as const) },
});

/** Closed items in short. */
const brief = (items: readonly Closed[]): string[] =>
  items.map((item) => {
    if (item.type === 'boundary') return `end ${(item.end - monday) / minutes}`;
    if (item.type === 'log') {
      return ['log', (item.end - monday) / minutes, item.aggregate.lines, ...item.flags].join(' ');
    }
    if (item.type === 'series')
      return ['series', (item.end - monday) / minutes, item.aggregate.points.length].join(' ');
    return item.type;
  });

describe('what closes a window', () => {
  test('nothing closes before there is a source set, and each listed source has a mark or has left', async () => {
    const shard = new Shard();
    const [a, b] = [sourceOf('a'), sourceOf('b')];
    expect(await shard.take(lines(a(), monday), mark(a(), monday + hour))).toEqual([]);
    expect(await shard.take(listed(1, 'a', 'b', 'c'))).toEqual([]);
    expect(await shard.take(mark(b(), monday + 5 * minutes))).toEqual([]);
    expect(brief(await shard.take(listed(2, 'a', 'b')))).toEqual(['log 5 10', 'end 5']);
    expect(await shard.take(listed(1, 'a'))).toEqual([]);
  });

  test('the slowest source decides, and an idle mark raises that source alone', async () => {
    const shard = new Shard();
    const [a, b] = [sourceOf('a'), sourceOf('b')];
    await shard.take(listed(1, 'a', 'b'), mark(b(), monday));
    expect(await shard.take(points(a(), monday, 1), mark(a(), monday + 3 * minutes, 'idle'))).toEqual([]);
    expect(brief(await shard.take(points(b(), monday, 2, 3), mark(b(), monday + minutes)))).toEqual([
      'series 1 3',
      'end 1',
    ]);
    expect(brief(await shard.take(mark(b(), monday + 2 * minutes, 'idle')))).toEqual([]);
  });

  test('a stalled source leaves the minimum, windows are flagged, until it marks again', async () => {
    const shard = new Shard();
    const [a, b] = [sourceOf('a'), sourceOf('b')];
    await shard.take(listed(1, 'a', 'b'), mark(a(), monday), mark(b(), monday), lines(a(), monday));
    expect(await shard.take(mark(a(), monday + 5 * minutes))).toEqual([]);
    expect(brief(await shard.take(mark(b(), monday, 'stalled')))).toEqual(['log 5 10 stalled', 'end 5']);
    expect(await shard.take(mark(b(), monday + 6 * minutes))).toEqual([]);
    expect(brief(await shard.take(mark(a(), monday + 11 * minutes), mark(b(), monday + 11 * minutes)))).toEqual([
      'log 10 0',
      'end 10',
    ]);
  });

  test('windows that a wrong clock closed are open again after a reset; the time at a reader moves nothing', async () => {
    const shard = new Shard();
    const a = sourceOf('a');
    const ahead = monday + 400 * 24 * hour;
    await shard.take(listed(1, 'a'), lines(a(), monday), mark(a(), ahead));
    expect(await shard.take(mark(a(), ahead + hour, 'live'), lines(a(), monday + hour))).toEqual([]);
    expect(shard.reasons).toEqual(['late-partial']);
    expect(await shard.take(mark(a(), monday + hour, 'reset'))).toEqual([]);
    const closed = await shard.take(lines(a(), monday + hour), mark(a(), monday + hour + 5 * minutes));
    expect(brief(closed)).toEqual(['log 65 10 late', 'end 65']);
    expect(shard.reasons).toEqual(['late-partial']);
  });

  test('windows of any entity that may lack lost lines are flagged, and no others', async () => {
    const shard = new Shard();
    const [a, b] = [sourceOf('a'), sourceOf('b')];
    await shard.take(listed(1, 'a', 'b'), mark(a(), monday), mark(b(), monday));
    await shard.take(lines(a(), monday), lines(a(), monday + 5 * minutes), lines(a(), monday + 10 * minutes));
    await shard.take(lines(a(), monday + 15 * minutes), mark(a(), monday + 30 * minutes));
    // Up to minute 7 all of `b` is there; then lines are missing up to minute 12.
    await shard.take(mark(b(), monday + 7 * minutes), mark(b(), monday + 7 * minutes, 'lost'));
    const closed = await shard.take(mark(b(), monday + 12 * minutes, 'lost'), mark(b(), monday + 20 * minutes));
    expect(brief(closed)).toEqual(['log 10 10 lost', 'end 10', 'log 15 10 lost', 'end 15', 'log 20 10', 'end 20']);
  });

  test('a loss behind what a task had said before it died counts, although its tag is a repeat', async () => {
    const shard = new Shard();
    const [a, b] = [sourceOf('a'), sourceOf('b')];
    await shard.take(listed(1, 'a', 'b'), mark(a(), monday), mark(b(), monday), lines(a(), monday));
    const said = b();
    await shard.take(mark(said, monday + 4 * minutes));
    await shard.take({ ...mark(said, monday + 2 * minutes, 'lost'), tag: { ...said, epoch: 2 } });
    const after = mark(b(), monday + 8 * minutes, 'lost');
    const closed = await shard.take({ ...after, tag: { ...after.tag, epoch: 2 } }, mark(a(), monday + 9 * minutes));
    expect(brief(closed)).toEqual(['log 5 10 lost', 'end 5']);
    expect(shard.reasons).toEqual(['repeat']);
  });

  test('when all sources have ended, all closes up to the greatest of their ends', async () => {
    const shard = new Shard();
    const [a, b] = [sourceOf('a'), sourceOf('b')];
    await shard.take(listed(1, 'a', 'b'), lines(a(), monday), lines(b(), monday + 6 * minutes));
    await shard.take(mark(a(), monday + minutes, 'end'));
    expect(brief(await shard.take(mark(b(), monday + 7 * minutes, 'end')))).toEqual([
      'log 5 10',
      'end 5',
      'log 10 10',
      'end 10',
    ]);
  });

  test('the end is not before what is closed, although the source that was ahead has left', async () => {
    const shard = new Shard();
    const [a, b] = [sourceOf('a'), sourceOf('b')];
    await shard.take(listed(1, 'a'), points(a(), monday, 1), mark(a(), monday + 20 * minutes));
    const closed = await shard.take(listed(2, 'b'), mark(b(), monday + minutes, 'end'));
    expect(closed).toMatchObject([{ type: 'boundary', end: monday + 20 * minutes, ended: true }]);
  });

  test('a service window has the lines of its panes, seconds counted from its start', async () => {
    const shard = new Shard();
    const a = sourceOf('a');
    const { aggregate } = lines(a(), monday);
    const closed = await shard.take(
      listed(1, 'a'),
      lines(a(), monday, { aggregate: { ...aggregate, seconds: new Map([[3, 10]]) } }),
      lines(a(), monday + 2 * minutes, { aggregate: { ...aggregate, seconds: new Map([[3, 10]]) } }),
      mark(a(), monday + 5 * minutes),
    );
    const window = closed[0]!;
    expect(window).toMatchObject({ type: 'log', start: monday, end: monday + 5 * minutes });
    if (window.type !== 'log') throw new Error('no log window');
    expect(window.aggregate.lines).toBe(20);
    expect([...window.aggregate.seconds].sort(([s], [t]) => s - t)).toEqual([
      [3, 10],
      [123, 10],
    ]);
  });

  test('one boundary passes the whole chain before the next one closes, however many a mark completes', async () => {
    const seen: string[] = [];
    const slow = concatMap(async (batch: Batch<Closed>) => {
      seen.push(...brief(batch.items).slice(-1));
      await new Promise((resolve) => setImmediate(resolve));
      seen.push('handled');
      return batch;
    });
    const sessions = { nextDue: () => undefined, quiet: () => hour };
    const operator = merge(new TestStores(), { ...mergeDefaults, shard: 'windows/0', sessions }, slow);
    const a = sourceOf('a');
    const records = [
      listed(1, 'a'),
      points(a(), monday, 1),
      points(a(), monday + 2 * minutes, 1),
      mark(a(), monday + hour),
    ];
    const batch = { items: records.map((record, offset) => ({ offset, record })), rejected: [] };
    await lastValueFrom(from([batch]).pipe(operator, toArray()));
    expect(seen).toEqual(['end 1', 'handled', 'end 3', 'handled']);
  });
});

test('when a session is looked at next is settled after its boundary was handled: its lines are described by then', async () => {
  const seen: string[] = [];
  const chain = mapBatch<Closed, Closed>((batch) => {
    seen.push(...batch.items.map(({ type }) => type));
    return batch;
  });
  const sessions = {
    nextDue: () => {
      seen.push('next due?');
      return undefined;
    },
    quiet: () => hour,
  };
  const a = sourceOf('a');
  const line: SessionPartial = {
    type: 'session',
    tag: a(),
    entity: 'session{class="jobs"}',
    key: 'job-1',
    pane: monday,
    settings: 1,
    capped: false,
    events: new Map([[5, { count: 1, first: monday, last: monday }]]),
  };
  const records = [listed(1, 'a'), line, { ...define('paid <*>'), tag: a() }, mark(a(), monday + minutes)];
  const batch = { items: records.map((record, offset) => ({ offset, record })), rejected: [] };
  const operator = merge(new TestStores(), { ...mergeDefaults, shard: 'windows/0', sessions }, chain);
  await lastValueFrom(from([batch]).pipe(operator, toArray()));
  expect(seen).toEqual(['definition', 'session', 'boundary', 'next due?']);
});

describe('what does not count', () => {
  test('repeats, also under a higher epoch, and zombies are told apart and change nothing', async () => {
    const shard = new Shard();
    const at = (offset: number, more: Partial<Tag> = {}): Tag => ({
      source: 'a',
      incarnation: 1,
      epoch: 5,
      n: 0,
      offset,
      ...more,
    });
    await shard.take(listed(1, 'a'), lines(at(7), monday), lines(at(7, { n: 1 }), monday));
    await shard.take(
      lines(at(7, { n: 1 }), monday), // sent twice
      lines(at(6), monday), // from before
      lines(at(7, { epoch: 6 }), monday), // again, by the task that took over
      lines(at(8, { epoch: 5 }), monday), // by the task that was replaced
      mark(at(9, { incarnation: 0, epoch: 9 }), monday + hour), // of a source that no longer exists
    );
    expect(shard.reasons).toEqual(['repeat', 'repeat', 'repeat', 'zombie', 'zombie']);
    expect(shard.rejected[3]!.detail).toContain('log of a at 8/0');
    expect(brief(await shard.take(mark(at(8, { epoch: 6 }), monday + 5 * minutes)))).toEqual(['log 5 20', 'end 5']);
  });

  test('a source that was created anew starts from its first offset, and holds back until it marks', async () => {
    const shard = new Shard();
    const old = sourceOf('a', { offset: 100 });
    const anew = sourceOf('a', { incarnation: 2 });
    await shard.take(listed(1, 'a'), mark(old(), monday), points(anew(), monday, 4));
    expect(shard.reasons).toEqual([]);
    expect(brief(await shard.take(mark(anew(), monday + minutes)))).toEqual(['series 1 1', 'end 1']);
    await shard.take(mark(old(), monday + hour));
    expect(shard.reasons).toEqual(['zombie']);
  });

  test('a partial for a closed window is rejected as late', async () => {
    const shard = new Shard();
    const a = sourceOf('a');
    await shard.take(listed(1, 'a'), points(a(), monday, 1), mark(a(), monday + minutes));
    expect(await shard.take(points(a(), monday, 2))).toEqual([]);
    expect(shard.rejected).toMatchObject([{ reason: 'late-partial', source: 'windows/0', offset: 3 }]);
  });

  test('a verdict or promotion that comes twice counts once', async () => {
    const shard = new Shard();
    const a = sourceOf('a');
    const promotion: WindowsRecord = { type: 'promotion', artefact: 'one', from: monday };
    const closed = await shard.take(
      listed(1, 'a'),
      promotion,
      promotion,
      points(a(), monday, 1),
      mark(a(), monday + minutes),
    );
    expect(closed.map(({ type }) => type)).toEqual(['promotion', 'series', 'boundary']);
    expect(shard.reasons).toEqual(['repeat']);
  });
});

describe('controls', () => {
  test('a verdict that is taken back before its boundary never takes effect; a later revocation does, once', async () => {
    const shard = new Shard();
    const a = sourceOf('a');
    const { verdict } = aVerdict('one');
    const other = aVerdict('two');
    const revocation: WindowsRecord = { type: 'revocation', by: 'ann', at: 1, verdict };
    const first = await shard.take(
      listed(1, 'a'),
      { type: 'verdict', verdict },
      other,
      revocation,
      points(a(), monday, 1),
      mark(a(), monday + minutes),
    );
    expect(first).toMatchObject([
      { type: 'verdict', verdict: { id: 'two' }, revoked: false },
      { type: 'series' },
      { type: 'boundary' },
    ]);
    const second = await shard.take(
      { ...revocation, verdict: other.verdict },
      { ...revocation, verdict: other.verdict },
      points(a(), monday + minutes, 1),
      mark(a(), monday + 2 * minutes),
    );
    expect(second[0]).toMatchObject({ type: 'verdict', verdict: { id: 'two' }, revoked: true });
    expect(second).toHaveLength(3);
    expect(shard.reasons).toEqual(['repeat']);
  });

  test('a promotion takes over at the first boundary that is not closed at or after its bound; the latest bound wins', async () => {
    const shard = new Shard();
    const a = sourceOf('a');
    await shard.take(
      listed(1, 'a'),
      { type: 'promotion', artefact: 'late', from: monday + 2 * minutes },
      { type: 'promotion', artefact: 'second', from: monday + 1 },
      { type: 'promotion', artefact: 'first', from: 0 },
    );
    const closed = await shard.take(
      ...[0, 1, 2].map((n) => points(a(), monday + n * minutes, n)),
      mark(a(), monday + 3 * minutes),
    );
    expect(closed.map((item) => (item.type === 'promotion' ? item.artefact : item.type))).toEqual([
      'first',
      'second',
      'series',
      'boundary',
      'late',
      'series',
      'boundary',
      'series',
      'boundary',
    ]);
  });

  test('definitions come before the windows that need them, also after a restart', async () => {
    const stores = new TestStores();
    const first = new Shard({}, stores);
    const a = sourceOf('a');
    await first.take(listed(1, 'a'), { ...define('paid <*>'), tag: a() }, points(a(), monday, 1));
    const closed = await new Shard({}, new TestStores(stores)).take(mark(a(), monday + minutes));
    expect(closed.map(({ type }) => type)).toEqual(['definition', 'series', 'boundary']);
  });
});

describe('silence', () => {
  test('a silent service has empty windows for as long as it is watched, then sleeps until it returns', async () => {
    const shard = new Shard({ silentFor: 20 * minutes });
    const a = sourceOf('a');
    const closed = await shard.take(listed(1, 'a'), lines(a(), monday), mark(a(), monday + day));
    expect(brief(closed).filter((one) => one.startsWith('log'))).toEqual([
      'log 5 10',
      'log 10 0',
      'log 15 0',
      'log 20 0',
      'log 25 0',
    ]);
    const back = await shard.take(lines(a(), monday + day), mark(a(), monday + day + 10 * minutes));
    expect(brief(back)).toEqual(['log 1445 10', 'end 1445', 'log 1450 0', 'end 1450']);
  });

  test('a jump of fifty years closes no more than was watched', async () => {
    const shard = new Shard({ silentFor: hour });
    const a = sourceOf('a');
    const closed = await shard.take(listed(1, 'a'), lines(a(), monday), mark(a(), monday + 50 * 365 * day));
    expect(closed.filter(({ type }) => type === 'boundary').length).toBeLessThan(15);
  });
});

describe('windows that are not exact', () => {
  test('unlike settings in a window, also of different panes, flag it as mixed; a cap as capped', async () => {
    const shard = new Shard();
    const a = sourceOf('a');
    const closed = await shard.take(
      listed(1, 'a'),
      lines(a(), monday),
      lines(a(), monday + minutes, { settings: 2 }),
      lines(a(), monday + 5 * minutes, { settings: 2, capped: true }),
      lines(a(), monday + 10 * minutes, { settings: 2 }),
      mark(a(), monday + 15 * minutes),
    );
    expect(brief(closed).filter((one) => one.startsWith('log'))).toEqual([
      'log 5 20 mixed',
      'log 10 10 capped',
      'log 15 10',
    ]);
  });

  test('entities beyond the limit are merged into one, flagged; those that are known keep their own', async () => {
    const shard = new Shard({ maxEntities: 2 });
    const a = sourceOf('a');
    const closed = await shard.take(
      listed(1, 'a'),
      ...['one', 'two', 'three', 'four', 'two'].map((entity) => lines(a(), monday, { entity })),
      mark(a(), monday + 5 * minutes),
    );
    const windows = closed.flatMap((item) =>
      item.type === 'log' ? [[item.entity, item.aggregate.lines, ...item.flags]] : [],
    );
    expect(windows).toEqual([
      ['one', 10],
      [overflowKey(false), 20, 'evicted'],
      ['two', 20],
    ]);
  });
});

describe('a source that was stalled', () => {
  test('joins again only when it has caught up with what is closed: nothing waits for it in between', async () => {
    const shard = new Shard();
    const [a, b] = [sourceOf('a'), sourceOf('b')];
    await shard.take(listed(1, 'a', 'b'), mark(a(), monday), mark(b(), monday));
    await shard.take(lines(a(), monday), mark(b(), monday, 'stalled'), mark(a(), monday + 10 * minutes));
    // It is back, but at a time that is long closed.
    await shard.take(lines(b(), monday), mark(b(), monday + minutes));
    expect(shard.reasons).toEqual(['late-partial']);
    expect(brief(await shard.take(mark(a(), monday + 15 * minutes)))).toEqual(['log 15 0 late stalled', 'end 15']);
    // Now it is as far as the others: it holds them back again.
    await shard.take(mark(b(), monday + 15 * minutes));
    expect(brief(await shard.take(mark(a(), monday + 20 * minutes)))).toEqual([]);
    expect(brief(await shard.take(mark(b(), monday + 20 * minutes)))).toEqual(['log 20 0', 'end 20']);
  });

  test('one alert says so, and is resolved when it has joined; after a restart it is not raised again', async () => {
    const stores = new TestStores();
    const [a, b] = [sourceOf('a'), sourceOf('b')];
    const alerts = await toldBy(stores, [
      listed(1, 'a', 'b'),
      mark(a(), monday + 10 * minutes),
      mark(b(), monday + minutes),
      mark(b(), monday + minutes, 'stalled'),
      mark(b(), monday + minutes, 'stalled'),
    ]);
    expect(alerts).toMatchObject([{ status: 'firing', severity: 'warning', audit: false }]);
    expect(alerts[0]!.entity).toContain('source="b"');
    expect(alerts[0]!.explanation.summary).toContain('source b');
    const later = await toldBy(new TestStores(stores), [
      mark(b(), monday + minutes, 'stalled'),
      mark(b(), monday + 2 * minutes),
      mark(b(), monday + 11 * minutes),
    ]);
    expect(later).toMatchObject([{ status: 'resolved', fingerprint: alerts[0]!.fingerprint }]);
    // Tags go up, so that whoever reads the alerts takes both.
    expect(later[0]!.tag.source).toBe(alerts[0]!.tag.source);
  });
});

describe('when all of the input is silent', () => {
  const idle = (tag: Tag): Mark => mark(tag, monday + minutes, 'idle');

  test('one alert is raised after so many idle marks of every source, and resolved with the next line', async () => {
    const [a, b] = [sourceOf('a'), sourceOf('b')];
    const stores = new TestStores();
    const lost = await toldBy(stores, [listed(1, 'a', 'b'), idle(a()), idle(a()), idle(a()), idle(b()), idle(b())], 2);
    expect(lost).toMatchObject([{ status: 'firing', severity: 'critical' }]);
    expect(lost[0]!.explanation.summary).toContain('none of the 2 sources');
    const found = await toldBy(
      new TestStores(stores),
      [idle(a()), lines(b(), monday + minutes), mark(b(), monday + 2 * minutes), idle(a())],
      2,
    );
    expect(found).toMatchObject([{ status: 'resolved', fingerprint: lost[0]!.fingerprint }]);
  });

  test('one source with lines, or a run that is over, is no loss', async () => {
    const [a, b] = [sourceOf('a'), sourceOf('b')];
    const some = [listed(1, 'a', 'b'), idle(a()), mark(b(), monday + minutes), idle(a()), mark(b(), monday + hour)];
    expect(await toldBy(new TestStores(), some, 1)).toEqual([]);
    const over = [mark(a(), monday + hour, 'end'), mark(b(), monday + hour, 'end')];
    expect(await toldBy(new TestStores(), [...some, ...over], 1)).toEqual([]);
  });
});

describe('entities', () => {
  test('one without a line for its time to live is forgotten, once, and whoever keeps anything of it is told', async () => {
    const shard = new Shard({ silentFor: day, forgetAfter: 3 * day });
    const a = sourceOf('a');
    const old = lines(a(), monday);
    const closed = await shard.take(
      listed(1, 'a'),
      old,
      ...Array.from({ length: 6 }, (_, d) => lines(a(), monday + d * day, { entity: 'service{service="cart"}' })),
      mark(a(), monday + 6 * day),
    );
    const told = closed.flatMap((item) => (item.type === 'boundary' && item.expired.length > 0 ? [item] : []));
    expect(told.map(({ end, expired }) => [Math.floor((end - monday) / day), expired])).toEqual([[4, [shop.key]]]);
    expect(told[0]!.entities).toBe(1);
  });

  test('those beyond the limit go to a counted overflow entity, and there is room again when one is forgotten', async () => {
    const shard = new Shard({ silentFor: day, forgetAfter: 2 * day, maxEntities: 2 });
    const a = sourceOf('a');
    const first = await shard.take(
      listed(1, 'a'),
      lines(a(), monday, { entity: 'service{service="one"}' }),
      lines(a(), monday, { entity: 'service{service="two"}' }),
      lines(a(), monday, { entity: 'service{service="three"}' }),
      mark(a(), monday + 5 * minutes),
    );
    expect(first.flatMap((item) => (item.type === 'log' ? [[item.entity, ...item.flags]] : []))).toEqual([
      ['service{service="one"}'],
      [overflowKey(false), 'evicted'],
      ['service{service="two"}'],
    ]);
    expect(first.at(-1)).toMatchObject({ type: 'boundary', overflow: 1 });
    // All fall asleep and are forgotten; then the third has a place of its own.
    await shard.take(points(a(), monday + 4 * day, 1), mark(a(), monday + 4 * day + minutes));
    const later = await shard.take(
      lines(a(), monday + 5 * day, { entity: 'service{service="three"}' }),
      mark(a(), monday + 5 * day + 5 * minutes),
    );
    expect(later.flatMap((item) => (item.type === 'log' ? [item.entity] : []))).toContain('service{service="three"}');
  });
});

/** The alerts about the input that records bring. */
async function toldBy(stores: TestStores, records: readonly WindowsRecord[], lostAfter = 100): Promise<Alert[]> {
  const sessions = { nextDue: () => undefined, quiet: () => hour };
  const told = inputAlerts(stores, { source: 'input/0', incarnation: 0, epoch: 1 });
  const operator = merge<Closed | AlertRaised>(
    stores,
    { ...mergeDefaults, shard: 'windows/0', sessions, lostAfter },
    pipe(),
    told,
  );
  const batch = { items: records.map((record, offset) => ({ offset, record })), rejected: [] };
  const outputs = await lastValueFrom(from([batch]).pipe(operator, toArray()));
  return outputs.flatMap(({ items }) => items.flatMap((item) => (item.type === 'alert' ? [item.alert] : [])));
}
