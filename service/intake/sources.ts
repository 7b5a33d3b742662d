/** The sources of a configuration that this process reads by itself: files and standard input. */
import { stat } from 'node:fs/promises';
import type { Config } from '../../config/schema.js';
import { isPacked } from '../../connectors/file/packed.js';
import { fileIncarnation, fileSource, fileSourceName, refuseNoFile } from '../../connectors/file/source.js';
import { liveInput, received } from '../../connectors/received.js';
import { ReaderClock } from '../../connectors/reader-clock.js';
import type { Batch } from '../../records/batch.js';
import { endOfSource, type SourceItem } from '../../records/raw.js';
import type { Source } from '../../runtime/source.js';
import { StartError } from '../../runtime/start-error.js';
import { ingestParts } from '../options.js';
import type { ReadBytes } from './read-bytes.js';
import type { NamedSource } from '../tasks/tasks.js';
import { isFromGlob, isGlob } from './globs.js';

/** A pipe that had nothing for so long was read to its end, ms. */
const atEndMs = 200;

/** A file as the source of a task: to its end, then the end mark. */
function bounded(path: string, name: string, bytes: ReadBytes | undefined): Source<SourceItem> {
  return {
    async *open(position, { stop }): AsyncGenerator<Batch<SourceItem>> {
      let at = position ?? { source: name, offset: 0 };
      const clock = new ReaderClock();
      let asked = performance.now();
      for await (const batch of fileSource({ path, source: name, offset: at.offset, stop })) {
        if (stop.aborted) return;
        const time = clock.control(path === '-' && performance.now() - asked >= atEndMs);
        if (time) yield { items: [time], rejected: [], position: at, unrepeatable: true };
        at = batch.position ?? at;
        bytes?.at(name, at.offset);
        yield { ...batch, position: at };
        asked = performance.now();
      }
      if (!stop.aborted) yield { items: [endOfSource], rejected: [], position: at, unrepeatable: true };
    },
  };
}

/** A program that runs and writes no times: its lines have that of their coming, and its silence goes by the clock. */
function live(config: Config, name: string, front: () => number): Source<SourceItem> {
  const { idle_after: afterMs } = config.windows;
  return received(ending(liveInput(name, { afterMs, watermark: receivedFront(config, front) }), name));
}

/** Up to where a silent source is whose lines have the time of their coming: what comes later is later. */
export const receivedFront =
  (config: Config, front: () => number): (() => number) =>
  () =>
    Math.max(front(), Date.now() - config.windows.lateness);

/** With the end mark behind its last batch. */
const ending = (source: Source<SourceItem>, name: string): Source<SourceItem> => ({
  async *open(position, control): AsyncGenerator<Batch<SourceItem>> {
    let at = position ?? { source: name, offset: 0 };
    for await (const batch of source.open(position, control)) {
      at = batch.position ?? at;
      yield batch;
    }
    if (!control.stop.aborted) yield { items: [endOfSource], rejected: [], position: at, unrepeatable: true };
  },
});

/**
 * @param bytes hears how far each is read
 * @param front up to where an idle source raises its watermark, ms
 * @throws StartError where a file cannot be read
 */
export async function fileSources(
  config: Config,
  bytes?: ReadBytes,
  front: () => number = () => 0,
): Promise<NamedSource[]> {
  const sources: NamedSource[] = [];
  for (const source of config.sources) {
    if (source.type !== 'file' || source.follow) continue;
    const { path } = source;
    let name = isFromGlob(source) ? `file:${path}` : fileSourceName(path);
    if (sources.some((other) => other.name === name)) name = `file:${path}`;
    let incarnation: number;
    try {
      incarnation = await fileIncarnation(path);
      const about = path === '-' ? undefined : await stat(path);
      if (about) refuseNoFile(about);
      bytes?.begin(name, isPacked(path) ? undefined : about?.size);
    } catch (error) {
      if (isGlob(path))
        throw new StartError(`source ${path} matches no file: correct the pattern, or start when there is one`);
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') throw new StartError(`source ${path} does not exist: correct the path, or make the file`);
      throw new StartError(`source ${path} cannot be read: ${message}`);
    }
    const isLive = source.time === 'received' && path === '-';
    const read = isLive ? live(config, name, front) : bounded(path, name, bytes);
    sources.push({ name, incarnation, source: read, parts: ingestParts(config, source) });
  }
  return sources;
}
