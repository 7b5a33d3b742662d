/** Services that change are found by the run itself, which trains then, and by the gate lets the new models in or not. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended, tocsin } from './services/tocsin.js';

const services = Array.from({ length: 6 }, (_, i) => `service-${i}`);
const start = Date.UTC(2026, 0, 5);
const days = 13;
const shiftedFrom = 10.5;

function lines(): string {
  let text = '';
  for (let slot = 0; slot < days * 24 * 6; slot++)
    for (const [i, service] of services.entries()) {
      const isShifted = i < 3 && slot >= shiftedFrom * 24 * 6;
      const count = (isShifted ? 9 : 3) + ((slot * 7 + i * 3) % 3);
      for (let k = 0; k < count; k++) {
        const time = new Date(start + slot * 600_000 + i * 1000 + k * 10_000).toISOString();
        const message = isShifted && k % 2 === 0 ? `retry ${k} of upstream` : `request ${k} served in ${20 + k} ms`;
        text += `${JSON.stringify({ time, level: isShifted && k % 3 === 0 ? 'warn' : 'info', service, message })}\n`;
      }
    }
  return text;
}

test('services that are not what the models learnt are named, and are reason to train', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-drift-'));
  try {
    const [config, path] = [join(folder, 'tocsin.json'), join(folder, 'app.log')];
    writeFileSync(path, lines());
    const settings = {
      sources: [{ type: 'file', path, format: 'json' }],
      windows: { length: '1h', pane: '10m' },
      state: { dir: join(folder, 'state') },
      channels: { shards: 2 },
      http: { port: 0 },
      respond: { stdout: 'none' },
      detection: { training: { every: '10d', drift: 'always' } },
      log: { format: 'json' },
    };
    writeFileSync(config, JSON.stringify(settings));
    const said = await tocsin('run', '--config', config);
    const named = said.split('\n').filter((line) => line.includes('not what they were'));
    expect(named.length).toBeGreaterThan(0);
    for (const service of services.slice(0, 3)) expect(named.join('')).toContain(service);
    const reasons = said.split('\n').filter((line) => /models (promoted|refused)/.test(line) && /drifted/.test(line));
    expect(reasons.length).toBeGreaterThan(0);

    // Trained when the data asked for it: a replay decides the same.
    const bytes: Buffer[] = [];
    for (const source of ['decisions', 'windows']) {
      const out = join(folder, `${source}.bin`);
      await ended('replay', '--config', config, '--source', source, '--out', out);
      bytes.push(readFileSync(out));
    }
    expect(bytes[1].equals(bytes[0])).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 240_000);
