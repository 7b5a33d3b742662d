/** Rows of windows that break a rule are put aside in a run, with the rule; a replay decides what the run decided. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decisionsIn } from './services/replayed.js';
import { ended, goodEnd, tocsin } from './services/tocsin.js';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-quarantine-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const [log, suite] = ['app.log', 'suite.json'].map((name) => join(folder, name)) as [string, string];
const start = Date.UTC(2026, 0, 5);

const write = (leaveOut: boolean): string => {
  const config = join(folder, `${leaveOut}.json`);
  const settings = {
    sources: [{ type: 'file', path: log, format: 'json' }],
    state: { dir: join(folder, `state-${leaveOut}`) },
    features: { suite: { path: suite, leave_out: leaveOut } },
    http: { port: 0 },
    respond: { stdout: 'none' },
    log: { format: 'json' },
  };
  writeFileSync(config, JSON.stringify(settings));
  return config;
};

async function decided(config: string, source: string): Promise<Buffer> {
  const out = join(folder, `${source}.bin`);
  await goodEnd(['replay', '--config', config, '--source', source, '--out', out]);
  return readFileSync(out);
}

test('what breaks a rule is put aside, and left out where that is asked for; replay is equal', async () => {
  const lines = Array.from({ length: 120 * 2 }, (_, i) => ({
    time: new Date(start + (i >> 1) * 60_000 + (i % 2) * 1000).toISOString(),
    level: 'info',
    service: i % 2 === 0 ? 'shop' : 'probe',
    message: `request ${i % 7} served`,
  }));
  writeFileSync(log, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const kwargs = { column: 'entity', regex: 'service="(shop|cart)"' };
  writeFileSync(
    suite,
    JSON.stringify({ name: 'known', expectations: [{ type: 'expect_column_values_to_match_regex', kwargs }] }),
  );
  const entities = async (config: string): Promise<{ all: Set<string>; windows: number }> => {
    await tocsin('run', '--config', config);
    const bytes = await decided(config, 'decisions');
    expect((await decided(config, 'windows')).equals(bytes)).toBe(true);
    const all = decisionsIn(bytes);
    return { all: new Set(all.map(({ entity }) => entity)), windows: all.length };
  };
  const [kept, left] = [write(false), write(true)];
  const [shop, probe] = ['shop', 'probe'].map((service) => `service{service="${service}"}`);
  const both = await entities(kept);
  expect(both.all).toEqual(new Set([shop, probe]));
  const one = await entities(left);
  expect(one.all).toEqual(new Set([shop]));
  expect(one.windows).toBe(both.windows / 2);
  for (const config of [kept, left]) {
    const { deadLetters, reasons } = JSON.parse(
      await tocsin('dlq', 'list', '--config', config, '--reason', 'quarantine', '--limit', '1000', '--json'),
    ) as { deadLetters: { detail: string; text?: string }[]; reasons: Record<string, number> };
    expect(reasons).toEqual({ quarantine: both.windows / 2 });
    expect(deadLetters[0]!.detail).toContain(`expect_column_values_to_match_regex entity: ${probe}`);
  }
  writeFileSync(
    suite,
    JSON.stringify({ name: 'known', expectations: [{ type: 'expect_table_row_count_to_be_between', kwargs: {} }] }),
  );
  expect(await ended('run', '--config', kept)).toMatchObject({
    code: 2,
    said: expect.stringContaining('about a table') as string,
  });
}, 120_000);
