/** The streams of NATS that a process reads, each by a durable consumer that acknowledges behind the checkpoint. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config, SourceConfig } from '../../config/schema.js';
import { streamName } from '../../config/stream-name.js';
import type { Metrics } from '../../connectors/http/metrics.js';
import { inputNames } from '../../connectors/record-inputs.js';
import { createdAt, Durable, type From, type StreamSelection } from '../../connectors/nats/durable.js';
import { NatsLink } from '../../connectors/nats/link.js';
import { streamSource } from '../../connectors/nats/source.js';
import { StreamFeed } from '../../connectors/nats/stream-feed.js';
import { ReaderClock } from '../../connectors/reader-clock.js';
import type { SourceItem } from '../../records/raw.js';
import type { Source } from '../../runtime/source.js';
import { StartError } from '../../runtime/start-error.js';
import { ingestParts } from '../options.js';
import type { NamedSource } from '../tasks/tasks.js';

export type StreamConfig = Extract<SourceConfig, { type: 'nats' }>;

/** How far the others are, for sources that have nothing or hold them back. */
interface Others {
  readonly front: number;
  isBehind(source: string, ms: number): boolean;
}

export interface StreamsParts {
  readonly config: Config;
  readonly bounded: boolean;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** What of a stream is read, and by which consumer. */
export function selectionOf(source: StreamConfig): StreamSelection {
  const consumer = `${source.consumer}-${streamName(source).replace(/[^\w-]/g, '_')}`;
  return { stream: source.stream, subjects: source.subjects, consumer };
}

export class Streams {
  readonly sources: NamedSource[] = [];
  /** Set before anything is read. */
  flow: Others = { front: 0, isBehind: () => false };

  private constructor(
    private readonly parts: StreamsParts,
    private readonly link: NatsLink | undefined,
  ) {}

  /** @throws StartError where no server can be used, or a stream cannot be read */
  static async open(parts: StreamsParts): Promise<Streams> {
    const { config, log } = parts;
    const configured = config.sources.filter((source) => source.type === 'nats');
    if (configured.length === 0 || !config.nats) return new Streams(parts, undefined);
    const link = await openLink(config.nats, (message) => log.warn(message));
    const streams = new Streams(parts, link);
    try {
      const known = new KnownStreams(config);
      for (const source of configured) streams.sources.push(await streams.named(source, link, known));
      known.write();
    } catch (error) {
      await link.close();
      throw error;
    }
    return streams;
  }

  async close(): Promise<void> {
    await this.link?.close();
  }

  private async named(source: StreamConfig, link: NatsLink, known: KnownStreams): Promise<NamedSource> {
    const { config, bounded, metrics, log } = this.parts;
    const name = `nats:${streamName(source)}`;
    const selection = selectionOf(source);
    const created = await createdOf(link, selection);
    const isAnew = known.see(name, created);
    if (isAnew)
      log.warn(
        { source: name },
        `stream ${source.stream} was created again: it is read from its beginning; what was not read of the one before is lost`,
      );
    const feed = new StreamFeed({
      link,
      selection: { ...selection, created },
      warn: (message) => log.warn({ source: name }, message),
      lost: (count, message) => {
        metrics.lost.inc({ source: name }, count);
        log.warn({ source: name }, message);
      },
    });
    const { idle_after, max_hold } = config.windows;
    return {
      name,
      incarnation: created,
      parts: ingestParts(config, source),
      covered: (offset) => feed.covered(offset),
      source: streamSource(feed, {
        name,
        start: isAnew ? 'earliest' : startOf(source),
        bounded,
        afterLoss: isAnew,
        inputs: inputNames(source.relabel.flatMap((rule) => rule.source_labels)),
        clock: new ReaderClock(),
        idle: { afterMs: idle_after, watermark: () => this.flow.front },
        ...(bounded ? {} : { hold: { afterMs: max_hold, isBehind: () => this.flow.isBehind(name, max_hold) } }),
      }) satisfies Source<SourceItem>,
    };
  }
}

const startOf = ({ start }: StreamConfig): From =>
  start === 'earliest' || start === 'latest' ? start : { time: Date.parse(start) };

/** @throws StartError where no server can be used */
export async function openLink(nats: NonNullable<Config['nats']>, warn?: (message: string) => void): Promise<NatsLink> {
  try {
    return await NatsLink.open(nats, warn);
  } catch (error) {
    throw new StartError((error as Error).message, 'unavailable');
  }
}

async function createdOf(link: NatsLink, selection: StreamSelection): Promise<number> {
  try {
    return createdAt(await new Durable(link, selection).info());
  } catch (error) {
    throw new StartError(link.describe(error), 'unavailable');
  }
}

/** When each stream that was read was created, by the name of its source: another time means that it is another stream. */
class KnownStreams {
  private readonly file: string | undefined;
  private readonly known: Record<string, number> = {};

  constructor({ state }: Config) {
    if (state.backend === 'memory') return;
    this.file = join(state.dir, 'streams.json');
    try {
      Object.assign(this.known, JSON.parse(readFileSync(this.file, 'utf8')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        throw new StartError(`${this.file} cannot be read: ${(error as Error).message}; delete it if it is damaged`);
    }
  }

  /** Whether another stream was read under this name before. */
  see(name: string, created: number): boolean {
    const before = this.known[name];
    this.known[name] = created;
    return before !== undefined && before !== created;
  }

  write(): void {
    if (this.file !== undefined) writeFileSync(this.file, `${JSON.stringify(this.known)}\n`);
  }
}
