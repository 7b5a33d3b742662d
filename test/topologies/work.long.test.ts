/** Work for a line is linear in its bytes, whatever the line: measured in steps, for every format. */
import fc from 'fast-check';
import type { ingest as Ingest, IngestParts } from '../../topologies/ingest.js';
import type { SourceItem } from '../../records/raw.js';
import { source } from '../../config/sections/sources.js';
import { Steps } from '../builders/steps.js';

/** Steps a byte that a line may cost from bytes to partials, and those of a short line. */
const perByte = 512;
const perLine = 20_000;
/** And those that each further line of a value may cost, however short: its form is looked for. */
const perFurtherLine = 8_000;

type Format = IngestParts['format'];
const formats = source.options[0].shape.format.unwrap().options;

const steps = new Steps(['/operators/', '/models/', '/records/', '/topologies/', '/re2js/']);
afterAll(() => steps.close());

let line: (format: Format, bytes: Uint8Array) => void;
beforeAll(async () => {
  const { ingest } = (await import('../../topologies/ingest.js')) as { ingest: typeof Ingest };
  const { MemoryBackend } = await import('../../runtime/memory-backend.js');
  const { TaskState } = await import('../../runtime/state.js');
  const { of } = await import('rxjs');
  const state = await TaskState.restore(new MemoryBackend(), 'ingest/work', 1);
  let offset = 0;
  line = (format, bytes) => {
    const sessions = [
      { class: 'blocks', pattern: 'blk_-?\\d+' },
      { class: 'users', pattern: '(?:user|id)=(\\w+)' },
    ];
    const topology = ingest({
      source: 'a/0',
      incarnation: 0,
      epoch: 1,
      stores: state,
      format,
      sessions,
    });
    const timestamp = 1_767_616_496_000;
    const items: SourceItem[] = [{ bytes, start: 0, end: bytes.length, offset: offset++, timestamp, topic: 'app' }];
    // A schema that nobody has is fetched before a slice runs: here there is none.
    if (format === 'registry' && bytes[0] === 0) return;
    of({ items, rejected: [], position: { source: 'a/0', offset } })
      .pipe(topology)
      .subscribe();
  };
});

/** Pieces that open something, join what stands beside them, or end nothing. */
const pieces = [
  ...'"\'`()[]{}<>=:;,./\\|@#%&*+-_~^?! \t\n09azAFf'.match(/./gs)!,
  '\u0000',
  '\u00e9',
  '::',
  '=(',
  '=["',
  '\\"',
  '\\u00',
  'blk_1 ',
  'user=a ',
  'id=',
  'eyJ',
  '-eyJaaaaaaaa',
  '://a:b',
  'password="',
  'bearer ',
  'a@b.',
  '1 1',
  '-----BEGIN A',
  'a:',
  '%.',
  '<34>1 ',
  '{"a":',
  '[[',
  '"time":"',
  'Jan  5 12:34:56 ',
  '2026-01-05T12:34:56Z ',
];
/** What stands before them, so that the line is read at all. */
const heads = [
  '',
  '2026-01-05T12:34:56Z ERROR ',
  '<34>1 2026-01-05T12:34:56Z h a - - - ',
  '{"time":"2026-01-05T12:34:56Z","msg":"',
  '{"time":"2026-01-05T12:34:56Z","x":',
  '1767616496,1,',
];
const tails = ['', 'z', 'az', '"}', '}', ' z"', ')'];

const hostile = fc.record({
  head: fc.constantFrom(...heads),
  unit: fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 5 }).map((parts) => parts.join('')),
  tail: fc.constantFrom(...tails),
});
type Hostile = typeof hostile extends fc.Arbitrary<infer T> ? T : never;

const built = ({ head, unit, tail }: Hostile, size: number): Buffer =>
  Buffer.from(head + unit.repeat(Math.ceil(size / unit.length)) + tail);

const cost = (format: Format, bytes: Buffer): number => steps.of(() => line(format, bytes));

test.each(formats)('a line of format %s costs at most so many steps a byte', (format) => {
  fc.assert(
    fc.property(hostile, (shape) => {
      const bytes = built(shape, 4096);
      const further = bytes.filter((byte) => byte === 0x0a).length;
      expect(cost(format, bytes)).toBeLessThan(perByte * bytes.length + perLine + perFurtherLine * further);
    }),
    { numRuns: 100 },
  );
});

test.each<[string, Hostile]>([
  ['session keys', { head: heads[1]!, unit: 'blk_1 ', tail: '' }],
  ['session keys of a pattern that needs RE2', { head: heads[1]!, unit: 'user=a ', tail: '' }],
  ['an address that never ends', { head: heads[1]!, unit: 'a:', tail: 'az' }],
  ['a token of three parts that never ends', { head: heads[1]!, unit: '-eyJaaaaaaaa', tail: '' }],
  ['values that open brackets far behind', { head: heads[1]!, unit: `a=${'x'.repeat(300)}(`, tail: '' }],
  ['values that open brackets', { head: heads[1]!, unit: 'a=(', tail: '' }],
  ['quotes that do not close', { head: heads[1]!, unit: "a '", tail: 'z' }],
  ['escapes', { head: heads[3]!, unit: '\\"', tail: '"}' }],
  ['deep JSON', { head: heads[4]!, unit: '{"a":', tail: '' }],
])('a line at the size limit is linear: %s', (_name, shape) => {
  const bytes = built(shape, 1_040_000);
  expect(cost('auto', bytes)).toBeLessThan(perByte * bytes.length + perLine);
});

test('keys that are all different are limited a line', () => {
  const keys = Array.from({ length: 100_000 }, (_, i) => `blk_${i} `).join('');
  const bytes = Buffer.from(heads[1]! + keys);
  expect(cost('auto', bytes)).toBeLessThan(perByte * bytes.length + perLine);
});
