/** A detector that throws, or gives no number: what is left of the ensemble decides, nothing is learnt of it, and the alert says so. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TopologyTestDriver } from '../../lab/driver.js';
import { detectDefaults } from '../../lab/eval/in-process.js';
import type { Detector } from '../../models/detectors/detector.js';
import type { ModelsInForce } from '../../operators/artefact.js';
import { mergeDefaults, type WindowsItem } from '../../operators/merge.js';
import type { Tracked } from '../../records/decided.js';
import { decodeDecision, encodeDecision } from '../../records/score.js';
import type { WindowsRecord } from '../../records/windows.js';
import { detect } from '../../topologies/detect.js';
import { Artefacts } from '../../training/artefacts.js';
import { installPrior } from '../../training/prior.js';
import { chance, define, load, logWindow, messages, monday, shop, usualLines } from '../builders/windows.js';

const hour = 3_600_000;
const source = 'logs/0';
const masked = 'disk <*> is full';
let dir: string;
let artefacts: Artefacts;
let prior: ModelsInForce;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tocsin-degraded-'));
  const id = (await installPrior(dir)) ?? '';
  artefacts = new Artefacts(dir);
  await artefacts.load(id);
  prior = artefacts.loaded(id) as ModelsInForce;
});
afterAll(() => rm(dir, { recursive: true }));

/** Hours of a service and a series; the service is sick in the last but one. */
function history(hours: number): WindowsItem[] {
  const random = chance(7);
  const records: WindowsRecord[] = [
    { type: 'sources', version: 1, sources: [source] },
    { type: 'promotion', artefact: prior.id, from: monday - hour },
    ...[...messages, masked].map(define),
  ];
  let n = 0;
  const tag = () => ({ source, incarnation: 1, epoch: 1, offset: n++, n: 0 });
  for (let k = 1; k <= hours; k++) {
    const end = monday + k * hour;
    const sick = Array.from({ length: k >= hours - 1 ? 400 : 0 }, () => ({ masked, level: 'error' as const }));
    const shaped = { settings: 1, capped: false, pane: end - hour };
    const { aggregate } = logWindow(end, [...usualLines(random, 40), ...sick], hour);
    const points = [0, 20, 40].map((minute) => [end - hour + minute * 60_000, 10 + random()] as const);
    records.push({ type: 'log', tag: tag(), ...shaped, entity: shop.key, aggregate });
    records.push({ type: 'series', tag: tag(), ...shaped, entity: load.key, aggregate: { points } });
    records.push({ type: 'mark', tag: tag(), kind: 'data', watermark: end });
  }
  return records.map((record, offset) => ({ offset, record }));
}

async function run(score: (own: Detector) => Detector['score']) {
  const detectors = prior.detectors.map((own): Detector => ({
    card: own.card,
    cost: own.cost,
    attribute: (row) => own.attribute(row),
    score: own.card.name === 'robust-z' || own.card.name === 'holt-winters' ? score(own) : (rows) => own.score(rows),
  }));
  const driver = await TopologyTestDriver.open<WindowsItem, Tracked>((stores) =>
    detect({
      ...detectDefaults(stores),
      windows: { ...mergeDefaults, pane: hour, windowPanes: 1, shard: 'windows/0' },
      artefacts: {
        loaded: (id) => (id === prior.id ? { ...prior, detectors } : undefined),
        load: async () => undefined,
      },
      calibration: artefacts.calibration,
    }),
  );
  try {
    const left = await driver.pushCut(history(60), { lengths: [9], restarts: [false, false, true] });
    return {
      decisions: left.flatMap((item) => (item.type === 'decided' ? [item.decision] : [])),
      alerts: left.flatMap((item) => (item.type === 'alert' ? [item.alert] : [])),
      rejected: driver.rejected,
    };
  } finally {
    driver.close();
  }
}

test.each<[string, (own: Detector) => Detector['score']]>([
  [
    'NaN',
    () =>
      async ({ rows }) =>
        new Float64Array(rows).fill(NaN),
  ],
  [
    'infinity',
    () =>
      async ({ rows }) =>
        new Float64Array(rows).fill(Infinity),
  ],
  ['an error', () => () => Promise.reject(new Error('out of memory'))],
])(
  'a detector that gives %s has no say; the others decide, and windows and alerts say that they are degraded',
  async (_, score) => {
    const { decisions, alerts, rejected } = await run(score);
    // Definitions of the builder have one tag.
    expect(rejected.filter(({ reason }) => reason !== 'repeat')).toEqual([]);
    expect(decisions).toHaveLength(120);
    const judged = decisions.filter(({ scores }) => scores.length > 0);
    for (const decision of judged) {
      const broken = decision.scores.filter((one) => !Number.isFinite(one.score));
      expect(broken.map(({ detector, u }) => [detector, u])).toEqual([
        [decision.entity === load.key ? 'holt-winters' : 'robust-z', -3],
      ]);
      expect(decision.flags).toContain('degraded');
      expect(Number.isFinite(decision.u)).toBe(true);
      expect(decodeDecision(encodeDecision(decision))).toEqual(decision);
    }
    const fired = alerts.find(({ entity }) => entity === shop.key);
    expect(fired?.annotations).toMatchObject({
      inexact: 'degraded',
      degraded: expect.stringMatching(/^1 of \d+ scores are missing: robust-z$/),
    });
  },
);

test('one that fails once is back with the next window, with what it had learnt before', async () => {
  let calls = 0;
  const { decisions } = await run(
    (own) => (rows) => (calls++ === 40 ? Promise.reject(new Error('once')) : own.score(rows)),
  );
  const flagged = decisions.filter(({ flags }) => flags.includes('degraded'));
  expect(flagged).toHaveLength(1);
  const after = decisions.filter(({ entity, end }) => entity === flagged[0]!.entity && end > flagged[0]!.end);
  expect(after.length).toBeGreaterThan(0);
  expect(after.every(({ scores }) => scores.every((one) => Number.isFinite(one.score)))).toBe(true);
});
