// The first week of simulated fleets that nobody has trained for: `node scripts/first-week.mjs [SEEDS] [FIRST SEED]` after
// a build. Incidents in hours 3 to 72; what was found, and what it cost in false alerts against the budget.
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const load = (path) => import(new URL(`../dist/${path}`, import.meta.url).href);
const { simulateFleet } = await load('lab/simulate/fleet.js');
const { score } = await load('lab/judge/score.js');
const { openChannel } = await load('offline/replay/channel-records.js');
const { readConfig } = await load('service/configuration.js');
const { decodeAlert } = await load('records/alert.js');

const [seeds = 10, firstSeed = 1] = process.argv.slice(2).map(Number);
const days = 7;
const hour = 3_600_000;
const total = { injected: 0, found: 0, day: 0, dayFound: 0, alerts: 0, delays: [], kinds: new Map(), perService: [] };

for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-week-'));
  try {
    const fleet = simulateFleet({ seed, days, lines: 20_000 * days, early: true });
    mkdirSync(join(folder, 'logs'));
    const all = [...fleet.services, fleet.sessions];
    for (const { name } of all) writeFileSync(join(folder, 'logs', `${name}.log`), '');
    for (const { source, bytes } of fleet.chunks()) appendFileSync(join(folder, 'logs', `${source}.log`), bytes);
    const config = join(folder, 'tocsin.json');
    const settings = {
      sources: all.map(({ name, year }) => ({
        type: 'file',
        path: join(folder, 'logs', `${name}.log`),
        year,
        labels: { service: name },
      })),
      sessions: [{ class: fleet.sessions.name, pattern: fleet.sessions.sessionKey }],
      state: { dir: join(folder, 'state') },
      http: { port: 0 },
      log: { level: 'info', format: 'json' },
      respond: { stdout: 'none' },
    };
    writeFileSync(config, JSON.stringify(settings));
    const run = spawnSync(process.execPath, ['dist/cli/main.js', 'run', '--config', config], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`seed ${seed}: ${run.stderr.slice(-1000)}`);
    const trainings =
      (run.stdout + run.stderr).match(/"msg":"(models promoted|new models refused|too little)[^"]*/g) ?? [];
    const channel = await openChannel(readConfig(config), 'alerts');
    const episodes = new Map();
    for await (const { value } of channel.records(0)) {
      const { severity, fingerprint, entity, startsAt, at, status, lastAt } = decodeAlert(value);
      const known = episodes.get(fingerprint);
      // What is only listed pages nobody.
      if (severity === 'info' && !known) continue;
      const end = status === 'resolved' ? { end: lastAt } : {};
      episodes.set(fingerprint, { entity, start: startsAt, firedAt: known?.firedAt ?? at, ...end });
    }
    await channel.close();
    const watched = all.map(({ name }) => name);
    const judged = score({
      incidents: fleet.incidents,
      episodes: [...episodes.values()],
      watched,
      from: fleet.start,
      to: fleet.end,
    });
    const alerts = judged.falseAlerts.reduce((sum, each) => sum + each.alerts, 0);
    total.injected += judged.injected;
    total.found += judged.found;
    total.alerts += alerts;
    total.perService.push(...judged.falseAlerts.map((each) => each.alerts));
    for (const { incident, found, delayMs } of judged.outcomes) {
      if (found) total.delays.push(delayMs / 60_000);
      const isFirstDay = incident.start < fleet.start + 24 * hour;
      if (isFirstDay) total.day++;
      if (isFirstDay && found) total.dayFound++;
      const kind = total.kinds.get(incident.kind) ?? [0, 0];
      total.kinds.set(incident.kind, [kind[0] + (found ? 1 : 0), kind[1] + 1]);
    }
    console.log(
      `seed ${seed}: found ${judged.found} of ${judged.injected}, ${alerts} false alerts of ${watched.length} services; ${trainings.map((each) => each.slice(7)).join(', ')}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
const sorted = total.delays.sort((a, b) => a - b);
console.log(
  `found ${total.found} of ${total.injected}; on the first day ${total.dayFound} of ${total.day}; median after ${sorted[Math.floor(sorted.length / 2)]?.toFixed(0)} min`,
);
for (const [kind, [found, all]] of total.kinds) console.log(`  ${kind}: ${found} of ${all}`);
const over = total.perService.filter((alerts) => alerts > 1).length;
console.log(
  `false alerts in the first week: ${total.alerts}, ${(total.alerts / total.perService.length).toFixed(2)} a service (budget 1); more than 1 at ${over} of ${total.perService.length} services`,
);
