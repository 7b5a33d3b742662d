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
}

/** `data 1767600000000`. */
export const encodeProgress = ({ watermark, kind }: Progressed): string => `${kind} ${watermark}`;

/** Undefined for what another release, or another program, has written there. */
export function decodeProgress(metadata: string | null): Progressed | undefined {
  const [, kind, watermark] = /^([a-z]+) (\d{1,15})$/.exec(metadata ?? '') ?? [];
  return kinds.includes(kind) ? { kind: kind as Mark['kind'], watermark: Number(watermark) } : undefined;
}

/** The last marks of all partitions of some topics, by source. */
export class Peers {
  private readonly admin: ReturnType<Kafka['admin']>;

  constructor(
    kafka: Kafka,
    private readonly groupId: string,
    private readonly topics: readonly string[],
  ) {
    this.admin = kafka.admin();
  }

  connect(): Promise<void> {
    return this.admin.connect();
  }

  async read(): Promise<ReadonlyMap<string, Progressed>> {
    const all = new Map<string, Progressed>();
    for (const { topic, partitions } of await this.admin.fetchOffsets({
      groupId: this.groupId,
      topics: [...this.topics],
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
