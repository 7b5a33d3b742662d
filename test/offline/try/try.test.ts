import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { tryInput, type TryOptions } from '../../../cli/commands/try.js';
import { remedyOf } from '../../../cli/terminal/remedies.js';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-try-'));

/** What `tocsin try` prints for a file with this content. */
async function printed(
  content: string | Buffer,
  options: Partial<TryOptions> = {},
  name = 'shop.log',
): Promise<string[]> {
  const file = join(folder, name);
  writeFileSync(file, content);
  const out: string[] = [];
  const log = jest.spyOn(console, 'log').mockImplementation((text: string) => void out.push(text));
  try {
    await tryInput(file, { limit: 1000, ...options });
  } finally {
    log.mockRestore();
  }
  return out;
}
const objects = async (content: string | Buffer, options: Partial<TryOptions> = {}, name?: string) =>
  (await printed(content, { json: true, ...options }, name)).map((line) => JSON.parse(line) as Record<string, unknown>);

afterEach(() => {
  process.exitCode = undefined;
});

test('a line that is read is an object with all that was found in it', async () => {
  const line =
    '{"ts":"2026-01-05T12:00:00Z","level":"error","service":"checkout","msg":"took 12 of 90","duration_ms":12.3}';
  expect(await objects(`${line}\n`)).toEqual([
    {
      line: 1,
      status: 'read',
      time: '2026-01-05T12:00:00.000Z',
      level: 'error',
      service: 'checkout',
      labels: {},
      message: 'took 12 of 90',
      template: 'took <*> of <*>',
      duration_ms: 12.3,
      outcome: null,
    },
  ]);
});

test('what is refused has its reason and a detail, what is joined names its line', async () => {
  const lines = ['{"no":"time"}', '', '2026-01-05 12:00:00 ERROR failed', '\tat a.b.C(C.java:1)'];
  const [refused, empty, read, joined] = await objects(`${lines.join('\n')}\n`);
  expect(refused).toMatchObject({ line: 1, status: 'refused', reason: 'no-time' });
  expect(refused!.detail).toEqual(expect.stringMatching(/./));
  expect(read).toMatchObject({ line: 3, status: 'read', level: 'error', service: 'shop' });
  expect(joined).toEqual({ line: 4, status: 'joined', to: 3 });
  expect(empty).toMatchObject({ line: 2, status: 'refused', reason: 'empty' });
});

test('every line has one fate, whatever it holds', async () => {
  const line = fc.oneof(
    fc.constant('2026-01-05 12:00:00 INFO started'),
    fc.constant('{"time":"2026-01-05T12:00:01Z","msg":"x"}'),
    fc.constant('\tat a.b.C(C.java:1)'),
    fc.string().map((text) => text.replace(/[\n\r]/g, ' ')),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 30 }), async (lines) => {
      const found = await objects(`${lines.join('\n')}\n`);
      expect(found.map(({ line: number }) => number)).toEqual(lines.map((_, i) => i + 1));
      for (const { status } of found) expect(['read', 'joined', 'refused']).toContain(status);
    }),
    { numRuns: 60 },
  );
});

test('the first thousand records are read, of packed files too', async () => {
  const lines = Array.from({ length: 1500 }, (_, i) => `2026-01-05 12:${10 + (i % 40)}:00 INFO line ${i}\n`).join('');
  expect(await objects(gzipSync(lines), {}, 'shop.log.gz')).toHaveLength(1000);
  expect(await objects(lines, { limit: 7 })).toHaveLength(7);
});

test('values of Kafka are read with the time stamp of the broker', async () => {
  const values = [{ text: '{"time":"2026-01-05T12:00:00Z","msg":"a"}', timestamp: 1767614400000 }];
  expect(await objects(JSON.stringify(values), { values: true }, 'logs.json')).toMatchObject([
    { line: 1, status: 'read', service: 'logs', message: 'a' },
  ]);
});

test('the report says what would be watched, which fields are of no use, and what to do about what is refused', async () => {
  const lines = [
    '{"ts":"2026-01-05T12:00:00Z","level":"info","service":"cart","msg":"added 3","customer":"blue","amount":7}',
    '{"ts":"2026-01-05T12:00:01Z","level":"info","service":"cart","msg":"added 4","customer":"red","amount":8}',
    'no time at all',
  ];
  const report = await printed(`${lines.join('\n')}\n`);
  for (const line of report) expect(line.length).toBeLessThanOrEqual(80);
  const text = report.join('\n');
  expect(text).toMatch(/3 lines: 2 read .*0 joined, 1 refused/);
  expect(text).toMatch(/2 {2}service service=cart/);
  expect(text).toMatch(/customer .*in 2 of 2, such as blue/);
  expect(text).toMatch(/amount .*in 2 of 2, such as 7/);
  expect(text).not.toMatch(/^ {2}(ts|level|service|msg) /m);
  expect(text).toMatch(/what to do: [^]*set fields\.time/);
});

test('a file of which nothing can be read ends with the code for findings', async () => {
  await printed('what is this\n');
  expect(process.exitCode).toBe(3);
});

test('every reason has a remedy', () => {
  const page = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'operations.md'), 'utf8');
  const [, table] = /## Dead letters([^]*)/.exec(page)!;
  const reasons = [...table!.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, reason]) => reason);
  const unknown = remedyOf('nothing such');
  const without = reasons.filter((reason) => remedyOf(reason!) === unknown);
  // Repeats and zombies are counted only.
  expect(without).toEqual(['repeat', 'zombie']);
});
