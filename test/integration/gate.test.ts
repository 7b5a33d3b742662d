/** The gate on three days of a simulated fleet: a set that was trained again passes, and what must not take over is refused with its reason. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, verify } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Inspection } from '../../models/detectors/foreign.js';
import { cardOf } from '../../models/detectors/load.js';
import { onFeatureGrid } from '../../models/detectors/feature-grid.js';
import { trainEnsemble } from '../../models/detectors/train.js';
import { logs1 } from '../../models/features/schemas.js';
import { Graph } from '../../models/onnx/graph.js';
import { openSet, writeSet } from '../../models/registry/registry.js';
import type { GateReport } from '../../offline/gate/run.js';
import type { ShadowReport } from '../../offline/gate/shadows.js';
import { decode, encode } from '../../records/wire/codec.js';
import { calibrationCodec, members } from '../../training/artefacts.js';
import { chance } from '../builders/windows.js';
import { simulatedRun } from './services/simulated-run.js';
import { ended, tocsin } from './services/tocsin.js';

const services = ['auth', 'checkout', 'gateway', 'payments'];
const columns = logs1.columns.map(({ name }) => name);
let folder: string;
let config: string;
let models: string;
let champion: string;

beforeAll(async () => {
  const run = await simulatedRun('gate', 30_000, services, { channels: { shards: 2 } });
  ({ folder, config } = run);
  models = join(run.state, 'models');
  await tocsin('train', '--config', config, '--to', '2026-01-07T12:00:00Z');
  const { aliases } = JSON.parse(await tocsin('models', 'alias', '--config', config, '--json')) as {
    aliases: { champion: { artefact: string } };
  };
  champion = aliases.champion.artefact;
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function gate(set: string, ...more: string[]): Promise<{ code: number | null; report: GateReport }> {
  const { code, out, err } = await ended('models', 'gate', set, '--config', config, '--span', '1d', '--json', ...more);
  expect(err).toBe('');
  return { code, report: JSON.parse(out) as GateReport };
}
const refused = ({ checks }: GateReport): string[] =>
  checks.filter(({ passed }) => !passed).map(({ name, said }) => `${name}: ${said}`);

/** The champion with other members; foreign ones are let in without a trial, as a faulty door would. */
async function changed(change: (contents: Map<string, Uint8Array>) => void): Promise<string> {
  const set = await openSet(models, champion);
  const contents = new Map(set.names.map((name) => [name, set.bytes(name)]));
  change(contents);
  const inspect = async (file: Uint8Array): Promise<Inspection> => ({ card: cardOf(file), differing: 0 });
  return writeSet(models, { from: set.index.from, members: Object.fromEntries(contents) }, { inspect });
}

const isDetector = (name: string): boolean => name.startsWith('detector/logs-1/');

/** Every detector of logs becomes this graph. */
const withGraph = (build: (graph: Graph, rows: string) => string): Promise<string> =>
  changed((contents) => {
    for (const name of [...contents.keys()].filter(isDetector)) {
      const graph = new Graph('candidate');
      const rows = graph.input('rows', 'float32', ['n', columns.length]);
      graph.output(build(graph, rows), 'float32', ['n', 1]);
      const card = { schema: 'logs-1', columns, name: name.slice('detector/logs-1/'.length) };
      contents.set(name, graph.bytes({ 'tocsin.card': JSON.stringify(card) }));
    }
  });
const zeros = (graph: Graph, rows: string, to = 1): string =>
  graph.node('MatMul', [
    rows,
    graph.constant(`none${to}`, [columns.length, to], new Float32Array(columns.length * to)),
  ]);

test('a set that was trained again on the same log passes, with a report that is signed', async () => {
  const { id } = JSON.parse(await tocsin('train', '--config', config, '--no-promote', '--json')) as { id: string };
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = join(folder, 'key.pem');
  writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const outs = ['json', 'md', 'html'].map((form) => join(folder, `report.${form}`));
  await tocsin('models', 'alias', 'challenger', id, '--config', config);
  const at = ['--config', config, '--span', '1d', '--out', ...outs, '--sign', key];
  const { code, out, err } = await ended('models', 'gate', ...at);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain(`${id}: passed`);
  const report = JSON.parse(readFileSync(outs[0]!, 'utf8')) as GateReport;
  expect(report).toMatchObject({ candidate: id, champion, passed: true });
  expect(report.figures!.alerts.candidate).toBeLessThanOrEqual(report.figures!.alerts.limit);
  expect(report.days.length).toBeGreaterThanOrEqual(1);
  expect(readFileSync(outs[1]!, 'utf8')).toContain('# Gate: passed');
  expect(readFileSync(outs[2]!, 'utf8')).toContain('<svg');
  for (const path of outs) {
    const signature = Buffer.from(readFileSync(`${path}.sig`, 'utf8'), 'base64');
    const isRight = (bytes: Buffer): boolean => verify(null, bytes, publicKey, signature);
    expect([isRight(readFileSync(path)), isRight(Buffer.from('other'))]).toEqual([true, false]);
  }
}, 300_000);

