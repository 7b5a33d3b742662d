import { decode, encode } from '../../records/wire/codec.js';
import { healingEntry, healingNote, type HealingEntry } from '../../records/healing.js';
import type { ChannelReader, ChannelRecord, ChannelWriter } from '../../records/store.js';
import { AuditLog, AuditChain, LedgerLostError } from '../../runtime/audit-log.js';

/** A log in memory that two processes share; `race` may put something in just before a write. */
class SharedLog {
  readonly records: ChannelRecord[] = [];
  race: (() => void) | undefined;

  put(value: Uint8Array): void {
    this.records.push({ offset: this.records.length, value });
  }
  writer(): ChannelWriter {
    let waiting: Uint8Array[] = [];
    return {
      append: (_shard, _key, value) => void waiting.push(value),
      flush: async () => {
        const { race } = this;
        this.race = undefined;
        race?.();
        for (const value of waiting) this.put(value);
        waiting = [];
      },
      close: async () => undefined,
    };
  }
  reader(): ChannelReader {
    return {
      read: async (_shard, offset, max) => this.records.slice(offset, offset + max),
      wait: async (_shard, offset) => this.records.length > offset,
      close: async () => undefined,
    };
  }
}

function member(log: SharedLog) {
  const accepted: HealingEntry[] = [];
  const broken: number[] = [];
  const audit = new AuditLog({
    writer: log.writer(),
    reader: log.reader(),
    accepted: (entry) => void accepted.push(entry),
    broken: (seq) => void broken.push(seq),
    commitMs: 200,
  });
  return { audit, accepted, broken };
}
const claimed = healingNote({ what: 'claimed' });
const intended = healingNote({ what: 'intended', id: 'f1-restart' });

test('every member sees every entry once, in order, each bound to the one before', async () => {
  const log = new SharedLog();
  const [a, b] = [member(log), member(log)];
  await a.audit.append(claimed, 1, 10);
  await Promise.all([a.audit.append(intended, 1, 11), a.audit.append(intended, 1, 12)]);
  await b.audit.catchUp();
  expect(b.accepted).toEqual(a.accepted);
  expect(b.accepted.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  expect(b.audit.chain.hash).toBe(a.audit.chain.hash);
});

test('of two that believe to lead, only one can intend: who claimed first in the log wins, the other learns of it', async () => {
  const log = new SharedLog();
  const [a, b] = [member(log), member(log)];
  await a.audit.append(claimed, 1, 10);
  // Between the look and the write of the one, the other claims.
  await b.audit.catchUp();
  const entry = { ...claimed, seq: 2, prev: a.audit.chain.hash, epoch: 2, at: 11 };
  log.race = () => log.put(encode(healingEntry, entry));
  await expect(a.audit.append(intended, 1, 12)).rejects.toThrow(LedgerLostError);
  await expect(a.audit.append(intended, 1, 13)).rejects.toThrow('another process has taken healing over');
  await b.audit.append(intended, 2, 14);
  await a.audit.catchUp();
  expect(a.accepted.map(({ what, epoch }) => `${what} ${epoch}`)).toEqual(['claimed 1', 'claimed 2', 'intended 2']);
  expect(a.broken).toEqual([]);
});

test('an entry that a client library sent twice counts once', async () => {
  const log = new SharedLog();
  const { audit, accepted } = member(log);
  await audit.append(claimed, 1, 10);
  log.put(log.records[0]!.value);
  await audit.append(intended, 1, 11);
  expect(accepted).toHaveLength(2);
});

test.each<[string, (records: ChannelRecord[]) => void]>([
  [
    'a changed word',
    (records) => {
      const entry = decode(healingEntry, records[1]!.value);
      records[1] = { offset: 1, value: encode(healingEntry, { ...entry, by: 'nobody' }) };
    },
  ],
  ['a removed entry', (records) => void records.splice(1, 1)],
  ['two in another order', (records) => void records.splice(1, 2, records[2]!, records[1]!)],
  ['garbage', (records) => (records[1] = { offset: 1, value: Buffer.from('garbage') })],
])('the chain shows %s', async (_, spoil) => {
  const log = new SharedLog();
  const { audit } = member(log);
  for (let i = 0; i < 4; i++) await audit.append(intended, 1, i);
  spoil(log.records);
  const chain = new AuditChain();
  const standings = log.records.map(({ value }) => chain.take(value).standing);
  expect(standings).toContain('broken');
  expect(chain.seq).toBeLessThan(4);
});

test('an own entry that cannot be read back is not taken for written', async () => {
  const log = new SharedLog();
  const lost = { ...log.writer(), append: () => undefined };
  const audit = new AuditLog({ writer: lost, reader: log.reader(), accepted: () => undefined, commitMs: 50 });
  await expect(audit.append(claimed, 1, 1)).rejects.toThrow('was not read back in time');
});
