/** SIGTERM while the run is held for a training: it ends with 0, and the next run decides what one run would have decided. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { begin } from './services/tocsin.js';
import { until } from './services/until.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-held-'));
  const start = Date.parse('2026-01-05T00:00:00Z');
  // Enough services to train on after two hours.
  const services = Array.from({ length: 180 }, (_, i) => `service-${i}`);
  const lines = Array.from({ length: 36 }, (_, i) => {
    const time = new Date(start + i * 300_000).toISOString();
    return services.map((service) => JSON.stringify({ time, service, msg: `handled request ${i}` })).join('\n');
  });
  writeFileSync(join(folder, 'app.log'), `${lines.join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function configured(name: string): string {
  const path = join(folder, `${name}.json`);
  const settings = {
    sources: [{ path: join(folder, 'app.log') }],
    state: { dir: join(folder, name) },
    http: { port: 0 },
    log: { format: 'json' },
    respond: { stdout: 'none' },
  };
  writeFileSync(path, JSON.stringify(settings));
  return path;
}

async function decisionsOf(config: string): Promise<Buffer> {
  const out = `${config}.bin`;
  const { code, said } = await begin(['replay', '--config', config, '--source', 'decisions', '--out', out]).ended;
  expect({ code, said }).toMatchObject({ code: 0 });
  return readFileSync(out);
}

test('a stop in the midst of a training loses and repeats no decision', async () => {
  const whole = configured('whole');
  expect((await begin(['run', '--config', whole]).ended).code).toBe(0);

  const cut = configured('cut');
  const running = begin(['run', '--config', cut]);
  await until('the training to begin', async () => /training begins/.test(running.said()) || undefined, 60_000);
  running.signal('SIGTERM');
  const { code, said } = await running.ended;
  expect({ code, said }).toMatchObject({ code: 0 });
  expect((await begin(['run', '--config', cut]).ended).code).toBe(0);
  expect((await decisionsOf(cut)).equals(await decisionsOf(whole))).toBe(true);
}, 180_000);
