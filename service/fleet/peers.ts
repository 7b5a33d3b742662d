/**
 * What members of a fleet tell each other of their sources: the last mark of each partition travels as metadata of its
 * committed offset. It serves waiting only; decisions follow from the marks in the log.
 */
import type { Kafka } from 'kafkajs';
import type { Mark } from '../../records/windows.js';

const kinds: readonly string[] = ['data', 'idle', 'stalled', 'end'] satisfies Mark['kind'][];

export interface Progressed {
  /** ms. */
  readonly watermark: number;
  readonly kind: Mark['kind'];
  /** Of the topic; 0 where not given. */
  readonly incarnation?: number;
}

/** `data 1767600000000`, and ` @1` behind it where the topic was re-created. */
export const encodeProgress = ({ watermark, kind, incarnation = 0 }: Progressed): string =>
  `${kind} ${watermark}${incarnation > 0 ? ` @${incarnation}` : ''}`;

/** Undefined for what another release, or another program, has written there. */
export function decodeProgress(metadata: string | null): Progressed | undefined {
  const [, kind, watermark, incarnation] = /^([a-z]+) (\d{1,15})(?: @(\d{1,9}))?$/.exec(metadata ?? '') ?? [];
  if (!kinds.includes(kind!)) return undefined;
  const progress = { kind: kind as Mark['kind'], watermark: Number(watermark) };
  return incarnation === undefined ? progress : { ...progress, incarnation: Number(incarnation) };
}

/** The last marks of all partitions of some topics, by source. */
export class Peers {
  private readonly admin: ReturnType<Kafka['admin']>;

  constructor(
    kafka: Kafka,
    private readonly groupId: string,
  ) {
    this.admin = kafka.admin();
  }

  connect(): Promise<void> {
    return this.admin.connect();
  }

  async read(topics: readonly string[]): Promise<ReadonlyMap<string, Progressed>> {
    const all = new Map<string, Progressed>();
    for (const { topic, partitions } of await this.admin.fetchOffsets({
      groupId: this.groupId,
      topics: [...topics],
    })) {
      for (const { partition, metadata } of partitions) {
        const progress = decodeProgress(metadata);
        if (progress) all.set(`${topic}/${partition}`, progress);
      }
    }
    return all;
  }

  close(): Promise<void> {
    return this.admin.disconnect();
  }
}
