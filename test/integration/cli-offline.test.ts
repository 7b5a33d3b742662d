/** Commands that work on what a run has left behind, as child processes: run, replay, train, models, topology. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBConnection } from '@duckdb/node-api';
import { begin, ended as tocsin, killWhen } from './services/tocsin.js';
import { logs1 } from '../../models/features/schemas.js';
import { Graph } from '../../models/onnx/graph.js';
import { files, honest } from '../models/onnx/hostile.js';
import { decisionsIn } from './services/replayed.js';

const program = join(__dirname, '../../dist/cli/main.js');
const services = ['auth', 'catalog', 'checkout', 'gateway', 'inventory', 'jobs', 'mailer', 'payments', 'shipping'];
let folder: string;
let config: string;

/** A configuration of the simulated files with a state folder of its own. */
function write(name: string, warmup: string, models: readonly string[] = []): string {
  const sources = services.map((service) => ({
    type: 'file',
    path: join(folder, 'fleet', `${service}.log`),
    labels: { service },
  }));
  const path = join(folder, `${name}.yaml`);
  const settings = {
    sources,
    state: { dir: join(folder, name) },
    channels: { shards: 2 },
    sessions: [{ class: 'jobs', pattern: 'job-[0-9a-f]+' }],
    detection: { warmup, models },
    http: { port: 0 },
    log: { format: 'json' },
  };
  // JSON is YAML.
  writeFileSync(path, JSON.stringify(settings));
  return path;
}

