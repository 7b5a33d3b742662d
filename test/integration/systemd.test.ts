/** The unit that ships, held by systemd's own tools, and what a run tells a service manager: the other end is a real socket. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { begin, type Running } from './services/tocsin.js';
import { freePort } from './services/free-port.js';
import { until as found } from './services/until.js';

const until = (what: string, isSo: () => boolean): Promise<true> => found(what, () => isSo() || undefined, 60_000);
const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
const unit = readFileSync('deploy/systemd/tocsin.service', 'utf8');
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'tocsin-systemd-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

if (!has('systemd-analyze')) console.log('SKIP the unit: systemd-analyze is not installed here');
const withAnalyze = has('systemd-analyze') ? describe : describe.skip;
withAnalyze('the unit', () => {
  let file: string;
  /** systemd-analyze looks for the program, which is not installed here. */
  beforeAll(() =>
    writeFileSync(
      (file = join(folder, 'tocsin.service')),
      unit.replace('/opt/tocsin/bin/tocsin', process.execPath).replace('file:///opt/tocsin', 'file:///usr'),
    ),
  );

  test('is one that systemd takes without a word', () => {
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
    expect([status, stdout + stderr]).toEqual([0, '']);
  });

  test('is exposed little', () => {
    const { status, stdout, stderr } = spawnSync(
      'systemd-analyze',
      ['security', '--offline=true', '--threshold=20', file],
      { encoding: 'utf8' },
    );
    expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, '']);
  });
});

test('the unit waits longer than a task may be busy, and than a stop may take', () => {
  const seconds = (key: string): number => Number(new RegExp(`^${key}=(\\d+)s$`, 'm').exec(unit)![1]);
  expect(seconds('WatchdogSec')).toBeGreaterThan(60);
  expect(seconds('TimeoutStopSec')).toBeGreaterThan(20 + 3);
  expect(unit).toMatch(/^NotifyAccess=all$/m);
});

interface Message {
  readonly at: number;
  readonly lines: readonly string[];
}

const parts = ['systemd-notify', 'python3'].filter((program) => !has(program));
if (parts.length > 0) console.log(`SKIP notifications: ${parts.join(', ')} not installed here`);
const withNotify = parts.length === 0 ? describe : describe.skip;
withNotify('a run under a service manager', () => {
  const messages: Message[] = [];
  let manager: ChildProcess;
  let run: Running | undefined;
  const said = (line: string): Message[] => messages.filter(({ lines }) => lines.includes(line));

  beforeAll(async () => {
    const socket = join(folder, 'notify');
    manager = spawn('python3', ['test/integration/services/notify-socket.py', socket], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: manager.stdout! }).on('line', (line) => messages.push(JSON.parse(line) as Message));
    await until('the socket', () => messages.length > 0);
    const config = join(folder, 'tocsin.yaml');
    writeFileSync(
      config,
      `sources: [{ type: file, path: '-' }]\nstate: { dir: ${folder}/state }\nhttp: { port: ${await freePort()} }\n`,
    );
    // As a program that a loop of ours could be held up by.
    const blocker = join(folder, 'blocker.mjs');
    writeFileSync(
      blocker,
      `process.on('SIGUSR2', () => {
        process.stderr.write('blocked\\n');
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000);
        process.stderr.write('free\\n');
      });\n`,
    );
    run = begin(['run', '--config', config], {
      stdin: 'pipe',
      node: ['--import', blocker],
      env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1500000' },
    });
  });
  afterAll(async () => {
    run?.signal('SIGKILL');
    await run?.ended;
    manager.stdin!.end();
  });

  test('says once that it is ready, and goes on to say that it makes progress', async () => {
    await until('READY', () => said('READY=1').length > 0);
    const before = said('WATCHDOG=1').length;
    await until('pings', () => said('WATCHDOG=1').length >= before + 3);
    expect(said('READY=1')).toHaveLength(1);
    expect(messages.flatMap(({ lines }) => lines)).toContain('STATUS=reads and decides');
  });

  test('says nothing while its loop is blocked, and pings again afterwards', async () => {
    run!.signal('SIGUSR2');
    await until('the block', () => run!.said().includes('blocked'));
    const began = Date.now();
    await until('its end', () => run!.said().includes('free'));
    const ended = Date.now();
    // A ping that was under way arrives; one that would have been due in the second half does not come.
    const inside = said('WATCHDOG=1').filter(({ at }) => at > (began + ended) / 2 && at < ended - 200);
    expect(ended - began).toBeGreaterThan(3000);
    expect(inside).toEqual([]);
    await until('a ping', () => said('WATCHDOG=1').some(({ at }) => at > ended));
  });

  test('says that it stops', async () => {
    run!.stdin.end();
    run!.signal('SIGTERM');
    await until('STOPPING', () => said('STOPPING=1').length > 0);
    expect((await run!.ended).code).toBe(0);
  });
});
