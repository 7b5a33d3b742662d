/** Scores that were given before, by the hash of the model and the bytes of the row: another model is another key. */
import { createHash } from 'node:crypto';
import type { RedisLink } from '../../connectors/redis/link.js';

export interface ScoreCache {
  /** Scores by key; undefined where there is none. Never rejects: what cannot be asked is not known. */
  get(keys: readonly string[]): Promise<readonly (number | undefined)[]>;
  put(entries: readonly (readonly [string, number])[]): void;
}

/** @param model hash of the bytes of the model */
export const scoreKey = (model: string, row: Float64Array): string =>
  createHash('sha256')
    .update(model)
    .update(new Uint8Array(row.buffer, row.byteOffset, row.byteLength))
    .digest('base64url');

/** The last `max` scores, in memory. */
export function memoryCache(max = 50_000): ScoreCache {
  const scores = new Map<string, number>();
  return {
    get: (keys) => Promise.resolve(keys.map((key) => scores.get(key))),
    put: (entries) => {
      for (const [key, score] of entries) {
        scores.delete(key);
        scores.set(key, score);
      }
      for (const oldest of scores.keys()) {
        if (scores.size <= max) break;
        scores.delete(oldest);
      }
    },
  };
}

/** Scores are kept in Redis for so long, seconds. */
const keptFor = 3600;
/** Redis is asked for no longer than this, and after it did not answer not again for a while, ms. */
const answerWithin = 25;
const leaveAlone = 5000;

/**
 * Scores that all members of a fleet share, behind those in memory. A Redis that does not answer costs one short wait,
 * then it is left alone for some seconds.
 */
export function sharedCache(near: ScoreCache, link: () => RedisLink | undefined, prefix: string): ScoreCache {
  let resting = 0;
  const nameOf = (key: string): string => `${prefix}:score:${key}`;
  const rest = (): void => void (resting = performance.now() + leaveAlone);
  return {
    async get(keys) {
      const found = [...(await near.get(keys))];
      const missing = [...keys.entries()].filter(([i]) => found[i] === undefined);
      const redis = link();
      if (missing.length === 0 || !redis || performance.now() < resting) return found;
      const asked = Promise.all(
        missing.map(async ([i, key]) => [i, key, await redis.client.getBuffer(nameOf(key))] as const),
      );
      const answered = await within(asked, answerWithin);
      if (!answered) {
        rest();
        return found;
      }
      const shared: [string, number][] = [];
      for (const [i, key, value] of answered) {
        if (value?.length !== 8) continue;
        found[i] = value.readDoubleLE();
        shared.push([key, value.readDoubleLE()]);
      }
      near.put(shared);
      return found;
    },
    put(entries) {
      near.put(entries);
      const redis = link();
      if (!redis || performance.now() < resting) return;
      const written = entries.map(([key, score]) => {
        const bytes = Buffer.alloc(8);
        bytes.writeDoubleLE(score);
        return redis.client.set(nameOf(key), bytes, 'EX', keptFor);
      });
      void Promise.all(written).catch(rest);
    },
  };
}

/** What a promise gives; undefined where it fails or takes longer. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
