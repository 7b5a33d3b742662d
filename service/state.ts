/** Opens the state backend of a configuration. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/schema.js';
import { openLevelBackend } from '../connectors/leveldb/backend.js';
import { openRedisBackend, type RedisBackend } from '../connectors/redis/backend.js';
import type { RedisAddress } from '../connectors/redis/options.js';
import type { StateBackend } from '../runtime/backend.js';
import { MemoryBackend } from '../runtime/memory-backend.js';
import type { Blobs } from '../models/registry/share.js';
import { StartError } from '../runtime/start-error.js';
import { makeStateFolder } from './state-folder.js';

export interface OpenState {
  readonly backend: StateBackend;
  /** Where the members of a fleet find the models that one of them trained; undefined where each has its own. */
  readonly blobs?: Blobs;
  /** Tells shared state from any other; undefined where each member has its own. */
  readonly incarnation?: string;
}

/** @throws StartError where the backend cannot be opened, or has lost what an earlier run kept there */
export async function openState({ state }: Config, warn: (message: string) => void): Promise<OpenState> {
  // What is written from now on is for this user alone: lines of logs are in it, and the key of links.
  process.umask(0o077);
  if (state.backend !== 'memory') {
    makeStateFolder(state.dir);
    await chmod(state.dir, 0o700).catch((error: unknown) =>
      warn(`${state.dir} cannot be closed to other users: ${(error as Error).message}`),
    );
  }
  if (state.backend === 'memory') return { backend: new MemoryBackend() };
  if (state.backend === 'leveldb') return { backend: await openLevelBackend(join(state.dir, 'state')) };
  const backend = await openRedis(state, warn);
  return { backend, blobs: backend, incarnation: backend.incarnation };
}

type RedisKeys = NonNullable<Config['state']['redis']>;

/** Where Redis is, and who asks it. */
export const redisAddress = ({
  url,
  sentinel,
  username,
  password,
  timeout,
}: Pick<RedisKeys, 'url' | 'username' | 'password' | 'timeout'> &
  Partial<Pick<RedisKeys, 'sentinel'>>): RedisAddress => ({
  urls: typeof url === 'string' ? [url] : url,
  ...(sentinel ? { sentinel: { ...sentinel, password: sentinel.password?.reveal() } } : {}),
  ...(username === undefined ? {} : { username }),
  ...(password ? { password: password.reveal() } : {}),
  timeoutMs: timeout,
});

async function openRedis({ redis, dir }: Config['state'], warn: (message: string) => void): Promise<RedisBackend> {
  if (!redis) throw new StartError('state.backend redis needs state.redis.url');
  const { prefix, give_up: giveUpMs } = redis;
  const known = await knownIncarnations(dir);
  try {
    const backend = await openRedisBackend({
      ...redisAddress(redis),
      ...(known[prefix] === undefined ? {} : { incarnation: known[prefix] }),
      prefix,
      giveUpMs,
      warn,
    });
    if (known[prefix] === undefined) {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await writeFile(incarnationFile(dir), `${JSON.stringify({ ...known, [prefix]: backend.incarnation })}\n`);
    }
    return backend;
  } catch (error) {
    throw new StartError((error as Error).message, 'unavailable');
  }
}

/** Which state in Redis this folder belongs to, by prefix: another one there, or none, means that it was lost. */
const incarnationFile = (dir: string): string => join(dir, 'redis.json');

async function knownIncarnations(dir: string): Promise<Readonly<Record<string, string>>> {
  try {
    return JSON.parse(await readFile(incarnationFile(dir), 'utf8')) as Record<string, string>;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return {};
    throw new StartError(
      `${incarnationFile(dir)} cannot be read: ${(error as Error).message}; delete it if it is damaged`,
    );
  }
}
