/**
 * The order of what leaves, drawn in columns: one character a frame; what stands in parentheses leaves in one frame.
 * Letters of the upper drawing are input batches, those of the lower one are output batches, given as text.
 */
import { delay, map, pipe } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { aggregate, type Aggregated } from '../../operators/aggregate.js';
import { decode } from '../../operators/decode.js';
import { deduplicate, type AlertRecord } from '../../operators/deduplicate.js';
import { emitMarks } from '../../operators/emit-marks.js';
import { group } from '../../operators/group.js';
import { merge, mergeDefaults, type WindowsItem } from '../../operators/merge.js';
import { sign } from '../../operators/sign.js';
import { track } from '../../operators/track.js';
import type { Batch, Operator } from '../../records/batch.js';
import type { Notification } from '../../records/notification.js';
import type { RawRecord, SourceItem } from '../../records/raw.js';
import type { Closed } from '../../records/window.js';
import type { WindowsRecord } from '../../records/windows.js';
import { anAlert } from '../builders/alert.js';
import { boundary, logWindow, minutes, monday, shop, TestStores } from '../builders/windows.js';

interface Drawing<A, B> {
  readonly operator: Operator<A, B>;
  readonly batches: Readonly<Record<string, readonly A[]>>;
  readonly input: string;
  readonly output: string;
  /** Text of each output batch: its items, and `@` with the position that ends the slice. */
  readonly texts: Readonly<Record<string, string>>;
  readonly brief: (item: B) => string;
}

function draw<A, B>({ operator, batches, input, output, texts, brief }: Drawing<A, B>): void {
  const entering = Object.fromEntries(
    Object.entries(batches).map(([name, items]): [string, Batch<A>] => [
      name,
      { items, rejected: [], position: { source: name, offset: 1 } },
    ]),
  );
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(({ cold, expectObservable }) => {
    const leaving = cold(input, entering).pipe(
      operator,
      map(({ items, position }) => `${items.map(brief).join(' ')}${position ? ` @${position.source}` : ''}`.trim()),
    );
    expectObservable(leaving).toBe(output, texts);
  });
}

/** Lines of one minute each, by the second of the hour. */
const line = (second: number, offset: number): RawRecord => {
  const bytes = Buffer.from(`${new Date(monday + second * 1000).toISOString()} INFO paid`);
  return { bytes, start: 0, end: bytes.length, offset, timestamp: monday + second * 1000, topic: 'app' };
};
const minuteOf = (ms: number): number => (ms - monday) / minutes;

test('aggregate: partials leave when the source itself has passed their pane, before the close', () => {
  const stores = new TestStores();
  draw<SourceItem, Aggregated>({
    operator: pipe(
      decode({ source: 's', format: 'plain', stores }),
      sign(),
      aggregate({ source: 's', stores, settings: 1 }),
    ),
    batches: { a: [line(5, 0)], b: [line(69, 1)], c: [line(71, 2), line(140, 3), line(150, 4)] },
    input: ' a-b-c|',
    output: 'a-b-c|',
    texts: {
      a: 'closed<=-1 definition @a',
      b: 'closed<=0 @b',
      c: 'log@0 closed<=1 log@1 closed<=2 @c',
    },
    brief: (item) =>
      item.type === 'closed'
        ? `closed<=${minuteOf(item.watermark)}`
        : item.type === 'definition'
          ? 'definition'
          : `${item.type}@${minuteOf(item.pane)}`,
  });
});

test('emitMarks: what one offset caused is numbered, and the mark is behind what it covers', () => {
  draw({
    operator: emitMarks({ source: 's', incarnation: 1, epoch: 1, stores: new TestStores() }),
    batches: {
      a: [
        { type: 'definition', signature: 1, masked: 'paid', sample: 'paid', offset: 3 },
        { type: 'closed', kind: 'data', watermark: monday, offset: 3 },
      ],
      b: [{ type: 'closed', kind: 'idle', watermark: monday + minutes, offset: 4 }],
    },
    input: ' a--b|',
    output: 'a--b|',
    texts: { a: 'definition 3/0 mark 3/1 @a', b: 'mark 4/0 @b' },
    brief: (item) => ('tag' in item ? `${item.type} ${item.tag.offset}/${item.tag.n}` : item),
  });
});

