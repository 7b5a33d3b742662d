/**
 * The arm that learns from answers, from the first answer to the last: trained once there are enough, promoted with its set, and
 * believed for a service only where it goes on telling apart what people tell apart.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TopologyTestDriver } from '../../lab/driver.js';
import { detectDefaults, kernelRarity } from '../../lab/eval/in-process.js';
import { mergeDefaults, type WindowsItem } from '../../operators/merge.js';
import type { Tracked } from '../../records/decided.js';
import type { Decision } from '../../records/score.js';
import type { WindowsRecord } from '../../records/windows.js';
import { contextOf } from '../../service/people/verdicts.js';
import { detect } from '../../topologies/detect.js';
import { Artefacts } from '../../training/artefacts.js';
import { installPrior } from '../../training/prior.js';
import { train } from '../../training/train.js';
import { chance, define, logWindow, messages, monday, usualLines, type Line } from '../builders/windows.js';

const length = 3_600_000;
const windows = { ...mergeDefaults, pane: length, windowPanes: 1, shard: 'windows/0' };
const source = 'logs/0';
const arm = 'boosted-trees';
const services = ['shop', 'cart', 'mail', 'pay'].map((service) => `service{service="${service}"}`);
/** Hours until the training, and until the end. */
const [trainedAt, ends] = [500, 900];