beforeAll(async () => {
  expect(existsSync(program)).toBe(true);
  folder = mkdtempSync(join(tmpdir(), 'tocsin-cli-'));
  const made = await tocsin('simulate', '--lines', '40000', '--days', '4', '--out', join(folder, 'fleet'));
  expect(made).toMatchObject({ code: 0, err: '' });
  config = write('live', '3d');
  expect(await tocsin('run', '--config', config)).toMatchObject({ code: 0 });
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Trained {
  readonly id: string;
  readonly from: string;
}

/** The sets that the runs of a configuration trained: the one that ships with tocsin is listed, too. */
async function trainedSets(path: string): Promise<Trained[]> {
  const { out } = await tocsin('models', 'list', '-c', path, '--json');
  return (JSON.parse(out) as (Trained & { shipped: boolean })[]).filter(({ shipped }) => !shipped);
}

interface Report {
  readonly decisions: number;
  readonly inexact: readonly unknown[];
  readonly doubts: readonly string[];
}

async function replayed(
  source: string,
  ...args: string[]
): Promise<{ bytes: Buffer; report: Report; code: number | null }> {
  const out = join(folder, `${source}${args.join('')}.bin`);
  const { code, out: text } = await tocsin('replay', '-c', config, '--source', source, '-o', out, '--json', ...args);
  return { bytes: readFileSync(out), report: JSON.parse(text) as Report, code };
}

describe('replay', () => {
  it('of the windows log and of the sources gives the live decisions byte for byte, at any slice', async () => {
    const live = await replayed('decisions');
    expect(live.report.decisions).toBeGreaterThan(1000);
    for (const again of [
      await replayed('windows'),
      await replayed('windows', '--slice', '7'),
      await replayed('logs', '--slice', '1000'),
    ]) {
      expect(again.report).toMatchObject({ decisions: live.report.decisions, inexact: [], doubts: [] });
      expect(again.code).toBe(0);
      expect(again.bytes.equals(live.bytes)).toBe(true);
    }
    // Models decided in the end, not only the warm-up.
    expect(live.bytes.includes('prototypes')).toBe(true);
  }, 180_000);

  it('without a log says what is missing', async () => {
    const { code, err } = await tocsin('replay', '-c', write('nothing', '3d'), '-o', join(folder, 'none.bin'));
    expect(code).toBe(1);
    expect(err).toContain('there is no segment log');
  });
});

describe('train', () => {
  it('on the sources gives the very set that the run trained from its windows log, and promotes it', async () => {
    const offline = write('offline', '30d');
    const until = await trainedSets(config);
    const { code, out, err } = await tocsin('train', '-c', offline, '--to', until[0]!.from, '--json');
    expect([code, err]).toEqual([0, '']);
    const trained = JSON.parse(out) as { id: string; rows: number; promoted: boolean };
    expect(trained).toMatchObject({ id: until[0]!.id, promoted: true });
    // A second time it learns from the log that it made.
    const again = await tocsin('train', '-c', offline, '--to', until[0]!.from, '--no-promote', '--json');
    expect(JSON.parse(again.out)).toMatchObject({ id: trained.id, rows: trained.rows, promoted: false });
  }, 180_000);

  it('refuses times that are none, in the wrong order, or without windows', async () => {
    expect(await tocsin('train', '-c', config, '--from', 'noon')).toMatchObject({ code: 2 });
    const swapped = await tocsin('train', '-c', config, '--from', '2026-01-02', '--to', '2026-01-01');
    expect(swapped).toMatchObject({ code: 2 });
    const empty = await tocsin('train', '-c', config, '--from', '2050-01-01');
    expect(empty.code).toBe(1);
    expect(empty.err).toContain('too few warm windows');
  }, 60_000);
});

describe('models', () => {
  it('lists sets, shows the cards of one, and finds its files usable', async () => {
    const { id } = (await trainedSets(config))[0]!;
    const shown = JSON.parse((await tocsin('models', 'card', id, '-c', config, '--json')).out) as {
      cards: { name: string; schema: string }[];
      members: { name: string; hash: string }[];
      templates: { changes?: unknown };
    };
    expect(shown.cards.map(({ schema }) => schema)).toContain('logs-1');
    // The first own set follows none, although another one ships with tocsin.
    expect(shown.templates.changes).toBeUndefined();
    const member = shown.members.find(({ name }) => name === 'detector/logs-1/robust-z')!;
    const file = join(folder, 'live/models/files', member.hash);
    expect(await tocsin('models', 'verify', file, '--schema', 'logs-1')).toMatchObject({ code: 0 });
    const other = await tocsin('models', 'verify', file, '--schema', 'series-1');
    expect(other.code).toBe(3);
    expect(other.out).toMatch(/not usable: .*logs-1.*series-1/);
    const whole = readFileSync(file);
    const cut = join(folder, 'cut.onnx');
    for (const length of [0, 1, Math.floor(whole.length / 2), whole.length - 1]) {
      writeFileSync(cut, whole.subarray(0, length));
      const { code, out: said } = await tocsin('models', 'verify', cut);
      expect([length, code, said.split('\n').length]).toEqual([length, 3, 2]);
    }
  }, 120_000);

  it('refuses hostile files with one line each', async () => {
    const path = join(folder, 'hostile.onnx');
    for (const [name, [bytes]] of Object.entries(files)) {
      writeFileSync(path, bytes);
      const { code, out, err } = await tocsin('models', 'verify', path);
      expect([name, code, err, out.split('\n').length]).toEqual([name, 3, '', 2]);
    }
    writeFileSync(path, honest);
    const foreign = await tocsin('models', 'verify', path, '--json');
    expect(JSON.parse(foreign.out)).toMatchObject({ usable: false, file: path });
  }, 120_000);

  it('of your own score with the others, and replay repeats them', async () => {
    const file = join(folder, 'spread.onnx');
    const columns = logs1.columns.map(({ name }) => name);
    const spread = (metadata: object) => {
      const graph = new Graph('spread');
      const rows = graph.input('rows', 'float32', ['n', columns.length]);
      const weights = graph.constant('ones', [columns.length, 1], new Float32Array(columns.length).fill(1));
      const sum = graph.node('MatMul', [graph.node('Mul', [rows, rows]), weights], {}, { output: 'score' });
      graph.output(sum, 'float32', ['n', 1]);
      return graph.bytes({ 'tocsin.card': JSON.stringify({ schema: 'logs-1', columns, ...metadata }) });
    };
    writeFileSync(file, spread({ name: 'spread' }));
    const own = write('own', '3d', [file]);
    expect(await tocsin('run', '--config', own)).toMatchObject({ code: 0 });
    const { id } = (await trainedSets(own))[0]!;
    const { cards } = JSON.parse((await tocsin('models', 'card', id, '-c', own, '--json')).out) as {
      cards: { name: string; kind: string }[];
    };
    expect(cards).toContainEqual(expect.objectContaining({ name: 'spread', kind: 'foreign' }));
    const decided = ['decisions', 'windows'].map((source) => join(folder, `own-${source}.bin`));
    for (const [i, source] of ['decisions', 'windows'].entries())
      expect(await tocsin('replay', '-c', own, '--source', source, '-o', decided[i]!)).toMatchObject({ code: 0 });
    expect(readFileSync(decided[0]!).includes('spread')).toBe(true);
    expect(readFileSync(decided[0]!).equals(readFileSync(decided[1]!))).toBe(true);

    writeFileSync(file, spread({ name: 'robust-z' }));
    const taken = await tocsin('run', '--config', write('taken', '3d', [file]));
    expect(taken).toMatchObject({ code: 2 });
    expect(taken.err).toContain('there is another detector robust-z');
  }, 180_000);

  it('says which set is missing or was changed', async () => {
    const missing = await tocsin('models', 'card', '0'.repeat(32), '-c', config);
    expect(missing).toMatchObject({ code: 3 });
    expect(missing.err).toContain('there is no artefact set');
    const live = join(folder, 'live/models');
    const id = readdirSync(join(live, 'sets'))[0]!;
    const changed = write('changed', '3d');
    const index = join(folder, 'changed/models/sets', id);
    mkdirSync(index, { recursive: true });
    copyFileSync(join(live, 'sets', id, 'index.json'), join(index, 'index.json'));
    const { code, err } = await tocsin('models', 'card', id, '-c', changed);
    expect(code).toBe(3);
    expect(err).toContain('is missing');
  }, 60_000);
});

describe('features', () => {
  it('stores what was decided live; an export that is killed leaves nothing that counts twice', async () => {
    const dir = join(folder, 'store');
    const killed = begin(['features', 'export', '-c', config, '--dir', dir]);
    // It may be over before: then nothing was killed, and the next one has nothing to add.
    await killWhen(killed, () => existsSync(join(dir, 'view=windows'))).catch(() => undefined);
    await killed.ended;
    const { code, out, err } = await tocsin('features', 'export', '-c', config, '--dir', dir, '--json');
    expect([code, err]).toEqual([0, '']);
    const exported = (JSON.parse(out) as { parts: { view: string; rows: number }[] }).parts;
    const live = await replayed('windows');
    const duck = await DuckDBConnection.create();
    const rows = await duck.runAndReadAll(
      `select count(*)::int as n, count(distinct (entity, event_time, known_time, session))::int as once
       from read_parquet('${dir}/view=decisions/*/*.parquet', union_by_name = true)`,
    );
    expect(rows.getRowObjectsJson()).toEqual([{ n: live.report.decisions, once: live.report.decisions }]);
    // What a replay of the windows log decides has the features that are stored.
    const stored = await duck.runAndReadAll(
      `select volume from read_parquet('${dir}/view=windows/*/*.parquet') order by event_time, entity`,
    );
    const decisions = decisionsIn(live.bytes).filter(({ schema, key }) => schema === 'logs-1' && key === '');
    expect(stored.getRows().map(([volume]) => volume)).toEqual(decisions.map(({ features }) => features[0]));
    duck.closeSync();
    expect(exported.some(({ view }) => view === 'windows')).toBe(true);
    expect(await tocsin('features', 'verify', '-c', config, '--dir', dir)).toMatchObject({ code: 0 });

    const { entity, end, features } = decisions[decisions.length >> 1]!;
    const at = new Date(end + 1).toISOString();
    const asked = ['-c', config, '--dir', dir, '--entity', entity, '--columns', 'volume'];
    const known = await tocsin('features', 'as-of', ...asked, '--at', at);
    expect(JSON.parse(known.out)).toEqual({ entity, at, row: { volume: features[0] } });
    expect(await tocsin('features', 'as-of', ...asked, '--at', '2000-01-01')).toMatchObject({ code: 3 });
    expect(await tocsin('features', 'as-of', ...asked, '--at', 'noon')).toMatchObject({ code: 2 });
  }, 180_000);
});

/** The decisions of a file that `replay` wrote. */
test('topology draws a configuration, and reports a broken one with its place', async () => {
  const { code, out } = await tocsin('topology', config);
  expect(code).toBe(0);
  expect(out).toMatch(/^sources\n[^]*\ningest [^]*\ndetect [^]*\nrespond [^]*\noutputs\n/);
  const broken = join(folder, 'broken.yaml');
  writeFileSync(broken, 'sources: []\nwindow: 1m\n');
  const refused = await tocsin('topology', broken);
  expect(refused.code).toBe(2);
  expect(refused.err).toMatch(/broken\.yaml:\d+:\d+: /);
});

test('a wrong command line ends with the code for it, help with 0', async () => {
  const codes = await Promise.all(
    [['rnu'], ['run'], ['lint'], ['demo', '--nope'], ['run', '--help'], ['--version']].map(
      async (args) => (await tocsin(...args)).code,
    ),
  );
  expect(codes).toEqual([2, 2, 2, 2, 0, 0]);
});
