/**
 * How long it takes from the line with which the watermark passes the end of a window until the alert of that window is at
 * its receiver, embedded: a line into the standard input of `tocsin run`, a webhook out, with channels and state on disk.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './report.js';

const paneMs = 60_000;
/** Event time behind a pane's end at which it is over, ms. */
const latenessMs = 10_000;
/** Services that write in each window, and lines of each. */
const busy = { services: 50, lines: 20 } as const;
/** The first windows load and compile what the others find there. */
const warmUp = 20;
const longestWaitMs = 30_000;

const settings = (folder: string, url: string): object => ({
  sources: [{ type: 'file', path: '-', format: 'json' }],
  windows: { pane: '1m', length: '1m', lateness: `${latenessMs}ms` },
  rules: [{ name: 'out-of-memory', action: 'page', pattern: 'OOMKilled' }],
  respond: {
    stdout: 'none',
    // The lines are of another year.
    max_age: '36500d',
    private: ['127.0.0.0/8'],
    webhooks: [{ name: 'bench', url, body: 'alertmanager', rate: { messages: 1_000_000, per: '1m' } }],
  },
  state: { dir: join(folder, 'run') },
  http: { port: 0 },
  log: { level: 'error' },
});

/** A receiver that says when it first got a text. */
async function receiver(): Promise<{ url: string; got(text: string): Promise<number>; close(): void }> {
  let bodies = '';
  let wake = (): void => undefined;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      bodies += Buffer.concat(parts).toString();
      response.end();
      wake();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => server.close(),
    async got(text) {
      const late = sleep(longestWaitMs, 'late');
      while (!bodies.includes(text)) {
        const next = new Promise<void>((resolve) => (wake = resolve));
        if ((await Promise.race([next, late])) === 'late')
          throw new Error(`no alert of ${text} came within ${longestWaitMs} ms`);
      }
      bodies = '';
      return performance.now();
    },
  };
}

/** For how long the main thread of a process was ready to run and had no core, ms; 0 where the system does not tell. */
function waitedForCore(pid: number | undefined): number {
  if (process.platform !== 'linux' || pid === undefined) return 0;
  const waited = /^\d+ (\d+) /.exec(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8'))?.[1];
  return Number(waited ?? 0) / 1e6;
}

export const bench: Bench = async ({ quick }, report) => {
  const windows = quick ? 100 : 400;
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-bench-'));
  const alerts = await receiver();
  const config = join(folder, 'run.yaml');
  await writeFile(config, JSON.stringify(settings(folder, alerts.url)));
  const run = spawn(process.execPath, [join(import.meta.dirname, '../cli/main.js'), 'run', '--config', config], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(run, 'exit');
  const line = (time: number, service: string, level: string, message: string): string =>
    `${JSON.stringify({ timestamp: new Date(time).toISOString(), level, service, message })}\n`;
  try {
    const took: number[] = [];
    const alone: number[] = [];
    for (let i = 0; i < warmUp + windows; i++) {
      const start = 1_767_225_600_000 + i * paneMs;
      let lines = '';
      for (let k = 0; k < busy.services * busy.lines; k++)
        lines += line(
          start + latenessMs + 1000 + k,
          `service-${k % busy.services}`,
          'INFO',
          `request ${k} answered in ${k % 90} ms`,
        );
      lines += line(start + latenessMs + 2000, `broken-${i}`, 'ERROR', `container of pod ${i} was OOMKilled`);
      run.stdin.write(lines);
      // What the window holds is read; then its end is passed.
      await sleep(20);
      const passed = performance.now();
      const waited = waitedForCore(run.pid);
      // Two services agree that the time has come; a line of a file counts when the next one shows that it is whole.
      const over = start + paneMs + latenessMs + 1;
      const last = ['service-0', 'service-1', 'service-2'];
      run.stdin.write(last.map((service) => line(over, service, 'INFO', 'request 0 answered in 1 ms')).join(''));
      const got = await Promise.race([alerts.got(`broken-${i}`), ended.then(() => undefined)]);
      if (got === undefined) throw new Error('tocsin ended before its alerts came');
      if (i < warmUp) continue;
      took.push(got - passed);
      alone.push(got - passed - (waitedForCore(run.pid) - waited));
    }
    const at = (share: number, of = took): number =>
      of.sort((a, b) => a - b)[Math.min(of.length - 1, Math.floor(share * of.length))]!;
    report.heading(`latency: ${windows} windows of ${busy.services} services, watermark to receiver, embedded`);
    report.figure('latency', 'median', at(0.5), 'ms');
    report.figure('latency', '99th percentile', at(0.99), 'ms');
    report.figure('latency', 'median, waiting for a core left out', at(0.5, alone), 'ms');
    report.figure('latency', '99th percentile, the same', at(0.99, alone), 'ms');
  } finally {
    run.stdin.end();
    await Promise.race([ended, sleep(10_000)]);
    run.kill('SIGKILL');
    alerts.close();
    await rm(folder, { recursive: true, force: true });
  }
};
