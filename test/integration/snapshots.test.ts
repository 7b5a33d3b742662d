/** What was learnt from a bad day is gone back on, and the process is killed meanwhile: it decides as one that was not. */
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { begin, ended, tocsin } from './services/tocsin.js';

const services = Array.from({ length: 6 }, (_, i) => `service-${i}`);
const hour = 3_600_000;
const start = Date.UTC(2026, 0, 5);
const bad = { from: 30, to: 34 };

function lines(from: number, to: number): string {
  let text = '';
  for (let minute = from * 60; minute < to * 60; minute++)
    for (const [i, service] of services.entries()) {
      const time = new Date(start + minute * 60_000 + i * 1000).toISOString();
      const isBad = minute >= bad.from * 60 && minute < bad.to * 60;
      for (let k = 0; k < (isBad ? 12 : 1) + ((minute * 7 + i) % 3); k++) {
        const message = isBad ? `cannot reach shard ${k} of the ring` : `request ${k} served in ${minute % 60} ms`;
        text += `${JSON.stringify({ time, level: isBad ? 'error' : 'info', service, message })}\n`;
      }
    }
  return text;
}

const folder = mkdtempSync(join(tmpdir(), 'tocsin-snapshots-'));
const [config, log] = [join(folder, 'tocsin.json'), join(folder, 'app.log')];
const preload = join(process.cwd(), 'test/faults/kill-point.mjs');
const states = ['state', 'before'].map((name) => join(folder, name));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function decided(source: 'decisions' | 'windows'): Promise<Buffer> {
  const out = join(folder, `${source}.bin`);
  expect(await ended('replay', '--config', config, '--source', source, '--out', out)).toMatchObject({ err: '' });
  return readFileSync(out);
}

test('a revert that is killed again and again ends as one that was not; replay decides the same', async () => {
  const settings = {
    sources: [{ type: 'file', path: log, format: 'json' }],
    state: { dir: states[0] },
    channels: { shards: 2 },
    http: { port: 0 },
    respond: { stdout: 'none' },
    detection: { training: { automatic: false } },
    log: { format: 'json' },
  };
  writeFileSync(config, JSON.stringify(settings));
  writeFileSync(log, lines(0, bad.from));
  await tocsin('run', '--config', config);
  await tocsin('snapshot', 'create', 'good', '--config', config);
  appendFileSync(log, lines(bad.from, bad.to));
  await tocsin('run', '--config', config);
  appendFileSync(log, lines(bad.to, bad.to + 4));
  const range = [bad.from, bad.to].map((hours) => new Date(start + hours * hour).toISOString()).join('..');
  await tocsin('snapshot', 'revert', 'good', '--without', range, '--config', config);
  cpSync(states[0]!, states[1]!, { recursive: true });

  const known = (await decided('decisions')).length;
  await tocsin('run', '--config', config);
  const usual = await decided('decisions');
  expect(usual.length).toBeGreaterThan(known);
  expect((await decided('windows')).equals(usual)).toBe(true);

  rmSync(states[0]!, { recursive: true });
  cpSync(states[1]!, states[0]!, { recursive: true });
  let killed = 0;
  for (const point of ['restore:4', 'before:1', 'during:2', 'after:2', 'during:3', 'before:4']) {
    const run = begin(['run', '--config', config], { node: ['--import', preload], env: { FAULT_POINT: point } });
    if ((await run.ended).signal === 'SIGKILL') killed++;
  }
  await tocsin('run', '--config', config);
  expect(killed).toBeGreaterThan(2);
  expect((await decided('decisions')).equals(usual)).toBe(true);
  expect((await decided('windows')).equals(usual)).toBe(true);
}, 600_000);