test('the champion against itself: the same alerts, the same ranks', async () => {
  const { code, report } = await gate(champion, '--champion', champion);
  expect(code).toBe(0);
  expect(report.champion).toBe('');
}, 300_000);

test('any number of shadows: what they would have decided otherwise, and nothing that decides is touched', async () => {
  const silent = await withGraph((graph, rows) => zeros(graph, rows));
  const log = (): string =>
    execFileSync('sh', ['-c', 'cat log/*/*/* | sha256sum'], { cwd: join(folder, 'state') }).toString();
  await tocsin('models', 'alias', 'shadow', champion, '--config', config);
  await tocsin('models', 'alias', 'shadow-2', silent, '--config', config);
  const before = log();
  const reports = JSON.parse(await tocsin('models', 'shadow', '--config', config, '--json')) as ShadowReport[];
  expect(log()).toBe(before);
  expect(reports.map(({ shadow }) => shadow)).toEqual([champion, silent]);
  expect(reports[0]).toMatchObject({ alike: 1, disagreements: [] });
  expect(reports[0]!.ranks).toBeCloseTo(1, 12);
  expect(reports[1]!.windows).toBe(reports[0]!.windows);
}, 300_000);

test('a constant candidate is refused', async () => {
  const { code, report } = await gate(await withGraph((graph, rows) => zeros(graph, rows)));
  expect(code).toBe(3);
  expect(refused(report).join('\n')).toMatch(/degenerate: .*gives 0 for every window/);
  expect(refused(report).join('\n')).toContain('sees what is odd');
}, 300_000);

test('a candidate without numbers is refused', async () => {
  const { code, report } = await gate(
    await withGraph((graph, rows) => graph.node('Div', [zeros(graph, rows), zeros(graph, rows, 1)])),
  );
  expect(code).toBe(3);
  expect(refused(report).join('\n')).toMatch(/scores: .*scores are no finite number/);
}, 300_000);

test('a slow candidate is refused by its operations, which are the same on every machine', async () => {
  const width = 4096;
  const { code, report } = await gate(
    await withGraph((graph, rows) => {
      const wide = graph.constant('wide', [columns.length, width], new Float32Array(columns.length * width).fill(0.01));
      const back = graph.constant('back', [width, 1], new Float32Array(width).fill(0.01));
      return graph.node('MatMul', [graph.node('MatMul', [graph.node('Mul', [rows, rows]), wide]), back]);
    }),
  );
  expect(code).toBe(3);
  expect(refused(report).map((one) => one.split(':')[0])).toContain('latency');
}, 300_000);

test('a candidate whose detectors call everything rare is refused', async () => {
  const { code, report } = await gate(
    await changed((contents) => {
      const { prior } = decode(calibrationCodec, contents.get(members.calibration)!);
      const loud = new Map(
        [...prior].map(([name, fit]) => [
          name,
          { ...fit, body: [[-1, -2 * 4096] as const, [0, 8192] as const], scale: 1, limit: 4 },
        ]),
      );
      contents.set(members.calibration, encode(calibrationCodec, { prior: loud, levels: new Map() }));
      contents.delete(members.habits);
    }),
  );
  expect(code).toBe(3);
  expect(refused(report).join('\n')).toMatch(/calibration: .* times a week and entity/);
}, 300_000);

test('a candidate that was trained on something else is refused', async () => {
  const random = chance(5);
  const rows = 2000;
  const data = Float64Array.from({ length: rows * columns.length }, () => onFeatureGrid((random() - 0.5) * 900));
  const wrong = trainEnsemble({
    ...{ schema: 'logs-1', columns, matrix: { rows, columns: columns.length, data }, seed: 1, from: 0, to: 1 },
  });
  const { code, report } = await gate(
    await changed((contents) => {
      for (const name of [...contents.keys()].filter(isDetector)) contents.delete(name);
      for (const { name, bytes } of wrong) contents.set(`detector/logs-1/${name}`, bytes);
    }),
  );
  expect(code).toBe(3);
  expect(refused(report).join('\n')).toMatch(/sees what is odd|calibration/);
}, 300_000);

test('what is missing or lacks the detectors of a schema is refused with the reason', async () => {
  const missing = await gate('0'.repeat(32));
  expect([missing.code, refused(missing.report)[0]]).toEqual([3, expect.stringContaining('there is no artefact set')]);
  const blind = await gate(
    await changed((contents) => {
      for (const name of [...contents.keys()].filter(isDetector)) contents.delete(name);
    }),
  );
  expect([blind.code, refused(blind.report).join('\n')]).toEqual([
    3,
    expect.stringContaining('it has no detector for'),
  ]);
}, 300_000);

test('a wrong command line says what to write', async () => {
  const at = ['models', 'gate', champion, '--config', config];
  expect(await ended(...at, '--span', 'long')).toMatchObject({ code: 2 });
  expect(await ended(...at, '--out', 'report.pdf')).toMatchObject({ code: 2 });
});
