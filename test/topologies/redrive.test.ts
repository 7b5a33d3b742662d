import { from, lastValueFrom, toArray } from 'rxjs';
import type { Rejected } from '../../records/batch.js';
import {
  deadLetterId,
  decodeDeadLetter,
  decodeRedriven,
  encodeDeadLetter,
  isRedrivable,
  redriven,
  type Redriven,
} from '../../records/dead-letter.js';
import { encode } from '../../records/wire/codec.js';
import type { IngestRecord } from '../../records/windows.js';
import { ingest } from '../../topologies/ingest.js';
import { redrive } from '../../topologies/redrive.js';
import { TestStores } from '../builders/windows.js';
import { records } from '../operators/ingest-run.js';

const own = { source: 'redrive/0', incarnation: 0, epoch: 1 };
const json = { format: 'json' as const };
const auto = { format: 'auto' as const };
const line = (second: number, message: string): string =>
  `2026-01-05T08:00:${String(second).padStart(2, '0')}Z INFO ${message}`;

async function through(
  stores: TestStores,
  deadLetters: readonly Redriven[],
  cut = 100,
): Promise<{ items: IngestRecord[]; rejected: Rejected[] }> {
  const operator = redrive({ ...own, stores, partsOf: (source) => (source.startsWith('logs/') ? auto : undefined) });
  const all = deadLetters.map((record, offset) => ({ offset, record }));
  const batches = [];
  for (let at = 0; at < all.length; at += cut) batches.push({ items: all.slice(at, at + cut), rejected: [] });
  const out = await lastValueFrom(from(batches).pipe(operator, toArray()));
  return { items: out.flatMap(({ items }) => [...items]), rejected: out.flatMap(({ rejected }) => [...rejected]) };
}

/** What a source that is read with the wrong format rejects, as it is put back. */
async function deadLettersOf(lines: readonly string[], source = 'logs/3'): Promise<Redriven[]> {
  const operator = ingest({ ...json, source, incarnation: 1, epoch: 1, stores: new TestStores() });
  const out = await lastValueFrom(from([{ items: records(lines), rejected: [] }]).pipe(operator, toArray()));
  return out
    .flatMap(({ rejected }) => rejected)
    .map((rejected) => {
      const deadLetter = { ...rejected, at: 0 };
      expect(isRedrivable(deadLetter)).toBe(true);
      return {
        id: deadLetterId(deadLetter),
        source,
        offset: deadLetter.offset,
        part: deadLetter.part,
        attempt: 0,
        ...deadLetter.whole!,
        bytes: deadLetter.bytes!,
        inputs: deadLetter.inputs,
      };
    });
}

const linesOf = (items: readonly IngestRecord[]): number =>
  items.reduce((sum, item) => sum + (item.type === 'log' ? item.aggregate.lines : 0), 0);

test('a reject has all of its record, and passes the decoding of its source once it can', async () => {
  const deadLetters = await deadLettersOf([line(1, 'cart 7 opened'), line(2, 'paid 12 ms'), line(3, 'cart 8 opened')]);
  expect(deadLetters.map(({ id, topic }) => [id, topic])).toEqual([
    ['logs/3@0', 'app'],
    ['logs/3@1', 'app'],
    ['logs/3@2', 'app'],
  ]);
  const { items, rejected } = await through(new TestStores(), deadLetters);
  expect(rejected).toEqual([]);
  expect(linesOf(items)).toBe(3);
  // No mark: it holds nobody back.
  expect(new Set(items.map(({ type }) => type))).toEqual(new Set(['definition', 'log']));
  expect(items.flatMap((item) => (item.type === 'log' ? [item.entity] : []))).toEqual(
    Array.from({ length: 3 }, () => 'service{service="app"}'),
  );
});

test('in any cuts and after a restart, a record counts once, whatever its time', async () => {
  const deadLetters = await deadLettersOf([line(50, 'late'), line(1, 'early'), line(30, 'between')]);
  const twice = [...deadLetters, ...deadLetters];
  const stores = new TestStores();
  const whole = await through(stores, twice);
  expect(linesOf(whole.items)).toBe(3);
  expect(whole.rejected.map(({ reason }) => reason)).toEqual(['repeat', 'repeat', 'repeat']);
  expect(await through(new TestStores(), twice, 1)).toEqual(whole);
  const again = await through(new TestStores(stores), deadLetters);
  expect(linesOf(again.items)).toBe(0);
});

test('what is refused again is a letter of its own, under its first coordinates, with the next attempt', async () => {
  const deadLetter = (await deadLettersOf(['no time at all']))[0]!;
  const { rejected } = await through(new TestStores(), [deadLetter]);
  expect(rejected).toMatchObject([{ reason: 'no-time', source: 'logs/3', offset: 0, attempt: 1 }]);
  expect(deadLetterId({ ...rejected[0]! })).toBe('logs/3@0+1');
  expect(isRedrivable({ ...rejected[0]!, at: 0 })).toBe(true);
  const stranger = (await deadLettersOf(['no time at all'], 'other/0'))[0]!;
  const refused = await through(new TestStores(), [stranger]);
  expect(refused.rejected).toMatchObject([{ reason: 'no-source', source: 'other/0' }]);
  expect(refused.rejected[0]!.detail).toContain('other/0');
});

test('what is put back has the labels that its key and headers gave it', async () => {
  const relabel = [
    { source_labels: ['key'], regex: '(.*)', target_label: 'service', replacement: '$1' },
    { source_labels: ['header_team'], regex: '(.*)', target_label: 'team', replacement: '$1' },
  ];
  const inputs = { key: 'cart', header_team: 'shop' };
  const lines = records([line(1, 'cart 7 opened')]).map((record) => ({ ...record, inputs }));
  const operator = ingest({ ...json, relabel, source: 'logs/3', incarnation: 1, epoch: 1, stores: new TestStores() });
  const refused = await lastValueFrom(from([{ items: lines, rejected: [] }]).pipe(operator, toArray()));
  const one = refused.flatMap(({ rejected }) => [...rejected])[0]!;
  const letter = decodeDeadLetter(encodeDeadLetter({ ...one, at: 0 }));
  const { source, offset, part, bytes, whole } = letter;
  const record = { id: 'one', source, offset, part, attempt: 0, ...whole!, bytes: bytes!, inputs: letter.inputs };
  const again = redrive({ ...own, stores: new TestStores(), partsOf: () => ({ ...auto, relabel }) });
  const back = { offset: 0, record: decodeRedriven(encode(redriven, record)) };
  const out = await lastValueFrom(from([{ items: [back], rejected: [] }]).pipe(again, toArray()));
  const entities = out.flatMap(({ items }) => items.flatMap((item) => (item.type === 'log' ? [item.entity] : [])));
  expect(entities).toEqual(['service{service="cart",team="shop"}']);
});
