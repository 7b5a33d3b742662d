/** ONNX Runtime keeps a device id and a file of events below the home folder when its telemetry is on. It is off. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goodEnd } from './services/tocsin.js';

test('a run that scores leaves nothing in the home folder, so that nothing is there to be sent', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-home-'));
  const home = join(folder, 'home');
  mkdirSync(home);
  const line = (i: number): string =>
    JSON.stringify({
      time: new Date(Date.parse('2026-01-05T00:00:00Z') + i * 10_000).toISOString(),
      level: 'info',
      service: 'cart',
      message: `added ${i}`,
    });
  writeFileSync(join(folder, 'app.log'), Array.from({ length: 2000 }, (_, i) => `${line(i)}\n`).join(''));
  writeFileSync(
    join(folder, 'tocsin.json'),
    JSON.stringify({
      sources: [{ type: 'file', path: join(folder, 'app.log') }],
      state: { dir: join(folder, 'state') },
      http: { port: 0 },
    }),
  );
  const cache = { XDG_CACHE_HOME: join(home, '.cache'), XDG_DATA_HOME: join(home, '.data') };
  const said = await goodEnd(['run', '--config', join(folder, 'tocsin.json')], { env: { HOME: home, ...cache } });
  expect(said).not.toMatch(/telemetry/i);
  expect(said).toContain('"windows":');
  expect(readdirSync(home)).toEqual([]);
  rmSync(folder, { recursive: true });
});
