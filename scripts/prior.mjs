// Makes the artefact set that ships with tocsin: `npm run prior`. Trained from the first two days of simulated fleets, none of
// which has an incident, and of simulated metric series; seeds that no test and no evaluation uses. The same code gives
// the same bytes.
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const dist = new URL('../dist/', import.meta.url);
const load = (path) => import(new URL(path, dist).href);
const { configSchema } = await load('config/schema.js');
const { simulateFleet } = await load('lab/simulate/fleet.js');
const { ingestSources, shardRecords } = await load('offline/windows-log.js');
const { openChannel } = await load('offline/replay/channel-records.js');
const { kernel, windowParts } = await load('service/options.js');
const { calibrationCodec, members } = await load('training/artefacts.js');
const { train } = await load('training/train.js');
const { openSet, writeSet } = await load('models/registry/registry.js');
const { decode, encode } = await load('records/wire/codec.js');

const hour = 3_600_000;
const began = Date.UTC(2025, 8, 1);
const fleets = Number(process.env.PRIOR_FLEETS ?? 10);
const series = 24;
/** All end alike; they begin at other times of day. */
const hoursOf = (index) => 60 - 6 * (index % 4);

const folder = mkdtempSync(join(tmpdir(), 'tocsin-prior-'));
const out = new URL('../training/prior/', import.meta.url).pathname;
try {
  mkdirSync(join(folder, 'logs'));
  const sources = [];
  let lines = 0;
  for (let index = 0; index < fleets; index++) {
    const hours = hoursOf(index);
    // From a line a minute to twenty, for each service.
    const count = Math.round(hours * 60 * 9 * 1.4 ** (index % 10));
    const fleet = simulateFleet({
      seed: 90_000 + index,
      days: hours / 24,
      lines: count,
      start: began + (60 - hours) * hour,
    });
    for (const { name, year } of [...fleet.services, fleet.sessions]) {
      const path = join(folder, 'logs', `${name}-${index}.log`);
      writeFileSync(path, '');
      sources.push({ type: 'file', path, year, labels: { service: `${name}-${index}` } });
    }
    for (const { source, bytes, lines: more } of fleet.chunks()) {
      appendFileSync(join(folder, 'logs', `${source}-${index}.log`), bytes);
      lines += more;
    }
  }
  sources.push({ type: 'file', path: seriesFile(), format: 'metric' });
  const config = configSchema.parse({ sources, state: { dir: join(folder, 'state') }, log: { level: 'error' } });
  await ingestSources(config, console.error);
  const channel = await openChannel(config, 'windows');
  const dir = join(folder, 'models');
  const trained = await train({
    shards: shardRecords(channel),
    windows: windowParts(config),
    rules: [],
    kernel,
    seed: 1,
    extra: [],
    own: [],
    dir,
    young: true,
    to: began + 60 * hour,
  });
  await channel.close();
  if (!trained) throw new Error('too few windows to train on');
  // What is known of single services of the simulation is nobody else's.
  const set = await openSet(dir, trained.id);
  const contents = Object.fromEntries(
    set.names.filter((name) => name !== members.habits).map((name) => [name, set.bytes(name)]),
  );
  const { prior } = decode(calibrationCodec, set.bytes(members.calibration));
  contents[members.calibration] = encode(calibrationCodec, { prior, levels: new Map() });
  rmSync(out, { recursive: true, force: true });
  const id = await writeSet(out, { from: 0, members: contents });
  const bytes = Object.values(contents).reduce((sum, each) => sum + each.length, 0);
  const card = `# The models that ship with tocsin

Set \`${id}\`, ${Math.ceil(bytes / 1024)} KiB. Made by \`npm run prior\` (\`scripts/prior.mjs\`); nothing else goes into it.

- **From what**: ${lines.toLocaleString('en')} simulated log lines of ${fleets} fleets (seeds 90000 to ${90_000 + fleets - 1}) without incidents, from 1 to
  about 20 lines a minute and service, and ${series} simulated metric series, one value a minute. The first 42 to 60 hours of each:
  that is what it is for. ${trained.rows.toLocaleString('en')} windows of ${fleets * 9} services and ${series} series.
- **What is in it**: ${trained.detectors.length} detectors (${trained.detectors.map((name) => name.replace('detector/', '')).join(', ')}), a calibration curve for each,
  pooled over all services or series, and a catalogue of ${trained.templates} templates.
- **When it scores**: from the third window of an entity on, until a set of the fleet's own is promoted; confidence .25,
  which grows with the entity's own past.
- **What it cannot know**: seasons, and what is usual in your logs. It has seen no real log.
`;
  writeFileSync(join(out, 'README.md'), card);
  console.log(card);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Series with a day's course, noise, and of some kinds bursts or steps. */
function seriesFile() {
  const path = join(folder, 'logs', 'series.csv');
  let state = 20_250_901;
  const random = () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const kinds = Array.from({ length: series }, (_, k) => ({
    name: `series_${k}`,
    size: 10 ** (k % 5),
    course: (k % 4) / 6,
    noise: 0.01 * 2 ** (k % 5),
    memory: (k % 3) / 2.5,
    phase: random() * 2 * Math.PI,
    rest: 0,
  }));
  const rows = [];
  for (let minute = 0; minute < 60 * 60; minute++) {
    for (const kind of kinds) {
      kind.rest = kind.memory * kind.rest + normal() * kind.noise;
      const course = 1 + kind.course * Math.sin((2 * Math.PI * minute) / 1440 + kind.phase);
      const value = Math.max(0, kind.size * (course + kind.rest));
      rows.push(`${new Date(began + minute * 60_000).toISOString()},${value.toPrecision(6)},${kind.name}`);
    }
  }
  writeFileSync(path, `${rows.join('\n')}\n`);
  return path;
}
