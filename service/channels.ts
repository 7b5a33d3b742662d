/** The channels and the state of an embedded run: segment logs, and the state that its configuration names. */
import { isUtf8 } from 'node:buffer';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/schema.js';
import { SegmentLogReader } from '../connectors/segment-log/reader.js';
import { SegmentLogWriter } from '../connectors/segment-log/writer.js';
import type { Rejected } from '../records/batch.js';
import { secretsMasked } from '../models/templates/mask.js';
import type { Labels } from '../records/entity.js';
import { encodeDeadLetter } from '../records/dead-letter.js';
import type { ChannelReader, ChannelWriter } from '../records/store.js';
import type { Sink } from '../runtime/source.js';
import { refuseHalfResharded } from './reshard-plan.js';
import { openState, type OpenState } from './state.js';

export interface Channel {
  readonly writer: ChannelWriter;
  readonly reader: SegmentLogReader;
}

export const channelNames = [
  'windows',
  'alerts',
  'decisions',
  'shadows',
  'dead-letters',
  'controls',
  'healing',
] as const;
/** What a run writes. */
export type WrittenChannel = (typeof channelNames)[number];
/** `redrive` is written by people, and read by a run. */
export type ChannelName = WrittenChannel | 'redrive';

/** Shards of a channel: `windows` and what is decided on each; the others have one, since one place sees all of them. */
export const shardsOf = (config: Config, name: ChannelName): number =>
  name === 'windows' || name === 'decisions' ? config.channels.shards : 1;

export const isKeptForEver = (name: ChannelName): boolean => name === 'controls' || name === 'healing';

export interface Embedded extends OpenState {
  readonly channels: Readonly<Record<WrittenChannel, Channel>>;
  /** What people put back: another process writes it. */
  readonly redrive: ChannelReader;
  close(): Promise<void>;
}

/** Folder of a channel's segment log. */
export const channelFolder = (config: Config, name: ChannelName): string => join(config.state.dir, 'log', name);

/** Opens state and channels for writing; what a crash left half-written is cut off, with a warning. */
export async function openEmbedded(config: Config, warn: (message: string) => void): Promise<Embedded> {
  const { backend, blobs } = await openState(config, warn);
  const closing: (() => Promise<void>)[] = [() => backend.close()];
  const close = async (): Promise<void> => {
    for (const one of closing.splice(0).reverse()) await one();
  };
  try {
    await refuseHalfResharded(backend);
    const channels: Partial<Record<WrittenChannel, Channel>> = {};
    for (const name of channelNames) {
      const folder = channelFolder(config, name);
      const shards = shardsOf(config, name);
      const writer = await SegmentLogWriter.open({
        folder,
        shards,
        warn,
        // What people said and what was healed is never forgotten: a stop would end, an action could come twice.
        ...(isKeptForEver(name) ? {} : { retention: { ms: config.channels.retention } }),
      });
      closing.push(() => writer.close());
      const reader = await SegmentLogReader.open({ folder, shards, writer });
      closing.push(() => reader.close());
      channels[name] = { writer, reader };
    }
    const redrive = await openRedrive(config);
    closing.push(() => redrive.close());
    const written = channels as Record<WrittenChannel, Channel>;
    return { channels: written, redrive, backend, ...(blobs ? { blobs } : {}), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A log must be there to be read: made empty where it is not, and not held while somebody else may write. */
async function openRedrive(config: Config): Promise<ChannelReader> {
  const folder = channelFolder(config, 'redrive');
  if (!existsSync(folder)) await (await SegmentLogWriter.open({ folder, shards: 1 })).close();
  return SegmentLogReader.open({ folder, shards: 1 });
}

/** Text is masked; what is no text would not be read any more if its length changed. */
const withoutSecrets = (bytes: Uint8Array): Uint8Array =>
  isUtf8(bytes) ? Buffer.from(secretsMasked(Buffer.from(bytes).toString('utf8'))) : bytes;

const masked = (inputs: Labels): Labels =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, secretsMasked(value)]));

/** What a dead letter keeps of a record's bytes that cannot be put back. */
const longestPart = 64 * 1024;

/**
 * Writes rejects to the dead letters. Repeats and zombies are no letters: they were handled before.
 *
 * @param isRaw - whether text is kept as it came, secrets included
 */
export function deadLetterSink(
  writer: ChannelWriter,
  isRaw: boolean,
  seen: (rejected: readonly Rejected[]) => void,
): Sink<Rejected> {
  return {
    write(items) {
      seen(items);
      for (const item of items) {
        if (item.reason === 'repeat' || item.reason === 'zombie') continue;
        const kept = item.bytes && !item.whole ? { ...item, bytes: item.bytes.subarray(0, longestPart) } : item;
        const bytes = kept.bytes && (isRaw ? kept.bytes : withoutSecrets(kept.bytes));
        const inputs = kept.inputs && !isRaw ? masked(kept.inputs) : kept.inputs;
        writer.append(0, item.source, encodeDeadLetter({ ...kept, bytes, inputs, at: Date.now() }));
      }
    },
    flush: () => writer.flush(),
  };
}
