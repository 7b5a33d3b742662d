/**
 * A long run under load: `npm run soak -- --minutes 60 --rate 20000 --entities 20000`.
 *
 * Real Kafka and Redis, two members that stay and a third that joins and leaves, so that partitions move again and again;
 * models are trained and promoted on the way. Memory of those that stay, and how far the fleet is behind, are sampled
 * each ten seconds, written to `samples.jsonl` and told at the end. It fails where a member ends by itself, memory or lag
 * grows, or a line is refused.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { startService } from '../service.js';
import { behind, command, configure } from './fleet.js';
import { Member } from './member.js';
import { slopePerHour, thirds, type Sample } from './trend.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '20000' }, // lines a second
    entities: { type: 'string', default: '20000' },
    rebalance: { type: 'string', default: '5' }, // minutes between two; 0 for none
    settle: { type: 'string', default: '10' }, // minutes that do not count
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: '.tocsin/soak' },
  },
});
const number = (name: keyof typeof values): number => {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value >= 0) return value;
  console.error(`--${name} must be a number, not ${values[name]}`);
  process.exit(2);
};
const [minutes, rate, entities, rebalance, settle] = (
  ['minutes', 'rate', 'entities', 'rebalance', 'settle'] as const
).map(number) as [number, number, number, number, number];
const seed = number('seed');
const { out } = values;

const partitions = 6;
const sampleMs = 10_000;
/** From then on it is tried to train; what is trained on are the first windows that are closed. */
const trainAfter = Math.min(6, minutes / 2);
/** A slope of memory that is none, MiB an hour, beside the noise of a garbage collector. */
const maxGrowth = 48;
/** How long the fleet may take for what is left when the load has ended, ms. */
const drainMs = 600_000;

mkdirSync(out, { recursive: true });
const samplesFile = join(out, 'samples.jsonl');
writeFileSync(samplesFile, '');
const failures: string[] = [];
const began = performance.now();
const elapsed = (): number => (performance.now() - began) / 1000;
const tell = (text: string): void => console.log(`${(elapsed() / 60).toFixed(1).padStart(5)} min  ${text}`);

