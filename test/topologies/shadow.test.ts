/** Shadows: what they would have decided is emitted, and nothing that decides, alerts or learns is changed by them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defer, type Observable } from 'rxjs';
import { TopologyTestDriver, type Cuts } from '../../lab/driver.js';
import { detectDefaults } from '../../lab/eval/in-process.js';
import type { Detector } from '../../models/detectors/detector.js';
import type { ModelsInForce } from '../../operators/artefact.js';
import { mergeDefaults, type WindowsItem } from '../../operators/merge.js';
import { shadow } from '../../operators/shadow.js';
import { shadowStores } from '../../operators/shadow/shadow-stores.js';
import { encodeAlert } from '../../records/alert.js';
import type { Batch, Operator } from '../../records/batch.js';
import type { Tracked } from '../../records/decided.js';
import type { Featured } from '../../records/row.js';
import { encodeDecision } from '../../records/score.js';
import type { ShadowedItem } from '../../records/shadow.js';
import type { Boundary } from '../../records/window.js';
import type { WindowsRecord } from '../../records/windows.js';
import { detect } from '../../topologies/detect.js';
import { Artefacts } from '../../training/artefacts.js';
import { installPrior } from '../../training/prior.js';
import { boundary, chance, define, load, logWindow, messages, monday, usualLines } from '../builders/windows.js';

/** Hours, so that the entities are known for days. */
const length = 3_600_000;
const windows = { ...mergeDefaults, pane: length, windowPanes: 1, shard: 'windows/0' };
const source = 'logs/0';
const rounds = 90;
const begins = 40;
const ends = 80;
const services = ['shop', 'cart'].map((service) => `service{service="${service}"}`);
/** And a series. */
const entities = services.length + 1;
let dir: string;
let artefacts: Artefacts;
let prior: ModelsInForce;
let fakes: ReadonlyMap<string, ModelsInForce>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tocsin-shadow-'));
  const id = (await installPrior(dir))!;
  artefacts = new Artefacts(dir);
  await artefacts.load(id);
  prior = artefacts.loaded(id)!;
  const scoring = (
    name: string,
    score: (own: Detector, rows: Parameters<Detector['score']>[0]) => Float64Array | Promise<Float64Array>,
  ) => ({
    id: name,
    detectors: prior.detectors.map((own): Detector => ({
      card: own.card,
      cost: own.cost,
      attribute: (row) => own.attribute(row),
      score: async (rows) => score(own, rows),
    })),
  });
  fakes = new Map([
    ['loud', scoring('loud', (_own, { rows }) => new Float64Array(rows).fill(1e6))],
    ['nan', scoring('nan', (_own, { rows }) => new Float64Array(rows).fill(NaN))],
    [
      'throws',
      scoring('throws', () => {
        throw new Error('out of memory');
      }),
    ],
    ['stumbles', scoring('stumbles', (own, rows) => own.score(rows))],
  ]);
});
afterAll(() => rm(dir, { recursive: true }));

/** Sets whose calibration is out of reach once. */
const stumbles = new Set<string>();

/** Usual lines of all services, and one of them sick now and then; with shadows or without. */
function history(shadows: Readonly<Record<string, string>>): WindowsItem[] {
  const random = chance(7);
  const records: WindowsRecord[] = [
    { type: 'sources', version: 1, sources: [source] },
    { type: 'promotion', artefact: prior.id, from: monday - length },
    ...[...messages, 'disk <*> is full'].map(define),
  ];
  let n = 0;
  const tag = () => ({ source, incarnation: 1, epoch: 1, offset: n++, n: 0 });
  for (let k = 1; k <= rounds; k++) {
    const end = monday + k * length;
    for (const [i, entity] of services.entries()) {
      // Not before the shadows begin: what comes again and again is usual.
      const isSick = k > begins + 5 && (k + 5 * i) % 19 > 16;
      const errors = Array.from({ length: isSick ? 400 : 0 }, () => ({
        masked: 'disk <*> is full',
        level: 'error' as const,
      }));
      const { start, aggregate } = logWindow(end, [...usualLines(random, 40), ...errors], length, entity);
      records.push({ type: 'log', tag: tag(), settings: 1, capped: false, entity, pane: start, aggregate });
    }
    const points = [0, 20, 40].map((minute) => [end - length + minute * 60_000, 10 + random()] as const);
    const shaped = { settings: 1, capped: false, pane: end - length };
    records.push({ type: 'series', tag: tag(), ...shaped, entity: load.key, aggregate: { points } });
    if (k === begins || k === ends)
      for (const [name, artefact] of Object.entries(shadows))
        records.push({ type: 'shadow', id: `${name}/${k}`, name, artefact: k === begins ? artefact : '' });
    records.push({ type: 'mark', tag: tag(), kind: 'data', watermark: end });
  }
  return records.map((record, offset) => ({ offset, record }));
}

