/** Writes the newest features of entities to Redis, where Feast's clients read them. */
import { createHash } from 'node:crypto';
import type { RedisLink } from '../redis/link.js';
import { decodeTime, encodeTime, encodeValue, entityKey, featureField, timeField, type ValueType } from './layout.js';

/** The newest row of an entity in a view. */
export interface OnlineRow {
  readonly view: string;
  readonly entity: string;
  /** Event time, ms since 1970. */
  readonly time: number;
  readonly features: readonly (readonly [name: string, type: ValueType, value: string | number | boolean | null])[];
}

/** Up to where a log was written to the store. */
export interface Written {
  /** Offset of the last record. */
  readonly offset: number;
  /** Hash of its bytes: another log has another one there. */
  readonly hash: string;
}

/** How the online store is written. */
export interface OnlineStoreOptions {
  readonly project: string;
  /** What is not written again within this time is deleted, ms. */
  readonly keepMs: number;
}

/** The join key of all views. */
export const joinKey = 'entity';

/** A short name of a record's content: the first 128 bits of its SHA-256, hex. */
export const hashOfRecord = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex').slice(0, 32);

/** Collects the newest features and writes them. */
export class OnlineStore {
  private readonly fields = new Map<string, Buffer>();

  constructor(
    private readonly link: RedisLink,
    private readonly options: OnlineStoreOptions,
  ) {}

  /**
   * Rows that are older than what is stored are left out. One writer a shard.
   *
   * @param rows one for each view and entity
   * @returns how many were written
   */
  async write(rows: readonly OnlineRow[]): Promise<number> {
    const { project, keepMs } = this.options;
    const wrote = await Promise.all(
      rows.map((row) =>
        this.link.ask('write features', async (client) => {
          const key = entityKey(joinKey, row.entity, project);
          const time = timeField(row.view);
          const stored = await client.hgetBuffer(key, time);
          const known = stored ? decodeTime(stored) : undefined;
          if (known !== undefined && known > row.time) return false;
          const values = row.features.flatMap(([name, type, value]) => [
            this.field(row.view, name),
            encodeValue(type, value),
          ]);
          await client.hset(key, ...values, time, encodeTime(row.time));
          await client.pexpire(key, keepMs);
          return true;
        }),
      ),
    );
    return wrote.filter(Boolean).length;
  }

  /** Up to where the log of this shard was written. */
  async written(shard: number): Promise<Written | undefined> {
    const text = await this.link.ask('read a position', (client) => client.hget(this.positions, String(shard)));
    const [offset, hash] = text?.split(' ') ?? [];
    return hash === undefined ? undefined : { offset: Number(offset), hash };
  }

  async note(shard: number, { offset, hash }: Written): Promise<void> {
    await this.link.ask('write a position', (client) => client.hset(this.positions, shard, `${offset} ${hash}`));
  }

  close(): void {
    this.link.close();
  }

  private get positions(): string {
    return `tocsin-online:${this.options.project}`;
  }

  private field(view: string, name: string): Buffer {
    const known = `${view}:${name}`;
    let field = this.fields.get(known);
    if (!field) this.fields.set(known, (field = featureField(view, name)));
    return field;
  }
}
