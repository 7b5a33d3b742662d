/**
 * A console over a fleet that is made up: `node dist/bench/console-fleet.js ENTITIES` prints its address, and serves until
 * its standard input ends. What is looked at is real: the logs, the view, the routes, the page.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '../config/schema.js';
import { Links } from '../connectors/http/links.js';
import { createMetrics } from '../connectors/http/metrics.js';
import { createServer } from '../connectors/http/server.js';
import { Console } from '../console/console.js';
import { entity } from '../records/entity.js';
import { encodeDecision } from '../records/score.js';
import { mix32 } from '../records/wire/hash.js';
import { openEmbedded } from '../service/channels.js';
import type { Served } from '../service/http.js';

const quarter = 900_000;
/** A day of each entity. */
const windows = 96;
const end = Date.UTC(2026, 0, 6);

const entities = Number(process.argv[2] ?? 2000);
const dir = mkdtempSync(join(tmpdir(), 'tocsin-fleet-'));
const config = configSchema.parse({ sources: [{ type: 'file', path: 'none.log' }], state: { dir } });
const embedded = await openEmbedded(config, () => undefined);
const { writer } = embedded.channels.decisions;
const keys = Array.from(
  { length: entities },
  (_, i) => entity('service', { environment: 'prod', service: `service-${String(i).padStart(5, '0')}` }).key,
);
for (let window = 1; window <= windows; window++) {
  const at = end - (windows - window) * quarter;
  for (const [i, key] of keys.entries()) {
    // One window of about 500 fires.
    const chance = (mix32(i * windows + window) >>> 0) / 2 ** 32;
    const u = chance < 0.002 ? 1.2 : -2 + 2 * chance;
    const decision = {
      ...{ entity: key, key: '', start: at - quarter, end: at, artefact: 'a'.repeat(32), schema: 'logs-1' },
      ...{ features: [], scores: [], policy: 'mixture', u, threshold: 0.2, confidence: 1, propensity: 1 },
      arms: [{ arm: 'median', u }],
      ...{ fired: u > 0.2, listed: false, asked: false, rules: [], vetoed: false, flags: [], baselines: [] },
      ...{ effective: [], direction: 0 },
    };
    writer.append(0, key, encodeDecision(decision as unknown as Parameters<typeof encodeDecision>[0]));
  }
  await writer.flush();
}

const metrics = createMetrics();
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const page = new Console({ config, metrics, log: quiet, version: 'bench' });
const server = createServer({
  metrics,
  health: () => ({ live: [], ready: [] }),
  alerts: () => [],
  giveVerdict: async () => undefined,
  rateLimit: 1_000_000,
  status: async () => ({
    ...{ learning: '', problems: [], waiting: [], training: null },
    lines: { in: 0, read: 0, joined: 0, refused: 0, reasons: {} },
  }),
  calendar: () => undefined,
  healing: () => undefined,
  watermarks: () => undefined,
  models: () => undefined,
  snapshots: () => undefined,
  links: () => undefined,
  hasConsole: true,
  extend: page.extend,
});
// What a run has beside its logs; nothing of it is looked at here.
const run = {
  links: new Links('http://localhost', 'k'.repeat(32)),
  wiring: {
    ...{ knownAlerts: () => [], asideOf: () => undefined, verdicts: { said: () => [] } },
    calendar: { entries: () => [] },
  },
  healer: {
    ...{ recent: [], rules: [], controls: { said: new Map() }, stopped: () => undefined },
    ledger: { stoppedRules: new Map(), breakers: new Map(), asks: new Map(), actions: new Map() },
  },
};
await page.start(run as unknown as Served, 'http://localhost');
page.view.changes.on('change', () => undefined);
while (!page.view.isCurrent) await new Promise((resolve) => page.view.changes.once('change', resolve));
const url = await server.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`${url}\n`);
process.stdin.resume().on('end', () => {
  void (async () => {
    await server.close();
    await page.close();
    await embedded.close();
    rmSync(dir, { recursive: true, force: true });
    process.exit();
  })();
});
