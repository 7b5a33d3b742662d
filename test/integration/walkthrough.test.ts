/** docs/walkthrough.md: its commands run as they are, say what it shows, and the week that they walk is decided again, byte for byte. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { GateReport } from '../../offline/gate/run.js';
import { decisionsIn } from './services/replayed.js';

interface Step {
  readonly commands: string;
  /** Lines of the page; `...` stands for any number, or at the end of a line for its rest. */
  readonly shown: readonly string[];
}

const page = readFileSync('docs/walkthrough.md', 'utf8');
const steps: Step[] = [];
for (const [, language, code] of page.matchAll(/^```(sh|text)\n([^]*?)^```$/gm)) {
  if (language === 'sh') steps.push({ commands: code!, shown: [] });
  else steps.push({ ...steps.pop()!, shown: code!.trimEnd().split('\n') });
}

const root = mkdtempSync(join(tmpdir(), 'tocsin-walk-'));
const [bin, folder] = [join(root, 'bin'), join(root, 'week')];
let shell: ReturnType<typeof spawn> | undefined;
afterAll(() => {
  shell?.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

/** Between two steps: no command prints it. */
const mark = '@@ next step';

/** What each step printed, all in one shell. @throws Error where a command ends badly */
async function walk(): Promise<string[]> {
  mkdirSync(bin);
  mkdirSync(folder);
  const program = join(bin, 'tocsin');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${process.cwd()}/dist/cli/main.js' "$@"\n`);
  chmodSync(program, 0o755);
  const script = steps.map(({ commands }) => commands).join(`echo '${mark}'\n`);
  const child = (shell = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: folder,
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, NO_COLOR: '1', COLUMNS: '80' },
    stdio: ['ignore', 'pipe', 'pipe'],
  }));
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`the walk ended with ${String(code)}: ${out.slice(-3000)}\n${err.slice(-3000)}`);
  return out.split(`${mark}\n`);
}

/** A line without its figures. */
const shapeOf = (line: string): string =>
  line
    .replace(/\b[0-9a-f]{32}\b/g, 'SET')
    .replace(/\b[0-9a-f]{14}\b/g, 'ALERT')
    .replace(/\d+(?:[.,]\d+)*/g, '0')
    .replace(/[+-]0/g, '0')
    .replace(/ +/g, ' ')
    .trimEnd();

/** Lines that are shown and were not printed in their order. */
function unseen(shown: readonly string[], printed: readonly string[]): string[] {
  let at = 0;
  return shown
    .filter((line) => line !== '...')
    .filter((line) => {
      const isWhole = !line.endsWith('...');
      const shape = shapeOf(isWhole ? line : line.slice(0, -3));
      const found = printed.findIndex(
        (one, i) => i >= at && (isWhole ? shapeOf(one) === shape : shapeOf(one).startsWith(shape)),
      );
      if (found >= 0) at = found + 1;
      return found < 0;
    });
}

test('the week of the walkthrough goes as the page says, over a tuned set, and its replay is the same bytes', async () => {
  const printed = await walk();
  expect(printed).toHaveLength(steps.length);
  expect(steps.map(({ shown }, i) => unseen(shown, printed[i]!.split('\n')))).toEqual(steps.map(() => []));

  const live = readFileSync(join(folder, 'live.bin'));
  expect(readFileSync(join(folder, 'again.bin')).equals(live)).toBe(true);
  // Three days are in the log, of the week that the gate may look at.
  const { figures } = JSON.parse(readFileSync(join(folder, 'gate.json'), 'utf8')) as GateReport;
  expect(figures?.weeks).toBeCloseTo(3 / 7, 2);
  // The sets that the page puts in force did decide, for the days that it says.
  const tuned = /^candidate +(\w{32});/m.exec(readFileSync(join(folder, 'tuned.txt'), 'utf8'))?.[1];
  const again = /^set +(\w{32})$/m.exec(readFileSync(join(folder, 'trained.txt'), 'utf8'))?.[1];
  // What is looked at is what is in force, which is not the set that was promoted last.
  expect(printed.at(-2)).toContain(`\nset ${tuned}\n`);
  const decided = new Map<string, Set<string>>();
  for (const { end, artefact } of decisionsIn(live)) {
    const day = new Date(end - 1).toISOString().slice(0, 10);
    decided.set(day, (decided.get(day) ?? new Set()).add(artefact));
  }
  const by = (day: string): string[] => [...(decided.get(`2026-01-${day}`) ?? [])];
  // Which of the four services the canary has is up to a hash: it may be none or all.
  const [, canary, rest] = /^ {2}entities (\d) \(rest (\d)\)/m.exec(printed.join(''))!.map(Number);
  expect(canary! + rest!).toBe(4);
  expect(by('08')).toHaveLength(canary! > 0 && rest! > 0 ? 2 : 1);
  expect(by('08').includes(tuned!)).toBe(canary! > 0);
  for (const [day, set] of [
    ['10', tuned],
    ['14', tuned],
    ['17', tuned],
  ])
    expect([day, by(day!)]).toEqual([day, [set]]);
  expect(by('16')).toContain(again);
}, 900_000);
