/** A real nats-server with JetStream, and what tests do with its streams. */
import { writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { jetstream, jetstreamManager, RetentionPolicy, type JetStreamManager } from '@nats-io/jetstream';
import { connect, headers, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import { startService, type Service } from './service.js';
import { until } from './until.js';

export const hasNats = spawnSync('nats-server', ['--version']).status === 0;
if (!hasNats) console.log('SKIP NATS: nats-server is not installed here');

export const startNats = (options: readonly string[] = []): Promise<Service> => startService('nats', options);

/** A user of the streams that is none of tocsin. */
export class Streams {
  private constructor(
    readonly connection: NatsConnection,
    readonly api: JetStreamManager,
  ) {}

  static async of(service: Service, options: ConnectionOptions = {}): Promise<Streams> {
    const connection = await connect({
      servers: service.url,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
      ...options,
    });
    return new Streams(connection, await jetstreamManager(connection));
  }

  /** Starts the server again, and waits until this connection is back. */
  async startAgain(service: Service): Promise<void> {
    await service.startAgain();
    await until('the connection', () =>
      this.connection
        .flush()
        .then(
          () => this.api.getAccountInfo().then(() => true),
          () => undefined,
        )
        .catch(() => undefined),
    );
  }

  /** Makes a stream NAME of the subjects `name.>`. */
  async create(name: string, retention: RetentionPolicy = RetentionPolicy.Limits): Promise<void> {
    await this.api.streams.add({ name, subjects: [`${name.toLowerCase()}.>`], retention });
  }

  /** Each is in the stream when it resolves. */
  async publish(
    subject: string,
    lines: readonly string[],
    header: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const client = jetstream(this.connection);
    const set = headers();
    for (const [name, value] of Object.entries(header)) set.set(name, value);
    for (let at = 0; at < lines.length; at += 200)
      await Promise.all(lines.slice(at, at + 200).map((line) => client.publish(subject, line, { headers: set })));
  }

  /** Sequence up to which tocsin has acknowledged, by any of its consumers; 0 before. */
  async acknowledged(stream: string): Promise<number> {
    const floors: number[] = [];
    for await (const { name, ack_floor } of this.api.consumers.list(stream))
      if (name.startsWith('tocsin-')) floors.push(ack_floor.stream_seq);
    return Math.max(0, ...floors);
  }

  async messages(stream: string): Promise<number> {
    return (await this.api.streams.info(stream)).state.messages;
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}

/** Writes a configuration that reads a stream into `FOLDER/NAME`. */
export function readingStream(folder: string, name: string, nats: object, source: object, more: object = {}): string {
  const file = `${folder}/${name}.json`;
  const settings = {
    nats,
    sources: [source],
    channels: { shards: 1 },
    state: { dir: `${folder}/${name}` },
    respond: { stdout: 'none' },
    http: { port: 0 },
    log: { format: 'json' },
    ...more,
  };
  writeFileSync(file, JSON.stringify(settings));
  return file;
}
