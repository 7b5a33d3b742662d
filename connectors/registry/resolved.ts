/** What is known of the schemas of one source, kept with its state: the answers on which its decisions rest. */
import { int, struct, type Codec } from '../../records/wire/codec.js';
import type { Position } from '../../records/batch.js';
import { schemaCodec, type SchemaDocument } from '../../records/schema.js';
import type { Store } from '../../records/store.js';
import type { StateBackend } from '../../runtime/backend.js';
import { TaskState } from '../../runtime/state.js';
import type { SchemaAnswer } from './client.js';

/** Offsets `[from, to]` of the records that were rejected since the registry did not know the schema of their id. */
interface RefusedOffsets {
  readonly from: number;
  readonly to: number;
}
const refusedCodec: Codec<RefusedOffsets> = struct<RefusedOffsets>({ from: int, to: int });

/** How much is kept. */
export interface ResolvedLimits {
  /** Schemas that are kept; those that were not used for longest go first. */
  readonly schemas: number;
  /** And their characters. */
  readonly characters: number;
  /** Unknown ids of which is remembered where they were refused. */
  readonly refused: number;
}

const defaults: ResolvedLimits = { schemas: 1000, characters: 33_554_432, refused: 10_000 };

const sizeOf = ({ text, references }: SchemaDocument): number =>
  references.reduce((sum, reference) => sum + reference.text.length, text.length);

/**
 * A schema never changes under its id, so that one that was seen once is read for ever, whether the registry is there
 * or not. That an id is unknown may change: where records were refused for it is written down before they are, and
 * a reader after a crash refuses the same ones.
 */
export class ResolvedSchemaStore {
  /** Least recently used first. */
  private readonly known = new Map<number, SchemaDocument>();
  private characters = 0;
  private readonly documents: Store<SchemaDocument>;
  private readonly refused: Store<RefusedOffsets>;
  private changed = false;

  private constructor(
    private readonly state: TaskState,
    private readonly limits: ResolvedLimits,
    position: Position | undefined,
  ) {
    this.documents = state.open('schemas', schemaCodec);
    this.refused = state.open('refused', refusedCodec);
    for (const key of [...this.documents.keys()]) this.keep(Number(key), this.documents.get(key)!);
    // What lies before the checkpoint is not read again.
    for (const key of [...this.refused.keys()])
      if (position && this.refused.get(key)!.to < position.offset) this.refused.delete(key);
  }

  /** Restores what was known of a source, for its task that begins at `position`. */
  static async open(
    backend: StateBackend,
    source: string,
    position: Position | undefined,
    limits = defaults,
  ): Promise<ResolvedSchemaStore> {
    const state = await TaskState.restore(backend, `schemas/${source}`, Date.now());
    return new ResolvedSchemaStore(state, limits, position);
  }

  get(id: number): SchemaDocument | undefined {
    return this.known.get(id);
  }

  /** Whether the record at an offset was refused before, in a life that ended before its checkpoint. */
  wasRefused(id: number, offset: number): boolean {
    const range = this.refused.get(String(id));
    return range !== undefined && offset >= range.from && offset <= range.to;
  }

  /** Marks schemas as used just now. */
  touch(ids: Iterable<number>): void {
    for (const id of ids) {
      const document = this.known.get(id);
      if (!document) continue;
      this.known.delete(id);
      this.known.set(id, document);
    }
  }

  learn(answers: ReadonlyMap<number, SchemaAnswer>): void {
    for (const [id, answer] of answers) {
      if (answer === 'unknown' || this.known.has(id)) continue;
      this.keep(id, answer);
      this.documents.put(String(id), answer);
      this.changed = true;
    }
  }

  refuse(id: number, offset: number): void {
    const key = String(id);
    const range = this.refused.get(key);
    if (range && offset <= range.to) return;
    this.refused.put(key, { from: range?.from ?? offset, to: offset });
    this.changed = true;
  }

  /** Writes what was learnt, durably; to be awaited before anything is decided by it. */
  async write(position: Position, inUse: ReadonlySet<number>): Promise<void> {
    if (!this.changed) return;
    this.evict(inUse);
    this.changed = false;
    await this.state.checkpoint(position);
  }

  close(): void {
    this.state.close();
  }

  private keep(id: number, document: SchemaDocument): void {
    this.known.set(id, document);
    this.characters += sizeOf(document);
  }

  private evict(inUse: ReadonlySet<number>): void {
    for (const [id, document] of this.known) {
      if (this.known.size <= this.limits.schemas && this.characters <= this.limits.characters) break;
      if (inUse.has(id)) continue;
      this.known.delete(id);
      this.documents.delete(String(id));
      this.characters -= sizeOf(document);
    }
    if (this.refused.size <= this.limits.refused) return;
    const ranges = [...this.refused.keys()].map((key) => [key, this.refused.get(key)!.to] as const);
    ranges.sort((a, b) => a[1] - b[1]);
    for (const [key] of ranges.slice(0, ranges.length - Math.floor(this.limits.refused / 2))) this.refused.delete(key);
  }
}
