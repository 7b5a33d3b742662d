/** Decisions once each: after a crash the log repeats those behind the last checkpoint. */
import type { Subject } from '../../records/score.js';

/**
 * A shard decides one boundary after the other, so what ends before the last boundary was seen before, and of the last
 * one its subjects say it.
 */
export class OnceByBoundary {
  private readonly shards = new Map<number, { end: number; subjects: Set<string> }>();

  /** Whether it is the first of its subject. */
  isNew(shard: number, { end, entity, key }: Subject): boolean {
    const id = `${entity}\0${key}`;
    const known = this.shards.get(shard);
    if (!known || end > known.end) {
      this.shards.set(shard, { end, subjects: new Set([id]) });
      return true;
    }
    if (end < known.end || known.subjects.has(id)) return false;
    known.subjects.add(id);
    return true;
  }
}
