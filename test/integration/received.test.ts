/** Lines without a time, of a followed file and of standard input: counted once, also over kill -9, and alerted. */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countedRecords } from './services/counted.js';
import { begin, ended, goodEnd, killWhen, whileRunning } from './services/tocsin.js';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-received-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function configOf(name: string, source: string, more = ''): { readonly config: string; readonly state: string } {
  const [config, state] = [join(folder, `${name}.yaml`), join(folder, name)];
  writeFileSync(
    config,
    `sources: [{ type: file, ${source} }]
channels: { shards: 1 }
state: { dir: ${state} }
http: { port: 0 }
log: { level: info, format: json }
${more}`,
  );
  return { config, state };
}

async function counted(state: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const record of await countedRecords(state))
    if (record.type === 'log') {
      const service = /"?service"?[=:,]+"?(\w+)/.exec(record.entity)?.[1] ?? record.entity;
      counts[service] = (counts[service] ?? 0) + record.aggregate.lines;
    }
  return counts;
}

const lines = (count: number): string =>
  Array.from({ length: count }, (_, i) => `request ${i} was served in ${i % 7} ms\n`).join('');

test('a followed file: each line counts once over kill -9, at a time between the beginning and the end', async () => {
  const began = Date.now();
  const path = join(folder, 'app.log');
  writeFileSync(path, lines(20_000));
  const { config, state } = configOf('followed', `path: ${path}, follow: true, time: received`);
  let written = 20_000;
  for (let life = 0; life < 3; life++) {
    const run = begin(['run', '--config', config]);
    await whileRunning(run, () => run.said().includes('"running"'));
    appendFileSync(path, lines(5000));
    written += 5000;
    await killWhen(run, () => existsSync(join(state, 'log')) && run.said().length > 0);
  }
  await goodEnd(['run', '--config', config, '--bounded']);
  expect(await counted(state)).toEqual({ app: written });
  for (const record of await countedRecords(state)) {
    if (record.type !== 'log') continue;
    expect(record.pane).toBeGreaterThanOrEqual(began - (began % 60_000));
    expect(record.pane).toBeLessThanOrEqual(Date.now());
  }
}, 180_000);

test('standard input: after kill -9 another program is read from its first line, and its error is alerted', async () => {
  const rules = 'rules: [{ name: memory, action: page, match: { service: second }, pattern: out of memory }]';
  const { config, state } = configOf('piped', "path: '-', time: received", rules);
  const first = begin(['run', '--config', config], { stdin: 'pipe' });
  await whileRunning(first, () => first.said().includes('"running"'));
  first.stdin.write(lines(3000));
  await killWhen(first, () => existsSync(join(state, 'log', 'windows')));
  const second = begin(['run', '--config', config], { stdin: 'pipe' });
  await whileRunning(second, () => second.said().includes('"running"'));
  second.stdin.end(
    '{"service":"second","message":"served"}\n'.repeat(4000) + '{"service":"second","message":"out of memory"}\n',
  );
  const { code, said, out } = await second.ended;
  expect({ code, said: code === 0 ? '' : said }).toEqual({ code: 0, said: '' });
  const { second: whole, ...rest } = await counted(state);
  expect(whole).toBe(4001);
  expect(out).toContain('"memory');
  expect(Object.values(rest).reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(3000);
}, 120_000);

test('an old file without times is refused, with the key that would read it live', async () => {
  const path = join(folder, 'old.log');
  writeFileSync(path, lines(50));
  const { said } = await ended('try', path);
  expect(said).toContain('time: received');
  const { config } = configOf('old', `path: ${path}, time: received`);
  const { code, said: why } = await ended('lint', config);
  expect(code).not.toBe(0);
  expect(why).toContain('follow: true');
  expect(readFileSync(config, 'utf8')).toContain('received');
}, 60_000);
