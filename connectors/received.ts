/** Sources whose lines have no time of their own: each has that at which it was read, which is written down with it. */
import type { Batch } from '../records/batch.js';
import type { SourceItem } from '../records/raw.js';
import type { Source } from '../runtime/source.js';
import { fileSource } from './file/source.js';
import type { IdleOptions } from './idle.js';
import { everyMs } from './reader-clock.js';

/**
 * Stamps the records of a source as a broker would. A batch with records cannot be given again as it was, the clock is a
 * part of it: the task writes it down before it is handled, and a restart goes on behind it.
 *
 * @param now the wall clock, ms since 1970
 */
export function received(source: Source<SourceItem>, now: () => number = Date.now): Source<SourceItem> {
  return {
    async *open(position, control): AsyncGenerator<Batch<SourceItem>> {
      let at = position;
      let said = Number.NEGATIVE_INFINITY;
      for await (const { items, rejected, ...rest } of source.open(position, control)) {
        const isIdle = items.some(({ type }) => type === 'idle');
        if (!isIdle && items.every(({ type }) => type !== undefined)) yield { items, rejected, ...rest };
        else {
          const time = now();
          // What was not written down of a batch are its rejects: they go before it, and may come twice.
          if (rejected.length > 0) yield { items: [], rejected, position: at };
          // No line is from later than this; and who is silent is so until now.
          const clock: SourceItem[] =
            isIdle || Math.abs(time - said) >= everyMs ? [{ type: 'live', watermark: (said = time) }] : [];
          const stamped = items.map((item): SourceItem =>
            item.type === undefined ? { ...item, timestamp: time, appended: true } : item,
          );
          yield { items: [...clock, ...stamped], rejected: [], ...rest, unrepeatable: true };
        }
        at = rest.position ?? at;
      }
    },
  };
}

/** Standard input of a program that runs: it goes on with what comes now, whatever was read of an earlier one. */
export function liveInput(name: string, idle: IdleOptions, stdin?: AsyncIterable<Buffer>): Source<SourceItem> {
  return {
    async *open(position, { stop }): AsyncGenerator<Batch<SourceItem>> {
      let at = position ?? { source: name, offset: 0 };
      const input = stdin === undefined ? {} : { stdin };
      const batches = fileSource({ path: '-', source: name, offset: at.offset, continues: false, stop, ...input });
      if (!position) yield { items: [], rejected: [], position: at };
      let next = batches.next();
      try {
        for (;;) {
          const found = await within(next, idle.afterMs);
          if (stop.aborted) return;
          if (!found) {
            yield { items: [{ type: 'idle', watermark: idle.watermark() }], rejected: [], position: at };
            continue;
          }
          if (found.done === true) return;
          at = found.value.position ?? at;
          yield { ...found.value, position: at };
          next = batches.next();
        }
      } finally {
        next.catch(() => undefined);
        batches.return(undefined).catch(() => undefined);
      }
    },
  };
}

/** What it resolves to, or undefined after `ms`. */
function within<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), ms)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
