import fc from 'fast-check';
import { RE2JS } from 're2js';
import { isBytePattern, patternSearch } from '../../operators/decode/byte-pattern.js';
import { relabel } from '../../operators/decode/relabel.js';
import { run, records, runLines, type Line } from './ingest-run.js';
import type { IngestParts } from '../../topologies/ingest.js';

const line = (text: string) => `2026-01-05 12:00:00 ${text}`;
const reasons = async (lines: (string | Line)[], parts: Partial<IngestParts> = {}) =>
  (await runLines(lines, parts)).rejected.map(({ reason, offset }) => `${offset} ${reason}`);

test('what cannot be read is rejected with its reason and coordinates, and stops nothing else', async () => {
  const got = await reasons([
    '',
    'no time and no line before',
    line('INFO good'),
    '1999-12-31 23:59:59 INFO early',
    '2100-01-01 00:00:00 INFO far',
    line(`INFO ${'x'.repeat(1_048_577)}`),
  ]);
  expect(got).toEqual(['0 empty', '1 no-time', '3 time-out-of-range', '4 time-out-of-range', '5 too-long']);
});

test('labels that are too long to be keys are rejected, and session keys left out and counted', async () => {
  const json = (service: string, message = 'done'): string => JSON.stringify({ ts: 1767614400, service, message });
  const counted: Record<string, number> = {};
  const { items, rejected } = await runLines(
    [
      json('x'.repeat(4096)),
      json('x'.repeat(4097)),
      json('cart', `job-${'y'.repeat(2000)}`),
      json('cart', 'job-1 done'),
      json('\u0001'.repeat(700)),
    ],
    {
      format: 'json',
      sessions: [{ class: 'jobs', pattern: 'job-[a-z0-9]+' }],
      count: (what, n) => (counted[what] = (counted[what] ?? 0) + n),
    },
  );
  expect(rejected.map(({ reason, offset, detail }) => [reason, offset, detail])).toEqual([
    ['long-labels', 1, 'its labels have 4097 bytes; at most 4096 are kept'],
    ['long-labels', 4, 'its labels have 4200 bytes; at most 4096 are kept'],
  ]);
  expect(counted).toEqual({ 'long-session-key': 1 });
  expect(items.flatMap((item) => (item.type === 'session' ? [item.key] : []))).toEqual(['', 'job-1']);
  const lines = items.flatMap((item) => (item.type === 'log' ? [item.aggregate.lines] : []));
  expect(lines.reduce((sum, n) => sum + n, 0)).toBe(3);
});

test('a JSON source rejects what is no JSON', async () => {
  expect(await reasons(['{"ts":1767614400,"msg":"a"}', '{"ts":', 'plain'], { format: 'json' })).toEqual([
    '1 not-json',
    '2 not-json',
  ]);
});

test('invalid UTF-8 is counted and replaced, not rejected', async () => {
  let invalid = 0;
  const broken = Buffer.concat([Buffer.from(line('ERROR caf')), Buffer.from([0xe9, 0x20, 0x78])]);
  const { items, rejected } = await runLines([{ text: broken }, line('INFO é')], {
    count: (what, n) => (invalid += what === 'invalid-utf8' ? n : 0),
  });
  expect([rejected, invalid]).toEqual([[], 1]);
  expect(items.flatMap((item) => (item.type === 'definition' ? [item.masked] : []))).toEqual([
    'ERROR caf� x',
    'INFO é',
  ]);
});

test('entities: source labels, JSON fields, relabel rules; the topic is the service where nothing else gives one', async () => {
  const parts: Partial<IngestParts> = {
    labels: { environment: 'prod' },
    inputs: { file: '/var/log/cart-7.log' },
    fields: { labels: { team: 'owner' } },
    relabel: [{ source_labels: ['file'], regex: '.*/(\\w+)-\\d+\\.log', target_label: 'cluster', replacement: 'c-$1' }],
  };
  const lines = [
    '{"ts":1767614400,"msg":"a","owner":"x","service":"s"}',
    '{"ts":1767614400,"msg":"a"}',
    line('INFO plain'),
  ];
  const { items } = await runLines(lines, parts);
  expect(items.flatMap((item) => (item.type === 'log' ? [item.entity] : []))).toEqual([
    'service{cluster="c-cart",environment="prod",service="app"}',
    'service{cluster="c-cart",environment="prod",service="s",team="x"}',
  ]);
});

