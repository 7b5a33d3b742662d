/** The drill of docs/operations.md with state in Redis: folder and Redis are copied, lost and put back, on another server too. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../../integration/services/free-port.js';
import { ended, tocsin } from '../../integration/services/tocsin.js';
import { until } from '../../integration/services/until.js';
import { describeWith } from './tools.js';
import { shopLines as lines } from './shop-lines.js';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-backup-redis-'));
const running: ChildProcess[] = [];

class Server {
  private constructor(
    readonly home: string,
    readonly port: number,
    readonly client: Redis,
    private readonly child: ChildProcess,
  ) {}

  /** Starts one on the data of a folder. */
  static async on(home: string, appendonly: 'yes' | 'no'): Promise<Server> {
    mkdirSync(home, { recursive: true });
    const port = await freePort();
    const child = spawn(
      'redis-server',
      [
        ...['--bind', '127.0.0.1', '--port', String(port), '--dir', home, '--save', ''],
        ...['--appendonly', appendonly, '--appendfsync', 'always'],
      ],
      { stdio: 'ignore' },
    );
    running.push(child);
    const client = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => 50 });
    client.on('error', () => undefined);
    await until('Redis', () => client.ping().catch(() => undefined));
    return new Server(home, port, client, child);
  }

  async stop(): Promise<void> {
    this.client.disconnect();
    const over = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await over;
  }
}

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const log = join(folder, 'app.log');
/** What the sources hold at the time of the copy, and later. */
const upTo = (count: number): void => writeFileSync(log, `${lines.slice(0, count).join('\n')}\n`);

function configure(name: string, port: number): string {
  const config = join(folder, `${name}.json`);
  writeFileSync(
    config,
    JSON.stringify({
      sources: [{ type: 'file', path: log, format: 'json' }],
      rules: [{ name: 'memory', action: 'page', pattern: 'out of memory' }],
      detection: { warmup: '365d' },
      state: { backend: 'redis', dir: join(folder, name), redis: { url: `redis://127.0.0.1:${port}`, prefix: name } },
      http: { port: 0 },
    }),
  );
  return config;
}
async function decisions(config: string): Promise<Buffer> {
  await tocsin('replay', '--config', config, '--source', 'decisions', '--out', `${config}.bin`);
  return readFileSync(`${config}.bin`);
}

describeWith(['redis-server'])('a copy of Redis and of the folder', () => {
  test.each(['append-only file', 'snapshot'])(
    'as %s is enough to go on from, after all of it was lost',
    async (form) => {
      const name = form.replace(/\W/g, '-');
      const server = await Server.on(join(folder, `${name}-redis`), 'yes');
      let config = configure(name, server.port);
      const [state, copy, redisCopy] = [name, `${name}-copy`, `${name}-redis-copy`].map((each) =>
        join(folder, each),
      ) as [string, string, string];
      upTo(2500);
      await tocsin('run', '--config', config);
      // The process has ended: what is in the folder and in Redis belongs together.
      cpSync(state, copy, { recursive: true });
      if (form === 'snapshot') {
        await server.client.save();
        mkdirSync(redisCopy);
        cpSync(join(server.home, 'dump.rdb'), join(redisCopy, 'dump.rdb'));
      } else cpSync(join(server.home, 'appendonlydir'), join(redisCopy, 'appendonlydir'), { recursive: true });

      upTo(4000);
      await tocsin('run', '--config', config);
      const gone = await decisions(config);

      // Redis alone is lost: refused, and nothing is begun in silence.
      await server.client.flushall();
      const refused = await ended('run', '--config', config);
      expect([refused.code, refused.said]).toEqual([4, expect.stringContaining('has no state under the prefix')]);

      // Both are lost, and put back, Redis at another address.
      await server.stop();
      rmSync(server.home, { recursive: true });
      rmSync(state, { recursive: true });
      cpSync(copy, state, { recursive: true });
      const second = await Server.on(redisCopy, form === 'snapshot' ? 'no' : 'yes');
      if (form === 'snapshot') {
        await second.client.config('SET', 'appendonly', 'yes');
        await until('its append-only file', () => existsSync(join(redisCopy, 'appendonlydir')) || undefined);
      }
      config = configure(name, second.port);
      expect((await decisions(config)).length).toBeLessThan(gone.length);
      await tocsin('run', '--config', config);
      expect((await decisions(config)).equals(gone)).toBe(true);
      await second.stop();
    },
    240_000,
  );
});
