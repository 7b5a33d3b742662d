/**
 * What hostile lines and invented services cost a run: the slowest answer of /healthz while they are read, and the peak of
 * memory. `npm run bench -- hostile`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './report.js';

const stamp = '2026-01-05T12:34:56Z';
/** The size limit of a line, bytes, with room for what stands before. */
const size = 1_040_000;
/** Lines of a kind: a few seconds of work. */
const copies = 20;
const pollMs = 5;

const many = (count: number, of: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => of(i)).join('');
const text = (line: string): string => `${stamp} ERROR ${line.slice(0, size)}`;
const object = (rest: string): string => `{"time":"${stamp}","service":"app",${rest}}`;

/** Each is valid for one reader at least, and as large as a line may be. */
const lines: Readonly<Record<string, () => string>> = {
  '111,000 session keys': () => text(many(111_000, (i) => `k=${i} `)),
  'digits alone': () => text('7'.repeat(size)),
  'deep JSON': () => `{"time":"${stamp}","x":${'{"a":'.repeat(size / 6)}`,
  'a JSON list of numbers': () => object(`"msg":"m","x":[${'1,'.repeat(size / 2 - 100)}1]`),
  '70,000 JSON members': () => object(many(70_000, (i) => `"f${i}":${i},`).slice(0, -1)),
  'a JSON text of escapes': () => object(`"msg":"${'\\u0041'.repeat(size / 6 - 100)}"`),
  '80,000 logfmt pairs': () => `time=${stamp} level=info ${many(80_000, (i) => `k${i}=${i} `)}`.slice(0, size),
  'paths and brackets': () => text('a/([{<'.repeat(size / 6)),
};

/** 50,000 services of one line each within five minutes, beside five honest ones that log for four hours. */
function flood(): string {
  const start = Date.parse('2026-01-05T00:00:00Z');
  const rows: string[] = [];
  let invented = 0;
  for (let second = 0; second < 4 * 3600; second += 5) {
    const time = new Date(start + second * 1000).toISOString();
    for (let i = 0; i < 5; i++)
      rows.push(`{"time":"${time}","service":"honest-${i}","msg":"handled request ${second}"}`);
    const isFlood = second >= 7200 && second < 7500;
    for (let i = 0; isFlood && i < 834 && invented < 50_000; i++)
      rows.push(`{"time":"${time}","service":"x${invented++}","msg":"x"}`);
  }
  return rows.join('\n');
}

interface Seen {
  /** Answers of /healthz, ms, sorted. */
  readonly answers: readonly number[];
  /** Peak of resident memory, MiB. */
  readonly peak: number;
}

/** Runs a file to its end, and asks for its health all the while. */
async function run(content: string): Promise<Seen> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-bench-hostile-'));
  try {
    await writeFile(join(folder, 'app.log'), `${content}\n`);
    const settings = {
      sources: [
        { type: 'file', path: join(folder, 'app.log'), labels: content.startsWith('{') ? {} : { service: 'app' } },
      ],
      sessions: [{ class: 'users', pattern: 'k=(\\w+)' }],
      state: { dir: join(folder, 'state') },
      http: { port: 0 },
      log: { level: 'info', format: 'json' },
      respond: { stdout: 'none' },
    };
    await writeFile(join(folder, 'tocsin.json'), JSON.stringify(settings));
    const command = [join(import.meta.dirname, '../cli/main.js'), 'run', '--config', join(folder, 'tocsin.json')];
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'pipe'] });
    const closed = once(child, 'close');
    let ended = false;
    void closed.then(() => (ended = true));
    const answers: number[] = [];
    let peak = 0;
    let url = '';
    createInterface({ input: child.stderr }).on('line', (line) => (url = /"url":"([^"]+)"/.exec(line)?.[1] ?? url));
    while (!ended) {
      if (url !== '') {
        const took = await answerOf(url);
        if (took !== undefined) answers.push(took);
        peak = (await peakOf(child.pid)) ?? peak;
      }
      await sleep(pollMs);
    }
    return { answers: answers.sort((a, b) => a - b), peak };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** How long /healthz takes to answer, ms; undefined where the process has ended meanwhile. */
const answerOf = (url: string): Promise<number | undefined> =>
  new Promise((resolve) => {
    const began = performance.now();
    get(`${url}/healthz`, { agent: false }, (answer) =>
      answer.resume().on('end', () => resolve(performance.now() - began)),
    ).on('error', () => resolve(undefined));
  });

const peakOf = async (pid: number | undefined): Promise<number | undefined> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const [, kib] = /^VmHWM:\s+(\d+) kB/m.exec(status) ?? [];
  return kib === undefined ? undefined : Number(kib) / 1024;
};

export const bench: Bench = async (): Promise<void> => {
  console.log(`| ${copies} lines of 1 MB each | /healthz: median | slowest | peak memory |\n|---|---|---|---|`);
  const tell = (name: string, { answers, peak }: Seen): void => {
    const ms = (value: number | undefined): string => `${value?.toFixed(0) ?? '-'} ms`;
    console.log(`| ${name} | ${ms(answers[answers.length >> 1])} | ${ms(answers.at(-1))} | ${peak.toFixed(0)} MiB |`);
  };
  for (const [name, line] of Object.entries(lines))
    tell(name, await run(Array<string>(copies).fill(line()).join('\n')));
  tell('50,000 invented services in 4.7 MB', await run(flood()));
};
