/**
 * The golden replay, as text that shows what a change did: the same lines give the same decisions in every release of one semantics version, on every version
 * of Node. `GOLDEN=write npx jest test/integration/golden --selectProjects integration` writes the file anew: a change
 * of decisions is made on purpose, with its reason in the commit, never in passing.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeDecision, type Decision } from '../../records/score.js';
import { decisionsIn } from './services/replayed.js';

const golden = join(__dirname, '..', 'golden', 'decisions.txt');

function run(node: string, ...args: string[]): string {
  const { status, stderr, stdout } = spawnSync(node, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${node} ${args.join(' ')} ended with ${status}: ${stderr.slice(-2000)}`);
  return stdout;
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

/** Totals, a line an entity and day, a line a decision that fired, was listed or asked about; each with its hash. */
function described(bytes: Buffer): string {
  const decisions = decisionsIn(bytes);
  const groups = new Map<string, Decision[]>();
  for (const decision of decisions) {
    const name = `${new Date(decision.end).toISOString().slice(0, 10)}  ${decision.entity.replace(/[^ -~]/g, ' ')}`;
    groups.set(name, [...(groups.get(name) ?? []), decision]);
  }
  const line = (name: string, all: readonly Decision[]): string => {
    const counts = (['fired', 'listed', 'asked', 'vetoed'] as const).map(
      (what) => `${all.filter((one) => one[what]).length} ${what}`,
    );
    return `${hashOf(Buffer.concat(all.map(encodeDecision)))}  ${name}: ${[`${all.length} decided`, ...counts].join(', ')}`;
  };
  const notable = decisions.filter(({ fired, listed, asked }) => fired || listed || asked);
  return [
    line('all', decisions),
    '',
    ...[...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, all]) => line(name, all)),
    '',
    ...notable.map((one) => {
      const what = one.fired ? 'fired' : one.listed ? 'listed' : 'asked';
      const about = [one.entity, one.key]
        .join(' ')
        .replace(/[^ -~]/g, ' ')
        .trim();
      const when = new Date(one.end).toISOString().slice(0, 16);
      return `${hashOf(encodeDecision(one))}  ${when}  ${about}  ${what}  u ${one.u.toFixed(3)} at ${one.threshold.toFixed(3)}`;
    }),
    '',
  ].join('\n');
}

const majors = ['20', '24'];

test('decisions are those of the golden file, on this Node and on others', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-golden-'));
  try {
    const decide = (name: string, node: string): string => {
      const logs = join(folder, 'logs');
      const config = join(folder, `${name}.json`);
      writeFileSync(
        config,
        JSON.stringify({
          sources: readdirSync(logs)
            .filter((log) => log.endsWith('.log'))
            .map((log) => ({ type: 'file', path: join(logs, log), labels: { service: log.replace('.log', '') } })),
          sessions: [{ class: 'jobs', pattern: 'job-[0-9a-f]{8}' }],
          detection: { warmup: '2d' },
          state: { dir: join(folder, name) },
          http: { port: 0 },
          log: { level: 'warn', format: 'json' },
        }),
      );
      const out = join(folder, `${name}.bin`);
      run(node, 'dist/cli/main.js', 'run', '--config', config);
      run(node, 'dist/cli/main.js', 'replay', '--config', config, '--source', 'decisions', '--out', out);
      return described(readFileSync(out));
    };
    run(
      process.execPath,
      'dist/cli/main.js',
      'simulate',
      '--lines',
      '40000',
      '--days',
      '3',
      '--out',
      join(folder, 'logs'),
    );
    // Stamps without a year take theirs from the last change of the file.
    const changed = new Date('2026-01-08T00:00:00Z');
    for (const log of readdirSync(join(folder, 'logs'))) utimesSync(join(folder, 'logs', log), changed, changed);
    const own = decide('own', process.execPath);
    for (const major of majors.filter((each) => each !== process.versions.node.split('.')[0])) {
      const other = run(process.execPath, 'scripts/services/node.mjs', major).trim();
      expect([run(other, '--version').split('.')[0], decide(`node-${major}`, other)]).toEqual([`v${major}`, own]);
    }
    if (process.env.GOLDEN === 'write') writeFileSync(golden, own);
    expect(own).toBe(readFileSync(golden, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 300_000);
