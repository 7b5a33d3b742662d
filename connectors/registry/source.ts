/** A source of framed records whose schemas are resolved before it hands the records on. */
import type { Batch, Position, Rejected } from '../../records/batch.js';
import { schemaIdOf } from '../../records/wire/frame.js';
import type { RawRecord, SourceItem } from '../../records/raw.js';
import type { ResolvedSchemas } from '../../records/schema.js';
import { retryDelay, type Backoff } from '../../runtime/backoff.js';
import type { StateBackend } from '../../runtime/backend.js';
import { steadyNow } from '../../runtime/clock.js';
import type { Source } from '../../runtime/source.js';
import { RegistryUnavailable, type RegistryClient, type SchemaAnswer } from './client.js';
import { ResolvedSchemaStore, type ResolvedLimits } from './resolved.js';

/** A source waits for the registry. */
export interface WaitingSource {
  readonly source: string;
  /** Wall clock, ms. */
  readonly since: number;
  readonly why: string;
}

/** How schemas are resolved. */
export interface ResolvingOptions {
  /** The source that is read. */
  readonly source: Source<SourceItem>;
  /** Its name in positions and dead letters. */
  readonly name: string;
  readonly client: RegistryClient;
  /** Where the state of its task is. */
  readonly backend: StateBackend;
  readonly backoff?: Backoff;
  readonly limits?: ResolvedLimits;
  /** Told when it begins to wait, with each further try, and without an argument when it goes on. */
  readonly onHeld?: (held: WaitingSource | undefined) => void;
}

/** The source, and the schemas that it has resolved. */
export interface Resolving {
  readonly source: Source<SourceItem>;
  /** For the decoder of the same task. */
  readonly schemas: ResolvedSchemas;
}

const patience: Backoff = { firstMs: 500, maxMs: 15_000 };

/**
 * Reads on only when every schema of a slice is known, or known to be unknown. As long as the registry does not answer
 * the source is held, with what it has read: it is asked again for ever, with backoff, and nothing is rejected that
 * could be decoded later. Records of an id that the registry does not know are rejected as `unknown-schema`.
 */
export function resolving(options: ResolvingOptions): Resolving {
  const { source, name, client, backend, onHeld, backoff = patience } = options;
  let store: ResolvedSchemaStore | undefined;

  /** Asks until there is an answer; undefined where the source is stopped before. */
  async function ask(
    ids: readonly number[],
    stop: AbortSignal,
  ): Promise<ReadonlyMap<number, SchemaAnswer> | undefined> {
    const since = steadyNow();
    for (let tries = 1; !stop.aborted; tries++) {
      try {
        const answers = await client.resolve(ids, stop);
        if (tries > 1) onHeld?.(undefined);
        return answers;
      } catch (error) {
        if (!(error instanceof RegistryUnavailable)) throw error;
        if (!stop.aborted) onHeld?.({ source: name, since, why: error.message });
        await pause(retryDelay(backoff, tries, Math.random), stop);
      }
    }
    onHeld?.(undefined);
    return undefined;
  }

  async function resolve(
    known: ResolvedSchemaStore,
    batch: Batch<SourceItem>,
    position: Position,
    stop: AbortSignal,
  ): Promise<Batch<SourceItem> | undefined> {
    const ids = new Set<number>();
    const missing = new Set<number>();
    for (const item of batch.items) {
      if (item.type !== undefined) continue;
      const id = schemaIdOf(item.bytes, item.start, item.end);
      if (id < 0 || known.wasRefused(id, item.offset)) continue;
      ids.add(id);
      if (!known.get(id)) missing.add(id);
    }
    known.touch(ids);
    if (missing.size > 0) {
      const answers = await ask([...missing], stop);
      if (!answers) return undefined;
      known.learn(answers);
    }
    const items: SourceItem[] = [];
    const rejected: Rejected[] = [...batch.rejected];
    for (const item of batch.items) {
      const id = item.type === undefined ? schemaIdOf(item.bytes, item.start, item.end) : -1;
      if (item.type !== undefined || id < 0 || (known.get(id) && !known.wasRefused(id, item.offset))) {
        items.push(item);
        continue;
      }
      known.refuse(id, item.offset);
      rejected.push(unknownSchema(name, id, item));
    }
    await known.write(position, ids);
    return { ...batch, items, rejected };
  }

  return {
    schemas: (id) => store?.get(id),
    source: {
      async *open(position, control): AsyncGenerator<Batch<SourceItem>> {
        const known = (store = await ResolvedSchemaStore.open(backend, name, position, options.limits));
        try {
          for await (const batch of source.open(position, control)) {
            const resolved = await resolve(known, batch, batch.position ?? { source: name, offset: 0 }, control.stop);
            if (!resolved) return;
            yield resolved;
          }
        } finally {
          known.close();
        }
      },
    },
  };
}

function unknownSchema(source: string, id: number, { bytes, start, end, offset, timestamp }: RawRecord): Rejected {
  return {
    reason: 'unknown-schema',
    detail: `the registry knows no schema ${id}: wrong registry, or the schema was deleted`,
    source,
    offset,
    time: timestamp,
    bytes: Uint8Array.prototype.slice.call(bytes, start, Math.min(end, start + 65_536)),
  };
}

/** Waits, at most until a signal aborts. */
function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (stop.aborted) {
      done();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', end);
      done();
    };
    const timer = setTimeout(end, ms);
    stop.addEventListener('abort', end);
  });
}