const folder = mkdtempSync(join(tmpdir(), 'tocsin-answers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Errors, or a load test, which has many lines and errors among them: what is unusual is the same in both. */
type Happened = 'errors' | 'crowd' | undefined;

/** What people say of an hour in which something happened. */
type People = (happened: Happened, hour: number) => boolean;

/** Weeks of services with errors now and then, half of them in a crowd, and an answer to each; the trained set is in force from `trainedAt` on. */
async function weeks(name: string, people: People) {
  const dir = join(folder, name);
  const prior = (await installPrior(dir))!;
  const artefacts = new Artefacts(dir);
  await artefacts.load(prior);
  const driver = await TopologyTestDriver.open<WindowsItem, Tracked>((stores) =>
    detect({
      ...detectDefaults(stores),
      windows,
      artefacts: { loaded: artefacts.loaded, load: (id) => artefacts.load(id) },
      calibration: artefacts.calibration,
    }),
  );
  const random = chance(11);
  const log: WindowsItem[] = [];
  const decisions: Decision[] = [];
  let n = 0;
  const tag = () => ({ source, incarnation: 1, epoch: 1, offset: n++, n: 0 });
  const push = async (...records: readonly WindowsRecord[]): Promise<Decision[]> => {
    const items = records.map((record, i) => ({ offset: log.length + i, record }));
    log.push(...items);
    const left = await driver.push(...items);
    const made = left.flatMap((item) => (item.type === 'decided' ? [item.decision] : []));
    decisions.push(...made);
    return made;
  };
  const happenedIn = new Map<string, Happened>();
  let trained: Awaited<ReturnType<typeof train>>;
  await push(
    { type: 'sources', version: 1, sources: [source] },
    { type: 'promotion', artefact: prior, from: monday - length },
    ...[...messages, 'disk <*> is full'].map(define),
  );
  for (let hour = 1; hour <= ends; hour++) {
    const end = monday + hour * length;
    const records: WindowsRecord[] = services.map((entity) => {
      const happened: Happened = hour < 60 || random() > 0.1 ? undefined : random() < 0.5 ? 'errors' : 'crowd';
      happenedIn.set(`${entity} ${end}`, happened);
      const errors = Array.from(
        { length: happened === undefined ? 0 : Math.floor((happened === 'crowd' ? 4 : 1) * (6 + 30 * random())) },
        (): Line => ({
          masked: 'disk <*> is full',
          level: 'error',
        }),
      );
      const lines = [...usualLines(random, happened === 'crowd' ? 80 + 120 * random() : 40), ...errors];
      const { start, aggregate } = logWindow(end, lines, length, entity);
      return { type: 'log', tag: tag(), settings: 1, capped: false, entity, pane: start, aggregate };
    });
    const made = await push(...records, { type: 'mark', tag: tag(), kind: 'data', watermark: end });
    for (const decision of made) {
      const happened = happenedIn.get(`${decision.entity} ${decision.end}`);
      if (happened === undefined || decision.arms.length === 0) continue;
      const value = people(happened, hour) ? 'anomaly' : 'not-anomaly';
      const id = `${decision.entity} ${hour}`;
      await push({
        type: 'verdict',
        verdict: { id, alert: id, value, by: 'ann', at: end, context: contextOf(decision) },
      });
    }
    if (hour !== trainedAt) continue;
    trained = await train({
      shards: [
        async function* () {
          yield* [...log];
        },
      ],
      windows,
      rules: [],
      kernel: kernelRarity,
      seed: 1,
      extra: [],
      own: [],
      to: end,
      dir,
      previous: prior,
      keep: prior,
    });
    await artefacts.load(trained!.id);
    await push({ type: 'promotion', artefact: trained!.id, from: trained!.from });
  }
  driver.close();
  const later = decisions.filter(({ end }) => end > monday + (trainedAt + 1) * length);
  const weightsOf = (entity: string, name: string): number[] =>
    later
      .filter((decision) => decision.entity === entity)
      .flatMap(({ arms }) => arms.filter((one) => one.arm === name).map(({ weight }) => weight));
  const atEnd = (name: string): number =>
    services.reduce((sum, entity) => sum + (weightsOf(entity, name).at(-1) ?? 0), 0);
  return {
    detectors: trained!.detectors,
    later,
    happenedIn,
    /** Of the arm, at its first window and at its last, by service. */
    weights: services.map((entity) => weightsOf(entity, arm)).map((own) => [own[0], own.at(-1)!] as const),
    /** At the end, over all services. */
    mostBelieved: later[0]!.arms.map((one) => one.arm).sort((a, b) => atEnd(b) - atEnd(a))[0],
  };
}

const byErrors: People = (happened) => happened === 'errors';

test('answers train an arm, which joins unbelieved and is believed most where later answers bear it out', async () => {
  const { detectors, later, happenedIn, weights, mostBelieved } = await weeks('steady', byErrors);
  expect(detectors).toContain(`detector/logs-1/${arm}`);
  const seen = later.flatMap(({ entity, end, arms }) => {
    const happened = happenedIn.get(`${entity} ${end}`);
    const found = arms.find((one) => one.arm === arm);
    return happened && found ? [{ happened, u: found.u }] : [];
  });
  const [errors, crowds] = (['errors', 'crowd'] as const).map((kind) =>
    seen.filter(({ happened }) => happened === kind),
  );
  expect(Math.min(errors!.length, crowds!.length)).toBeGreaterThan(20);
  const right = errors!.flatMap((one) => crowds!.map((other) => (one.u > other.u ? 1 : one.u === other.u ? 0.5 : 0)));
  expect(right.reduce<number>((sum, one) => sum + one, 0) / right.length).toBeGreaterThan(0.9);
  for (const [first, last] of weights) {
    expect(first).toBeLessThan(0.1);
    expect(last).toBeGreaterThan(3 * first!);
  }
  expect(mostBelieved).toBe(arm);
}, 300_000);

test('where people change their minds it is believed less than at first', async () => {
  const { detectors, weights } = await weeks(
    'turned',
    (happened, hour) => byErrors(happened, hour) === hour <= trainedAt,
  );
  expect(detectors).toContain(`detector/logs-1/${arm}`);
  for (const [first, last] of weights) expect(last).toBeLessThan(first!);
}, 300_000);

test('answers by the toss of a coin train none', async () => {
  const toss = chance(5);
  const { detectors } = await weeks('tossed', () => toss() < 0.5);
  expect(detectors).toContain('detector/logs-1/prototypes');
  expect(detectors).not.toContain(`detector/logs-1/${arm}`);
}, 300_000);
