/** The channels and the state of an embedded run: segment logs, and the state that its configuration names. */
import { join } from 'node:path';
import type { Config } from '../../config/schema.js';
import { SegmentLogReader } from '../../connectors/segment-log/reader.js';
import { SegmentLogWriter } from '../../connectors/segment-log/writer.js';
import type { Rejected } from '../../records/batch.js';
import { bytes, encode, optional, struct, text, uint, type Codec } from '../../records/codec.js';
import type { ChannelWriter } from '../../records/store.js';
import type { Sink } from '../../runtime/source.js';
import { openState, type OpenState } from './state.js';

export interface Channel {
  readonly writer: ChannelWriter;
  readonly reader: SegmentLogReader;
}

export const channelNames = ['windows', 'alerts', 'decisions', 'dead-letters', 'controls', 'healing'] as const;
export type ChannelName = (typeof channelNames)[number];

/** Shards of a channel: `windows` and what is decided on each; the others have one, since one place sees all of them. */
export const shardsOf = (config: Config, name: ChannelName): number =>
  name === 'windows' || name === 'decisions' ? config.channels.shards : 1;

export const isKeptForEver = (name: ChannelName): boolean => name === 'controls' || name === 'healing';

export interface Embedded extends OpenState {
  readonly channels: Readonly<Record<ChannelName, Channel>>;
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
    const channels: Partial<Record<ChannelName, Channel>> = {};
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
    return { channels: channels as Record<ChannelName, Channel>, backend, ...(blobs ? { blobs } : {}), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What a dead letter keeps of a record's bytes. */
const longestLetter = 64 * 1024;

export const deadLetter: Codec<Rejected> = struct<Rejected>({
  reason: text,
  detail: text,
  source: text,
  offset: uint,
  time: optional(uint),
  bytes: optional(bytes),
});

/** Writes rejects to the dead letters. Repeats and zombies are no letters: they were handled before. */
export function deadLetterSink(writer: ChannelWriter, seen: (rejected: readonly Rejected[]) => void): Sink<Rejected> {
  return {
    write(items) {
      seen(items);
      for (const item of items) {
        if (item.reason === 'repeat' || item.reason === 'zombie') continue;
        const kept = item.bytes ? { ...item, bytes: item.bytes.subarray(0, longestLetter) } : item;
        writer.append(0, item.source, encode(deadLetter, kept));
      }
    },
    flush: () => writer.flush(),
  };
}
