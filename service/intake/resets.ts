/** Puts what people say of the event time of a source among its records. */
import type { Batch } from '../../records/batch.js';
import type { Control } from '../../records/control.js';
import type { SourceItem } from '../../records/raw.js';
import type { Source } from '../../runtime/source.js';

/**
 * The source with a `reset` control in the place where it was heard. What was said before counts once, whatever is read
 * again: ingest knows when it was said.
 *
 * @param said - all controls that were heard so far, by id, in their order
 */
export function withResets(
  source: Source<SourceItem>,
  name: string,
  said: ReadonlyMap<string, Control>,
): Source<SourceItem> {
  return {
    async *open(position, control): AsyncGenerator<Batch<SourceItem>> {
      let at = position;
      let heard = 0;
      for await (const batch of source.open(position, control)) {
        if (at && said.size > heard) {
          const news = [...said.values()].slice(heard);
          heard = said.size;
          for (const { command, about, value, at: saidAt } of news) {
            const isMine = command === 'watermark' && (about === '' || about === name) && /^\d{1,15}$/.test(value);
            if (!isMine) continue;
            const reset = { type: 'reset', watermark: Number(value), said: saidAt } as const;
            yield { items: [reset], rejected: [], position: at, unrepeatable: true };
          }
        }
        at = batch.position ?? at;
        yield batch;
      }
    },
  };
}
