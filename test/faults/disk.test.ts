/** The disk is full or read-only, or the process is told to stop, while work is left: nothing is lost, and it is said. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { begin, killWhen, tocsin, whileRunning } from '../integration/services/tocsin.js';
import { Embedded, type Scene } from './embedded.js';
import { expectEqual, type Outcome } from './outcome.js';
import { seeded } from './settings.js';

let embedded: Embedded;
let expected: Outcome;
beforeAll(async () => {
  embedded = await Embedded.open('leveldb');
  expected = await embedded.undisturbed();
}, 180_000);
afterAll(() => embedded?.close());

const mount = (...args: readonly string[]): boolean => spawnSync('mount', args).status === 0;

/** A file system of its own below the scene; false where this user may not mount. */
function mounted(scene: Scene, options: string): boolean {
  mkdirSync(scene.folder, { recursive: true });
  if (mount('-t', 'tmpfs', '-o', options, 'tmpfs', scene.folder)) return true;
  console.warn('skipped: mounting a file system takes root');
  return false;
}

async function finish(scene: Scene): Promise<void> {
  await tocsin('run', '--config', scene.config);
  expectEqual(await embedded.outcome(scene), expected);
}

test('a disk that is full ends the run in words, and with room it goes on', async () => {
  const scene = embedded.scene();
  if (!mounted(scene, 'size=2m')) return;
  try {
    for (const size of ['2500k', '3m', '3500k']) {
      const { code, signal, said } = await begin(['run', '--config', scene.config]).ended;
      expect({ code, signal }).toEqual({ code: 1, signal: null });
      expect(said).toMatch(/ENOSPC|No space left on device/);
      mount('-o', `remount,size=${size}`, scene.folder);
    }
    mount('-o', 'remount,size=64m', scene.folder);
    await finish(scene);
  } finally {
    spawnSync('umount', ['-l', scene.folder]);
  }
}, 180_000);

test('files that may not grow end the run in words, and without the limit it goes on', async () => {
  await seeded('disk/limit', async (random) => {
    const scene = embedded.scene();
    for (let lives = 0, limit = 60_000; lives < 3; lives++, limit += random.integer(50_000, 200_000)) {
      const under = ['sh', '-c', `trap '' XFSZ; exec prlimit --fsize=${limit} "$@"`, 'sh'];
      const { code, said } = await begin(['run', '--config', scene.config], { under }).ended;
      expect(code).toBe(1);
      expect(said).toMatch(/EFBIG|File too large/);
    }
    await finish(scene);
  });
}, 180_000);

test('a state folder that is read-only after a kill is refused in words, and when it is mended it goes on', async () => {
  const scene = embedded.scene();
  if (!mounted(scene, 'size=64m')) return;
  try {
    const run = begin(['run', '--config', scene.config]);
    const log = join(scene.folder, 'log/decisions/0');
    const isDeciding = (): boolean =>
      existsSync(log) && readdirSync(log).some((name) => statSync(join(log, name)).size > 100_000);
    await killWhen(run, isDeciding);
    expect(mount('-o', 'remount,ro', scene.folder)).toBe(true);
    const refused = await begin(['run', '--config', scene.config]).ended;
    expect(refused.code).not.toBe(0);
    expect(refused.said).toMatch(/read-only|EROFS|Read-only/);
    mount('-o', 'remount,rw', scene.folder);
    await finish(scene);
  } finally {
    spawnSync('umount', ['-l', scene.folder]);
  }
}, 180_000);

test('SIGTERM under load ends it in order, again and again', async () => {
  await seeded('sigterm', async (random) => {
    const scene = embedded.scene();
    let stopped = 0;
    for (let lives = 0; lives < 6; lives++) {
      const run = begin(['run', '--config', scene.config]);
      const after = random.integer(0, 40);
      let looks = 0;
      await whileRunning(run, () => run.said().includes('"running"') && looks++ >= after);
      run.signal('SIGTERM');
      const { code, said } = await run.ended;
      if (code === 0) break;
      expect({ code, said: said.slice(-500) }).toMatchObject({ code: 0 });
      expect(said).toContain('"stopped"');
      stopped++;
    }
    expect(stopped).toBeGreaterThan(2);
    await finish(scene);
  });
}, 180_000);
