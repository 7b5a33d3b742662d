/** A real MLflow server as registry: what is named in a run is there, comes back byte for byte, and loads in Python. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import axios from 'axios';
import { MlflowClient } from '../../connectors/mlflow/client.js';
import { logs1 } from '../../models/features/schemas.js';
import { openDetectors, openSet } from '../../models/registry/registry.js';
import { residuals } from '../conformance/detector.js';
import { freePort } from './services/free-port.js';
import { startService, type Service } from './services/service.js';
import { begin, ended, tocsin, type Running } from './services/tocsin.js';
import { until } from './services/until.js';

const home = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tocsin-services', 'mlflow-3.17.2');
const isHere = existsSync(join(home, 'installed'));
if (!isHere) console.log('SKIP mlflow: no Python environment with it here (python3 and PyPI are needed)');
/** The server works for seconds on a machine that is busy. */
const patience = 240_000;

let folder: string;
let server: Service | undefined;
let running: Running | undefined;
beforeAll(async () => {
  if (!isHere) return;
  folder = mkdtempSync(join(tmpdir(), 'tocsin-mlflow-'));
  server = await startService('mlflow');
}, 300_000);
afterAll(async () => {
  running?.signal('SIGKILL');
  await server?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const client = (): MlflowClient => new MlflowClient({ url: server?.url ?? '', timeoutMs: 60_000 });

function configured(name: string, port = 0): string {
  const file = join(folder, `${name}.json`);
  const settings = {
    sources: [{ type: 'file', path: '-', format: 'json' }],
    state: { dir: join(folder, name) },
    mlflow: { url: server?.url, timeout: '60s' },
    http: { port },
    respond: { stdout: 'none' },
    log: { format: 'json' },
  };
  writeFileSync(file, JSON.stringify(settings));
  return file;
}

const hashes = (dir: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(dir)
      .sort()
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(dir, name)))
          .digest('hex'),
      ]),
  );

/** The set that an alias of the model of sets stands for. */
async function named(alias: string): Promise<string | undefined> {
  const version = await client()
    .aliased('tocsin', alias)
    .catch(() => undefined);
  return version?.tags?.find(({ key }) => key === 'tocsin.set')?.value;
}

function scoresInPython(model: string, output: string, rows: readonly (readonly number[])[]): Promise<number[]> {
  const script = 'test/integration/services/ask_mlflow.py';
  const child = spawn(join(home, 'bin', 'python'), [script, server?.url ?? '', model, output], {
    env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true' },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  child.stdin.end(JSON.stringify(rows));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const last = out.trim().split('\n').at(-1) ?? '';
      if (code === 0) resolve((JSON.parse(last) as { scores: number[] }).scores);
      else reject(new Error(`Python ended with ${code}: ${err.slice(-2000)}`));
    });
  });
}

(isHere ? test : test.skip)(
  'what a run names is in MLflow; while that is away the run goes on and says so, and what was named then follows',
  async () => {
    const port = await freePort();
    const config = configured('live', port);
    const api = `http://127.0.0.1:${port}`;
    const run = (running = begin(['run', '--config', config], { stdin: 'pipe' }));
    const champion = await until('the champion in MLflow', () => named('champion'), patience);
    const listed = JSON.parse(await tocsin('models', 'list', '--config', config, '--json')) as { id: string }[];
    expect(listed.map(({ id }) => id)).toContain(champion);

    server?.kill9();
    await tocsin('models', 'alias', 'shadow', champion, '--config', config);
    await until('a word about MLflow', () => (run.said().includes('MLflow was not written') ? true : undefined));
    const metric = (text: string): string | undefined => /^tocsin_mlflow_up (\d)/m.exec(text)?.[1];
    expect(metric((await axios.get<string>(`${api}/metrics`)).data)).toBe('0');
    // Lines are decided as ever.
    const start = Date.UTC(2026, 0, 5);
    for (let minute = 0; minute < 30; minute++)
      run.stdin.write(
        `${JSON.stringify({ time: new Date(start + minute * 60_000).toISOString(), level: 'info', service: 'cart', message: `request ${minute}` })}\n`,
      );
    await until('a window that is closed', async () => {
      const { data } = await axios.get<{ windows: { closedTo: string | null } }>(`${api}/api/status`);
      return Date.parse(data.windows.closedTo ?? '') >= start + 20 * 60_000 ? true : undefined;
    });

    // The champion beside itself.
    await until('the report of the shadow', async () => {
      const { data } = await axios.get<{ alike: number; windows: number }[]>(`${api}/api/models/shadows`);
      const [shadow] = data;
      return shadow && shadow.windows > 0 && shadow.alike === 1 ? true : undefined;
    });
    expect(await tocsin('models', 'shadow', 'shadow', '--report', '--config', config)).toContain('100.00 %');

    await server?.startAgain();
    expect(await until('the shadow in MLflow', () => named('shadow'), patience)).toBe(champion);
    await tocsin('models', 'alias', 'shadow', '--remove', '--config', config);
    const isGone = async () => ((await named('shadow')) === undefined ? true : undefined);
    await until('the shadow is gone from MLflow', isGone, patience);
    run.stdin.end();
    expect(await run.ended).toMatchObject({ code: 0 });
  },
  600_000,
);

(isHere ? test : test.skip)(
  'a set comes back byte for byte where the folder is empty, by its alias; a name that is not there has code 3',
  async () => {
    const id = (await named('champion')) ?? '';
    const away = configured('away');
    expect((await tocsin('models', 'pull', 'champion', '--config', away)).trim()).toBe(id);
    const models = (name: string): string => join(folder, name, 'models');
    expect(hashes(join(models('away'), 'files'))).toEqual(hashes(join(models('live'), 'files')));
    expect(readFileSync(join(models('away'), 'sets', id, 'index.json'))).toEqual(
      readFileSync(join(models('live'), 'sets', id, 'index.json')),
    );
    const missing = await ended('models', 'pull', 'challenger', '--config', away);
    expect([missing.code, missing.err]).toEqual([3, expect.stringContaining('has the alias challenger')]);
    // Written again it is the version that there is.
    const before = await client().versions('tocsin');
    await tocsin('models', 'push', id, '--config', away);
    expect(await client().versions('tocsin')).toEqual(before);
    expect(before).toHaveLength(1);
  },
  300_000,
);

(isHere ? test : test.skip)(
  'Python loads a detector by its alias, and it gives the same scores',
  async () => {
    const dir = join(folder, 'live', 'models');
    const columns = logs1.columns.map(({ name }) => name);
    const set = await openSet(dir, (await named('champion')) ?? '');
    const detectors = await openDetectors(set, { schema: 'logs-1', columns });
    const detector = detectors.find(({ card }) => card.name === 'robust-z');
    const matrix = residuals(50, columns.length, 9);
    const rows = Array.from({ length: matrix.rows }, (_, i) =>
      Array.from(matrix.data.subarray(i * columns.length, (i + 1) * columns.length)),
    );
    const own = Array.from((await detector?.score(matrix)) ?? []);
    const scores = await scoresInPython('models:/tocsin-logs-1-robust-z@champion', 'score', rows);
    expect(scores).toHaveLength(own.length);
    own.forEach((score, i) =>
      expect(Math.abs(scores[i]! - score)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(score))),
    );
  },
  300_000,
);
