/** Dead letters of an embedded run, as child processes: list, show, redrive, and what a run makes of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended as tocsin } from './services/tocsin.js';

let folder: string;

function configured(format: string): string {
  const path = join(folder, `${format}.yaml`);
  const settings = {
    sources: [{ type: 'file', path: join(folder, 'app.log'), format }],
    state: { dir: join(folder, 'state') },
    dead_letters: { raw: true },
    http: { port: 0 },
    log: { format: 'json' },
  };
  writeFileSync(path, JSON.stringify(settings));
  return path;
}

interface Listed {
  readonly deadLetters: readonly {
    readonly number: number;
    readonly reason: string;
    readonly source: string;
    readonly text?: string;
    readonly redrivable: boolean;
    readonly attempt?: number;
  }[];
  readonly reasons: Readonly<Record<string, number>>;
}

const list = async (config: string, ...more: string[]): Promise<Listed> =>
  JSON.parse((await tocsin('dlq', 'list', '--config', config, '--json', ...more)).out) as Listed;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-letters-'));
  const lines = Array.from({ length: 6 }, (_, i) => {
    const time = new Date(Date.UTC(2026, 0, 5, 8, i)).toISOString();
    // Half of them are no JSON.
    return i % 2 === 0
      ? JSON.stringify({ time, message: `cart ${i} opened` })
      : `${time} INFO login of ann password=hunter${i} done`;
  });
  writeFileSync(join(folder, 'app.log'), `${lines.join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('what was refused is listed and shown masked, put back once, and passes the decoding that is configured now', async () => {
  const json = configured('json');
  const first = await tocsin('run', '--config', json);
  expect([first.code, first.err]).toEqual([0, expect.stringContaining('"not-json":3')]);

  const { deadLetters, reasons } = await list(json);
  expect(reasons).toEqual({ 'not-json': 3 });
  expect(deadLetters.map(({ source, redrivable }) => [source, redrivable])).toEqual(
    Array.from({ length: 3 }, () => ['file:app.log', true]),
  );
  expect(deadLetters[0]!.text).toContain('login of ann');
  expect(deadLetters[0]!.text).not.toContain('hunter');
  expect((await list(json, '--raw')).deadLetters[0]!.text).toContain('password=hunter1');
  expect((await list(json, '--reason', 'late')).deadLetters).toEqual([]);
  expect((await list(json, '--until', '2020-01-01T00:00:00Z')).deadLetters).toEqual([]);
  const page = await tocsin('dlq', 'show', String(deadLetters[1]!.number), '--config', json);
  expect(page.out).toMatch(/reason: +not-json/);
  expect(page.out).not.toContain('hunter');

  // The configuration was wrong: now it is right.
  const auto = configured('auto');
  const put = await tocsin('dlq', 'redrive', '--config', auto, '--reason', 'not-json', '--json');
  expect(JSON.parse(put.out)).toMatchObject({
    put: deadLetters.map(({ number }) => number),
    before: [],
    impossible: [],
  });
  const again = await tocsin('dlq', 'redrive', '--config', auto, '--json');
  expect(JSON.parse(again.out)).toMatchObject({
    put: [],
    before: deadLetters.map(({ number }) => number),
    impossible: [],
  });

  const second = await tocsin('run', '--config', auto);
  expect(second.code).toBe(0);
  // All of it is read. The window of two was closed by the first run, and that is said; the third one counts.
  expect(second.err).toContain('"dropped":{"late-partial":2}');
  const after = await list(auto);
  expect(after.reasons).toEqual({ 'not-json': 3, 'late-partial': 2 });
  const third = await tocsin('run', '--config', auto);
  expect([third.code, third.err]).toEqual([0, expect.stringMatching(/"refused":0,.*"dropped":\{\}/)]);
});

test('says what is wrong with a command line', async () => {
  const auto = configured('auto');
  expect(await tocsin('dlq', 'empty', '--config', auto)).toMatchObject({ code: 2 });
  expect((await tocsin('dlq', 'list', '--config', auto, '--since', 'noon')).err).toContain('--since noon is no time');
  expect((await tocsin('dlq', 'show', '--config', auto)).err).toContain('dlq list');
  expect(await tocsin('dlq', 'show', '4711', '--config', auto)).toMatchObject({
    code: 3,
    out: expect.any(String) as string,
  });
});
