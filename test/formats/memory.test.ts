/** What a reader remembers of the lines before makes it faster and nothing else: each line reads as if it came first. */
import fc from 'fast-check';
import { BreakSearch, firstBreak } from '../../operators/decode/value-lines.js';
import { clearFields, emptyFields, type Fields, type Format, type LineContext } from '../../formats/format.js';
import { logFormats } from '../../formats/log.js';
import { ShortTexts, WireReader } from '../../records/wire/protobuf.js';

const context: LineContext = { timestamp: 1_767_225_600_000, near: -1, borrow: 1_767_225_600_000 };

function read(format: Format, line: string): unknown {
  const fields: Fields = emptyFields(format.labels.length);
  clearFields(fields);
  const bytes = Buffer.from(line);
  const reason = format.read(bytes, 0, bytes.length, context, fields);
  const { start, end, line: own, inner, labels, ...rest } = fields;
  const texts = format.labels.map((_, i) =>
    labels[2 * i]! < 0
      ? undefined
      : Buffer.from((inner?.[i] ?? own).subarray(labels[2 * i], labels[2 * i + 1])).toString(),
  );
  return {
    ...rest,
    reason,
    message: Buffer.from(fields.bytes.subarray(start, end)).toString(),
    texts,
    bytes: undefined,
    inner: undefined,
  };
}

const keys = fc.constantFrom(
  'time',
  'Time',
  'level',
  'LEVEL',
  'msg',
  'message',
  'service',
  'host',
  'duration',
  'took',
  'status',
  'a.b',
  'x',
);
const values = fc.constantFrom(
  '2026-01-05T12:00:00Z',
  '2026-01-05 12:00:00,123',
  'error',
  'warn',
  '12ms',
  '503',
  'shop',
  'a \\"b\\" c',
  'tab\\there',
  '',
);
const pairs = fc.array(fc.tuple(keys, values), { minLength: 1, maxLength: 6 });
const json = pairs.map((all) => `{${all.map(([key, value]) => `"${key}":"${value}"`).join(',')}}`);
const nested = fc.tuple(keys, json, json).map(([key, a, b]) => `{"${key}":${a},${b.slice(1)}`);
const logfmt = pairs.map((all) => all.map(([key, value]) => `${key}="${value}"`).join(' '));
const stamps = fc.constantFrom(
  '2026-01-05 12:00:00,123',
  '2026-01-05T12:00:00Z',
  '2026-01-05T12:00:59+02:00',
  '2026-W05-1T12:34:00',
  '2026-005 12:00:00',
  '081109 203518',
  '17/06/09 20:10:40',
);
const heads = fc.constantFrom(
  ' INFO ',
  ' CET ',
  ' stdout F 2026-01-05 12:00:00,123 WARN ',
  ' [main] ERROR ',
  ' UTC - ',
  ' ',
);
const tails = fc.constantFrom(
  'GET /x 200 1 2 3',
  'GET /x - 80 - 203.0.113.7 Mozilla - 500 0 0 1203',
  '"GET /a b" 200 1 2',
  'done in 12 ms',
  '"x"500 0 0 12 7',
  '',
);
const plain = fc.tuple(stamps, heads, tails).map((parts) => parts.join(''));

test('a line reads the same whatever came before it', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(json, nested, logfmt, plain), { minLength: 2, maxLength: 6 }), (lines) => {
      const kept = logFormats({});
      for (const line of lines) {
        for (const kind of ['json', 'plain'] as const) {
          expect(read(kept[kind], line)).toEqual(read(logFormats({})[kind], line));
        }
      }
    }),
    { numRuns: 15 },
  );
});

test('line breaks are found in any order of values', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(0x0a, 0x61), { maxLength: 40 }),
      fc.array(fc.tuple(fc.nat(40), fc.nat(40), fc.boolean()), { maxLength: 20 }),
      (content, ranges) => {
        const search = new BreakSearch();
        const buffers = [Buffer.from(content), Buffer.from([...content].reverse())];
        for (const [a, b, other] of ranges) {
          const bytes = buffers[other ? 1 : 0]!;
          const start = Math.min(a, b, bytes.length);
          const end = Math.min(Math.max(a, b), bytes.length);
          expect(search.has(bytes, start, end)).toBe(firstBreak(bytes, start, end) >= 0);
        }
      },
    ),
  );
});

test('short texts are those of their bytes, also where two share a place', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 60, unit: 'grapheme' }), { maxLength: 400 }), (all) => {
      const texts = new ShortTexts();
      for (const text of all) {
        const bytes = Buffer.from(text);
        const reader = new WireReader(bytes, 0, bytes.length);
        reader.to = bytes.length;
        expect(texts.of(reader)).toBe(bytes.toString());
      }
    }),
  );
});
