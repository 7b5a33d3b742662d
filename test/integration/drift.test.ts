/** Drift from end to end: a run finds it, shows it, trains because of it, and the gate lets the new models in. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axios from 'axios';
import { openChannel } from '../../offline/replay/channel-records.js';
import { decodeDecision } from '../../records/score.js';
import { readConfig } from '../../service/configuration.js';
import { chance } from '../builders/windows.js';
import { freePort } from './services/free-port.js';
import { begin, ended, type Running } from './services/tocsin.js';
import { until } from './services/until.js';

const window = 900_000;
const day = 86_400_000;
const start = Date.UTC(2026, 0, 5);
const services = ['auth', 'cart', 'mail'];
/** From here on there is more traffic, which is slower and fails more often: the first hour after the training of day 10. */
const shiftAt = start + 10 * day + 3_600_000;

/** Eleven days and two hours. */
function lines(): string {
  const random = chance(21);
  const found: (readonly [at: number, line: string])[] = [];
  for (let from = start; from < start + 11 * day + 7_200_000; from += window)
    for (const service of services) {
      const more = from >= shiftAt ? 5 : 1;
      const n = (3 + Math.floor(random() * 4)) * more;
      for (let k = 0; k < n; k++) {
        const at = from + Math.floor(((k + random()) * window) / n);
        const message = `request ${k % 3} served in ${Math.floor((20 + random() * 30) * more)} ms`;
        const level = random() < 0.02 * more * 2 ? 'error' : 'info';
        found.push([at, JSON.stringify({ time: new Date(at).toISOString(), level, service, message })]);
      }
    }
  return found
    .sort(([a], [b]) => a - b)
    .map(([, line]) => `${line}\n`)
    .join('');
}

const folder = mkdtempSync(join(tmpdir(), 'tocsin-drift-'));
let run: Running | undefined;
afterAll(() => {
  run?.signal('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

test('a shift is found at the next look, shown by the metric of its alert, and leads through the gate to other models', async () => {
  const [file, port] = [join(folder, 'run.json'), await freePort()];
  const settings = {
    sources: [{ type: 'file', path: '-', format: 'json' }],
    state: { dir: join(folder, 'state') },
    windows: { length: '15m', pane: '5m' },
    channels: { shards: 2 },
    // Drift is looked for behind a training on nine days or more.
    detection: { training: { every: '10d', drift: 'always' } },
    http: { port, rate_limit: 100_000 },
    respond: { stdout: 'none' },
    log: { format: 'json' },
  };
  writeFileSync(file, JSON.stringify(settings));
  const live = (run = begin(['run', '--config', file], { stdin: 'pipe' }));
  live.stdin.write(lines());
  const drifted = await until(
    'the metric',
    async () => {
      expect(live.isOver()).toBe(false);
      const { data } = await axios
        .get<string>(`http://127.0.0.1:${port}/metrics`, { timeout: 5000 })
        .catch(() => ({ data: '' }));
      const found = [...data.matchAll(/^tocsin_drift\{entity="service\{service=\\"(\w+)\\"\}"\} 1$/gm)];
      return found.length > 0 ? found.map(([, service]) => service) : undefined;
    },
    patience,
  );
  expect(drifted.sort()).toEqual(services);
  live.stdin.end();
  const { code, said } = await live.ended;
  expect([code, code === 0 ? '' : said.slice(-2000)]).toEqual([0, '']);

  const events = said
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { msg: string; why?: string; upTo?: string });
  const promoted = events.filter(({ msg }) => msg === 'models promoted');
  expect(promoted.at(-1)?.why).toMatch(/^3 of 3 services drifted: /);
  // No look before the shift had a reason.
  expect(promoted.filter(({ why }) => why?.includes('drifted'))).toHaveLength(1);
  const log = await openChannel(readConfig(file), 'decisions');
  const artefacts = new Map<number, string>();
  for (let shard = 0; shard < log.shards; shard++)
    for await (const { value } of log.records(shard)) {
      const { end, artefact } = decodeDecision(value);
      artefacts.set(end, artefact);
    }
  await log.close();
  expect(artefacts.get(start + 11 * day + 3_600_000)).not.toBe(artefacts.get(start + 11 * day));
  // The command says the same of what the log has.
  const page = join(folder, 'drift.html');
  const command = await ended('drift', '--config', file, '--reference', '8d', '--html', page, '--json');
  expect(command.code).toBe(3);
  const report = JSON.parse(command.out) as { entities: { isDrifted: boolean }[] };
  expect(report.entities.map(({ isDrifted }) => isDrifted)).toEqual([true, true, true]);
}, 900_000);

/** For a run of eleven days, on machines that are busy, too, ms. */
const patience = 800_000;
