/** An append-only log with a hash chain: the ledger of healing, and the proof of what was done. */
import { createHash } from 'node:crypto';
import { decode, encode } from '../records/wire/codec.js';
import { healingEntry, type HealingEntry, type HealingNote } from '../records/healing.js';
import type { ChannelReader, ChannelWriter } from '../records/store.js';

/** Another process claimed the log, or an entry of this one did not join the chain: the receiver no longer leads. */
export class LedgerLostError extends Error {
  override readonly name = 'LedgerLostError';
}

/** SHA-256 of an entry's canonical bytes, hex; the hash of the entry before is in them. */
export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What became of a record that was read. Only `accepted` ones count. */
export type EntryStanding = 'accepted' | 'repeat' | 'zombie' | 'broken';

/** The end of a chain, and the rule by which a record becomes its next entry. */
export class AuditChain {
  seq = 0;
  hash = '';
  epoch = 0;

  /** Judges the next record of the log. */
  take(bytes: Uint8Array): { standing: EntryStanding; entry: HealingEntry | undefined; hash: string } {
    const hash = hashOf(bytes);
    let entry: HealingEntry;
    try {
      entry = decode(healingEntry, bytes);
    } catch {
      return { standing: 'broken', entry: undefined, hash };
    }
    // A client library may send the same record twice.
    if (hash === this.hash) return { standing: 'repeat', entry, hash };
    if (entry.epoch < this.epoch) return { standing: 'zombie', entry, hash };
    if (entry.prev !== this.hash || entry.seq !== this.seq + 1) return { standing: 'broken', entry, hash };
    this.seq = entry.seq;
    this.hash = hash;
    this.epoch = entry.epoch;
    return { standing: 'accepted', entry, hash };
  }
}

/** How an audit log is opened. */
export interface AuditLogOptions {
  readonly writer: ChannelWriter;
  readonly reader: ChannelReader;
  /** Sees every accepted entry once, in order: those of others too. */
  readonly accepted: (entry: HealingEntry, hash: string) => void;
  /** A record that breaks the chain: somebody changed or removed entries, or two processes wrote at once. */
  readonly broken?: (seq: number) => void;
  /** How long an own entry may take to be read back, ms. 10 s by default. */
  readonly commitMs?: number;
}

const pageSize = 500;

/**
 * Every process reads along; one of them appends. An entry counts once it was read back as the next of the chain:
 * the process that claimed the log in between comes first there, and the entry of the earlier one is void. So of two processes
 * that both believe to lead, only one can intend an action.
 */
export class AuditLog {
  readonly chain = new AuditChain();
  private offset = 0;
  private work: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: AuditLogOptions) {}

  /** Reads what is new. */
  catchUp(): Promise<void> {
    return this.inTurn(() => this.read());
  }

  /**
   * Appends a note and reads until it is part of the chain.
   *
   * @param epoch of this process's claim
   * @param at wall clock, ms
   * @throws LedgerLostError where it did not become part of it
   */
  append(note: HealingNote, epoch: number, at: number): Promise<HealingEntry> {
    return this.inTurn(async () => {
      await this.read();
      const { chain } = this;
      if (epoch < chain.epoch) throw new LedgerLostError('another process has taken healing over');
      const entry: HealingEntry = { ...note, seq: chain.seq + 1, prev: chain.hash, epoch, at };
      const bytes = encode(healingEntry, entry);
      const { writer, reader, commitMs = 10_000 } = this.options;
      writer.append(0, '', bytes);
      await writer.flush();
      const wanted = hashOf(bytes);
      const until = performance.now() + commitMs;
      while (chain.seq < entry.seq) {
        if (performance.now() > until) throw new LedgerLostError(`entry ${entry.seq} was not read back in time`);
        await reader.wait(0, this.offset, 100);
        await this.read();
      }
      if (!this.recent.has(wanted)) throw new LedgerLostError('another process wrote first');
      return entry;
    });
  }

  /** Hashes of the entries accepted last. */
  private readonly recent = new Set<string>();

  private async read(): Promise<void> {
    for (;;) {
      const records = await this.options.reader.read(0, this.offset, pageSize);
      if (records.length === 0) return;
      for (const { offset, value } of records) {
        this.offset = offset + 1;
        const { standing, entry, hash } = this.chain.take(value);
        if (standing === 'broken') this.options.broken?.(this.chain.seq + 1);
        if (standing !== 'accepted' || !entry) continue;
        this.recent.add(hash);
        if (this.recent.size > pageSize) this.recent.delete(this.recent.values().next().value!);
        this.options.accepted(entry, hash);
      }
    }
  }

  /** One at a time, in order; a failure does not end the line. */
  private inTurn<T>(task: () => Promise<T>): Promise<T> {
    const next = this.work.then(task);
    this.work = next.catch(() => undefined);
    return next;
  }
}