test('equal label bytes in other fields are other entities', async () => {
  const fields = { labels: { a: 'a', b: 'b' } };
  const lines = ['{"ts":1767614400,"a":"x","b":""}', '{"ts":1767614400,"b":"x"}', '{"ts":1767614400,"a":"","b":"x"}'];
  const { items } = await runLines(lines, { fields });
  expect(items.flatMap((item) => (item.type === 'log' ? [[item.entity, item.aggregate.lines]] : []))).toEqual([
    ['service{a="x",service="app"}', 1],
    ['service{b="x",service="app"}', 2],
  ]);
});

test('a rule that does not match changes nothing; an empty result removes the label', () => {
  const rule = { source_labels: ['a', 'b'], regex: '(.*);(.*)', target_label: 'c', replacement: '${2}-$1$$' };
  expect(relabel([rule])({ a: '1', b: '2' })).toEqual({ a: '1', b: '2', c: '2-1$' });
  expect(relabel([{ ...rule, regex: 'x' }])({ a: '1' })).toEqual({ a: '1' });
  expect(relabel([{ ...rule, replacement: '' }])({ a: '1', c: 'old' })).toEqual({ a: '1' });
});

const found = (pattern: string, text: string): string[] => {
  const keys: string[] = [];
  const bytes = Buffer.from(`job-0 ${text} job-9`);
  patternSearch(pattern)(bytes, 6, bytes.length - 6, (key) => keys.push(key) > 0);
  return keys;
};

test.each(['blk_-?\\d+', 'job-[0-9a-f]+', 'id=(\\w{3,5})', 'req-[a-z]*[0-9]{2}', 'a\\.b-\\d', 'x_\\d+'])(
  '%s is matched on bytes, as RE2 would',
  (pattern) => {
    expect(isBytePattern(pattern)).toBe(true);
    const compiled = RE2JS.compile(pattern);
    let matches = 0;
    const pieces = fc.constantFrom(
      'blk_',
      '-',
      '12',
      '7',
      'job-',
      'ff',
      'g',
      'id=',
      'abcdef',
      'ab',
      ' ',
      'req-',
      'a.b-',
      'x_',
      '_',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 10 }), (all) => {
        const text = all.join('');
        const expected: string[] = [];
        const matcher = compiled.matcher(text);
        while (matcher.find()) expected.push(matcher.group(compiled.groupCount() > 0 ? 1 : 0) ?? '');
        matches += expected.length;
        expect(found(pattern, text)).toEqual(expected.filter((key) => key !== ''));
      }),
      { numRuns: 2000 },
    );
    expect(matches).toBeGreaterThan(20);
  },
);

test('other patterns run in RE2', () => {
  expect(isBytePattern('(?:job|task)-(\\d+)')).toBe(false);
  expect(isBytePattern('a[a-z]+1')).toBe(false);
  expect(found('(?:job|task)-(\\d+)', 'job-1 task-2')).toEqual(['1', '2']);
  expect(found('task-é+', 'task-éé')).toEqual(['task-éé']);
});

test.each(['(a+)+$', 'a[a-z]+1', '(x+x+)+y', 'aa*b'])('a pathological pattern %s takes linear time', (pattern) => {
  const bytes = Buffer.from('a'.repeat(30_000) + 'x'.repeat(30_000));
  // A backtracking engine would not come back.
  expect(() => patternSearch(pattern)(bytes, 0, bytes.length, () => true)).not.toThrow();
});

test('all distinct keys of a line count once each', async () => {
  const { items } = await run([[...records([line('INFO job-1 job-2 job-1 blk_-5')]), { type: 'end', watermark: 0 }]], {
    sessions: [
      { class: 'job', pattern: 'job-\\d+' },
      { class: 'block', pattern: 'blk_-?\\d+' },
    ],
  });
  const sessions = items.flatMap((item) => (item.type === 'session' ? [[item.entity, item.key]] : []));
  expect(sessions).toEqual([
    ['session{service="block"}', 'blk_-5'],
    ['session{service="job"}', 'job-1'],
    ['session{service="job"}', 'job-2'],
  ]);
});