const startBoth = await Promise.all([
  startService('kafka'),
  startService('redis', '--maxmemory', '4gb', '--fsync', 'everysec'),
]);
const [kafka, redis] = startBoth;
const members: Member[] = [];
let load: ReturnType<typeof fork> | undefined;
const api = new Kafka({ clientId: 'soak', brokers: kafka.url.split(','), logLevel: logLevel.NOTHING });
const admin = api.admin();
try {
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'logs', numPartitions: partitions }], waitForLeaders: true });
  const configs = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, configure(out, name, kafka.url, redis.url)]));
  const made = await command('topics', '--config', configs.a!, '--create');
  if (made.code !== 0) throw new Error(made.said);
  const join_ = (name: string): Member => Member.start(name, configs[name]!, join(out, `${name}.log`));
  const staying = [join_('a'), join_('b')];
  members.push(...staying);
  let guest: Member | undefined;

  let written = 0;
  let wroteLast = elapsed();
  const loadArgs = [kafka.url, 'logs', String(partitions), String(rate), String(entities), String(seed)];
  load = fork(join(import.meta.dirname, 'load.js'), loadArgs);
  load.on('message', (message: { written: number }) => {
    written = message.written;
    wroteLast = elapsed();
  });
  const loadEnded = once(load, 'close');

  const memory = new Map(staying.map(({ name }) => [name, [] as Sample[]]));
  const heap = new Map(staying.map(({ name }) => [name, [] as Sample[]]));
  const lag = { logs: [] as Sample[], windows: [] as Sample[] };
  let rebalances = 0;
  let training: Promise<void> | undefined;
  let trainedAt: number | undefined;
  let isTraining = false;
  const train = async (): Promise<void> => {
    isTraining = true;
    const { code, said } = await command('train', '--config', configs.a!, '--json');
    isTraining = false;
    if (code !== 0) {
      tell(`not trained yet: ${said.trim().split('\n').at(-1)}`);
      return;
    }
    trainedAt = elapsed();
    const { rows, detectors } = JSON.parse(said.trim().split('\n').at(-1)!) as { rows: number; detectors: string[] };
    tell(`models promoted: ${rows} rows, ${detectors.length} detectors`);
  };

  for (let next = sampleMs / 1000; elapsed() < minutes * 60; next += sampleMs / 1000) {
    await sleep(Math.max(0, (next - elapsed()) * 1000));
    const at = elapsed();
    const gone = members.find((member) => member.isOver);
    if (gone) throw new Error(`member ${gone.name} ended by itself: look at ${join(out, `${gone.name}.log`)}`);
    const resident = Object.fromEntries(staying.map((member) => [member.name, Math.round(member.resident())]));
    const used: Record<string, unknown> = {};
    for (const member of staying) {
      memory.get(member.name)!.push({ at, value: member.resident() });
      const inUse = await member.inUse();
      used[member.name] = inUse;
      if (inUse) heap.get(member.name)!.push({ at, value: inUse.heap + inUse.external });
    }
    const logs = await behind(admin, 'soak', 'logs').catch(() => undefined);
    const windows = await behind(admin, 'soak-detect', 'soak.windows').catch(() => undefined);
    if (logs !== undefined) lag.logs.push({ at, value: logs });
    if (windows !== undefined) lag.windows.push({ at, value: windows });
    appendFileSync(samplesFile, `${JSON.stringify({ at, written, resident, used, lag: { logs, windows } })}\n`);
    if (Math.floor(at / 60) > Math.floor((at - sampleMs / 1000) / 60))
      tell(`${written} lines written; behind ${logs} lines, ${windows} of windows; MiB ${JSON.stringify(resident)}`);
    if (trainedAt === undefined && !isTraining && at > trainAfter * 60) training = train();
    if (rebalance > 0 && at > (rebalances + 1) * rebalance * 60) {
      rebalances++;
      if (guest) {
        members.splice(members.indexOf(guest), 1);
        await guest.leave();
        guest = undefined;
      } else members.push((guest = join_('c')));
      tell(`a member ${guest ? 'joins' : 'has left'}`);
    }
  }
  await training;
  const seconds = wroteLast;
  load.send('stop');
  await loadEnded;
  tell(`load ended: ${written} lines`);
  const until = performance.now() + drainMs;
  const drainedFrom = elapsed();
  // Marks come with lines: the last panes of `windows` stay open, but all of it is read.
  while ((await behind(admin, 'soak', 'logs')) + (await behind(admin, 'soak-detect', 'soak.windows')) > 0) {
    if (performance.now() > until) {
      failures.push('the fleet had not read all of it ten minutes after the load had ended');
      break;
    }
    await sleep(500);
  }
  const drained = elapsed() - drainedFrom;
  const refused = (await admin.fetchTopicOffsets('soak.dead-letters')).reduce((sum, { high }) => sum + Number(high), 0);
  const decided = (await admin.fetchTopicOffsets('soak.decisions')).reduce((sum, { high }) => sum + Number(high), 0);
  const alerts = (await admin.fetchTopicOffsets('soak.alerts')).reduce((sum, { high }) => sum + Number(high), 0);
  await Promise.all(members.map((member) => member.leave()));

  console.log(`\n${written} lines in ${(seconds / 60).toFixed(1)} min: ${Math.round(written / seconds)} a second`);
  console.log(`${decided} decisions, ${alerts} alert transitions, ${refused} dead letters, ${rebalances} rebalances`);
  console.log(
    trainedAt === undefined ? 'no models in force' : `models in force from minute ${(trainedAt / 60).toFixed(1)}`,
  );
  if (refused > 0) failures.push(`${refused} lines were refused`);
  if (trainedAt === undefined) failures.push('no models were trained');
  const counted = (samples: readonly Sample[]): readonly Sample[] => samples.filter(({ at }) => at >= settle * 60);
  const figures = (samples: readonly Sample[]): string =>
    thirds(counted(samples))
      .map((value) => Math.round(value))
      .join(', ');
  console.log(`\nafter ${settle} minutes, medians of the three thirds that follow:`);
  for (const { name } of staying) {
    const slope = slopePerHour(counted(memory.get(name)!));
    const ofHeap = slopePerHour(counted(heap.get(name)!));
    console.log(
      `member ${name}: resident ${figures(memory.get(name)!)} MiB, slope ${slope.toFixed(1)} MiB an hour; ` +
        `in use ${figures(heap.get(name)!)} MiB, slope ${ofHeap.toFixed(1)} MiB an hour`,
    );
    if (slope > maxGrowth) failures.push(`member ${name} grows by ${slope.toFixed(0)} MiB an hour`);
  }
  for (const [topic, samples] of Object.entries(lag)) {
    const most = Math.max(...counted(samples).map(({ value }) => value));
    console.log(`behind in ${topic}: ${figures(samples)} records, at most ${most}`);
    const [first, , last] = thirds(counted(samples));
    // Five seconds' worth is noise.
    if (last > 2 * first + 5 * rate)
      failures.push(`the fleet falls behind in ${topic}: ${first} records, then ${last}`);
  }
  console.log(`all was read ${drained.toFixed(1)} s after the load had ended`);
} catch (error) {
  failures.push((error as Error).message);
} finally {
  load?.kill();
  for (const member of members) member.kill();
  await admin.disconnect().catch(() => undefined);
  await Promise.all(startBoth.map((service) => service.stop()));
}
for (const failure of failures) console.error(`FAIL ${failure}`);
process.exitCode = failures.length > 0 ? 1 : 0;