async function run(items: readonly WindowsItem[], cuts: Cuts = { lengths: [7], restarts: [false] }) {
  const driver = await TopologyTestDriver.open<WindowsItem, Tracked>((stores) =>
    detect({
      ...detectDefaults(stores),
      windows,
      artefacts: { loaded: (id) => fakes.get(id) ?? artefacts.loaded(id), load: (id) => artefacts.load(id) },
      calibration: (id) => {
        if (stumbles.delete(id)) throw new Error('calibration is out of reach');
        return artefacts.calibration(fakes.has(id) ? prior.id : id);
      },
    }),
  );
  try {
    const left = await driver.pushCut(items, cuts);
    const kept = await driver.bytes();
    return {
      decided: left.flatMap((item) => {
        if (item.type === 'decided') return [encodeDecision(item.decision).toString('hex')];
        return item.type === 'alert' ? [encodeAlert(item.alert).toString('hex')] : [];
      }),
      shadowed: left.filter((item): item is ShadowedItem => item.type === 'shadowed'),
      // What is remembered of controls names those of shadows, too.
      learnt: kept.filter(({ store }) => !shadowStores.has(store) && store !== 'controls-taken'),
      kept: kept.filter(({ store }) => shadowStores.has(store)),
    };
  } finally {
    driver.close();
  }
}

const all = { shadow: 'loud', 'shadow-same': '', 'shadow-nan': 'nan', 'shadow-throws': 'throws', 'shadow-gone': 'e' };
const named = (): Record<string, string> => ({ ...all, 'shadow-same': prior.id, 'shadow-gone': 'e'.repeat(32) });

test('five shadows at once change no byte of what is decided, notified or learnt, and leave nothing behind', async () => {
  const without = await run(history({}));
  const beside = await run(history(named()));
  expect(beside.decided).toEqual(without.decided);
  expect(beside.learnt).toEqual(without.learnt);
  expect(without.decided.length).toBeGreaterThan(rounds * entities);
  expect(without.shadowed).toEqual([]);
  expect(beside.kept).toEqual([]);
});

test('each says what it would have decided, from the boundary at which it begins to that at which it ends', async () => {
  const { shadowed } = await run(history(named()));
  for (const name of Object.keys(named())) {
    const own = shadowed.filter((item) => item.name === name);
    expect(own.map(({ end }) => end)).toEqual(
      Array.from({ length: ends - begins }, (_, i) => monday + (begins + i) * length),
    );
  }
  const windowsOf = (name: string) => shadowed.filter((item) => item.name === name).flatMap(({ windows }) => windows);
  // What begins from what the champion had learnt, with the same models, decides the same; habits apart it has the same u.
  const same = windowsOf('shadow-same');
  expect(same).toHaveLength((ends - begins) * entities);
  expect(same.filter(({ fired, decided }) => fired !== decided.fired)).toEqual([]);
  expect(same.some(({ fired }) => fired)).toBe(true);
  const loud = windowsOf('shadow').filter(({ entity }) => entity === load.key);
  expect(loud.filter(({ u, decided }) => u > decided.u).length).toBeGreaterThan(loud.length / 2);
  expect(loud.some(({ fired, decided }) => fired && !decided.fired)).toBe(true);
  expect(windowsOf('shadow-nan')).toEqual([]);
  const lastOf = (name: string) => shadowed.findLast((item) => item.name === name);
  expect(lastOf('shadow-nan')).toMatchObject({ broken: entities, failure: '' });
  expect(lastOf('shadow-throws')).toMatchObject({ windows: [], broken: entities });
  expect(lastOf('shadow-gone')?.failure).toContain('there is no artefact set eeee');
});

test('what it would have decided depends neither on how the log is cut nor on restarts', async () => {
  const items = history({ 'shadow-same': prior.id, 'shadow-nan': 'nan' });
  const whole = await run(items, { lengths: [items.length], restarts: [false] });
  for (const cuts of [
    { lengths: [1], restarts: [false] },
    { lengths: [5, 2, 11], restarts: [true, false] },
  ])
    expect((await run(items, cuts)).shadowed).toEqual(whole.shadowed);
});

test('one whose operators fail says so at that boundary, and scores the next', async () => {
  stumbles.add('stumbles');
  const { shadowed } = await run(history({ shadow: 'stumbles' }));
  expect(shadowed.map(({ failure }) => failure)).toEqual([
    'calibration is out of reach',
    ...Array.from({ length: ends - begins - 1 }, () => ''),
  ]);
  expect(shadowed.slice(1).every(({ windows: own }) => own.length === entities)).toBe(true);
});

test('what decides is subscribed to once, however many boundaries pass', async () => {
  let subscriptions = 0;
  const driver = await TopologyTestDriver.open<Boundary, Boundary | ShadowedItem>((stores) => {
    const { artefacts: none, calibration, select } = detectDefaults(stores);
    const parts = { stores, artefacts: none, calibration, select: { ...select, distance: () => 0 } };
    const counted: Operator<Featured, Boundary> = (input) =>
      defer(() => {
        subscriptions++;
        return input as Observable<Batch<Boundary>>;
      });
    const budgets = { of: () => 1, leave: () => undefined };
    return shadow({ ...parts, budgets, shard: windows.shard }, counted);
  });
  for (const hour of [1, 2, 3]) await driver.push(boundary(monday + hour * length));
  expect(driver.outputs).toHaveLength(3);
  expect(driver.positions).toEqual([1, 2, 3]);
  expect(subscriptions).toBe(1);
  driver.close();
});
