/** What tocsin writes to is slow: it reads no faster than it can write, its memory stays what it is, and nothing else changes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Faults } from '../integration/services/proxy.js';
import { tocsin, type Running } from '../integration/services/tocsin.js';
import { FleetScene } from './fleet-scene.js';
import { expectEqual, expectSubstance, type Outcome } from './outcome.js';

let scene: FleetScene;
let expected: Outcome;
/** All that is read, and what memory it takes. */
let calm: Sample;
beforeAll(async () => {
  scene = await FleetScene.open({ lines: 200_000 });
  await tocsin('topics', '--config', scene.member('calm', 'a'), '--create');
  const samples = await watch('calm', scene.begin('calm', 'a'));
  calm = { ...samples[samples.length - 1]!, residentMb: most(samples, ({ residentMb }) => residentMb) };
  expected = await scene.outcome('calm');
  expectSubstance(expected);
}, 240_000);
afterAll(() => scene?.close());
afterEach(() => {
  scene.proxy?.behave({});
  scene.redisProxy.behave({});
});

interface Sample {
  /** Records that were read of the logs, and the offsets of their checkpoints, as the group was told. */
  readonly read: number;
  readonly kept: number;
  readonly residentMb: number;
}

async function sample(url: string, fleet: string): Promise<Sample> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const of = (name: RegExp): number => [...metrics.matchAll(name)].reduce((sum, [, value]) => sum + Number(value), 0);
  const admin = scene.kafka.client().admin();
  await admin.connect();
  const { partitions } = (await admin.fetchOffsets({ groupId: fleet, topics: ['logs'] })).at(0)!;
  await admin.disconnect();
  return {
    read: of(/^tocsin_records_total\{source="logs[^}]*\} (\d+)$/gm),
    kept: partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0),
    residentMb: of(/^process_resident_memory_bytes (\d+)$/gm) / 2 ** 20,
  };
}

async function urlOf(member: Running): Promise<string> {
  for (;;) {
    const found = /"url":"(http[^"]+)"/.exec(member.said());
    if (found) return found[1]!;
    if (member.isOver()) throw new Error(member.said().slice(-2000));
    await sleep(20);
  }
}

/** A run, watched until it ends, or for a time. */
async function watch(fleet: string, member: Running, ms = Infinity): Promise<readonly Sample[]> {
  const url = await urlOf(member);
  const samples: Sample[] = [];
  const began = performance.now();
  while (!member.isOver() && performance.now() - began < ms) {
    // It may end meanwhile.
    const one = await sample(url, fleet).catch(() => undefined);
    if (one) samples.push(one);
    await sleep(200);
  }
  return samples;
}

const most = (samples: readonly Sample[], of: (one: Sample) => number): number => Math.max(...samples.map(of));

/** Four partitions, a few slices of 2,048 records each under way, and what was kept and not told yet. */
const maxAhead = 40_000;
const slowMs = 20_000;
const thinLine = (bytesPerSecond: number): Faults => ({ bytesPerSecond, thin: 'requests' });

const slow: readonly (readonly [string, () => void])[] = [
  ['redis', () => scene.redisProxy.behave(thinLine(40_000))],
  // Packed, and those that fetch ask for little: it is what is written that waits.
  ['windows', () => scene.proxy!.behave(thinLine(12_000))],
];

test.each(slow)(
  'slow %s',
  async (name, slowDown) => {
    await tocsin('topics', '--config', scene.member(name, 'a'), '--create');
    const member = scene.begin(name, 'a');
    await scene.working(name, [member], 1);
    slowDown();
    const samples = await watch(name, member, slowMs);
    scene.proxy!.behave({});
    scene.redisProxy.behave({});
    const last = samples[samples.length - 1]!;
    console.info(`slow ${name}: ${JSON.stringify({ calm, last })}`);
    expect(last.read).toBeLessThan((calm.read * 3) / 4);
    expect(most(samples, ({ read, kept }) => read - kept)).toBeLessThan(maxAhead);
    expect(most(samples, ({ residentMb }) => residentMb)).toBeLessThan(calm.residentMb);
    expect((await member.ended).code).toBe(0);
    expectEqual(await scene.outcome(name), expected);
  },
  240_000,
);