describe('merge', () => {
  let offset = 0;
  const tag = (source: string) => ({ source, incarnation: 1, epoch: 1, offset: offset++, n: 0 });
  const items = (...records: WindowsRecord[]): WindowsItem[] => records.map((record) => ({ offset: offset++, record }));
  const mark = (minute: number): WindowsRecord => ({
    type: 'mark',
    tag: tag('a'),
    kind: 'data',
    watermark: monday + minute * minutes,
  });
  const lines = (minute: number): WindowsRecord => ({
    type: 'log',
    tag: tag('a'),
    entity: shop.key,
    pane: monday + minute * minutes,
    settings: 1,
    capped: false,
    aggregate: logWindow(monday + (minute + 1) * minutes, [{ masked: 'paid' }], minutes).aggregate,
  });
  const sources: WindowsRecord = { type: 'sources', version: 1, sources: ['a'] };
  const brief = (item: Closed): string =>
    item.type === 'boundary'
      ? `end${minuteOf(item.end)}`
      : item.type === 'log'
        ? `log${minuteOf(item.end)}`
        : item.type;
  const over = (chain: Operator<Closed, Closed>): Operator<WindowsItem, Closed> =>
    merge(
      new TestStores(),
      { ...mergeDefaults, shard: 'w', sessions: { nextDue: () => undefined, quiet: () => 60 * minutes } },
      chain,
    );

  test('one boundary after the other leaves, then the position of the slice', () => {
    draw({
      operator: over(pipe()),
      batches: { a: items(sources, lines(0)), b: items(lines(6), mark(4)), c: items(mark(11)) },
      input: ' a-b-c-----|',
      output: 'a-b-(lmc)-|',
      texts: { a: '@a', b: '@b', l: 'log5 end5', m: 'log10 end10', c: '@c' },
      brief,
    });
  });

  test('a boundary enters the inner chain when the one before has left it, and the next slice waits', () => {
    let inside = 0;
    let most = 0;
    const slow: Operator<Closed, Closed> = (input) =>
      input.pipe(
        map((batch) => {
          most = Math.max(most, ++inside);
          return batch;
        }),
        delay(3),
        map((batch) => {
          inside--;
          return batch;
        }),
      );
    draw({
      operator: over(slow),
      batches: { a: items(sources, lines(0), lines(6), mark(11)), b: items(mark(12)) },
      input: ' ab---------|',
      output: '---l--(mab)|',
      texts: { l: 'log5 end5', m: 'log10 end10', a: '@a', b: '@b' },
      brief,
    });
    expect(most).toBe(1);
  });
});

test('group: the notice of the second alert of an incident is followed by one of the first, which learns of it', () => {
  const stores = new TestStores();
  const alert = (service: string, n: number) => ({
    offset: n,
    record: anAlert({
      fingerprint: service,
      entity: `service{service="${service}",team="shop"}`,
      tag: { source: 'windows/0', incarnation: 0, epoch: 1, offset: n, n: 0 },
    }),
  });
  draw<AlertRecord, Notification>({
    operator: pipe(
      deduplicate(stores),
      group(stores, { within: 15 * minutes, tie: 5 * minutes, labels: ['team'], dependsOn: {} }),
    ),
    batches: { a: [alert('cart', 1)], b: [alert('pay', 2)], c: [alert('pay', 2)] },
    input: ' a-b-c|',
    output: 'a-b-c|',
    texts: { a: 'new:cart @a', b: 'new:pay refresh:cart @b', c: '@c' },
    brief: (item) => (item.type === 'notice' ? `${item.change}:${item.alert.fingerprint}` : item.type),
  });
});

test('track: a boundary leaves behind the decisions of its windows', () => {
  draw({
    operator: track(new TestStores(), () => undefined, { tag: { source: 'windows/0', incarnation: 1, epoch: 1 } }),
    batches: { a: [boundary(monday)], b: [boundary(monday + minutes), boundary(monday + 2 * minutes)] },
    input: ' a-b|',
    output: 'a-b|',
    texts: { a: 'boundary @a', b: 'boundary boundary @b' },
    brief: (item) => item.type,
  });
});
