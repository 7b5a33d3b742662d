/** The fleet of the soak: what its members are configured with, commands to it, and how far it is behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Admin } from 'kafkajs';

/** Of its `windows`. */
const shards = 6;

/** A configuration with a state folder of its own. JSON is YAML. */
export function configure(out: string, name: string, kafka: string, redis: string): string {
  const path = join(out, `${name}.yaml`);
  const settings = {
    kafka: { brokers: kafka.split(','), group: 'soak' },
    channels: { backend: 'kafka', shards, prefix: 'soak' },
    // All of its services begin at once.
    limits: { entities: 40_000, new_entities: 20_000 },
    sources: [{ type: 'kafka', topics: ['logs'], start: 'earliest', fields: { labels: { service: 'service' } } }],
    // Lines of half a day ago make entities warm; nothing is decided of the hours in between.
    windows: { silent_for: '10m' },
    state: { dir: join(out, name), backend: 'redis', redis: { url: redis, prefix: 'soak' } },
    respond: { stdout: 'none' },
    http: { port: 0 },
    log: { level: 'info', format: 'json' },
  };
  writeFileSync(path, JSON.stringify(settings));
  return path;
}

/** A command of the built command line, to its end. */
export async function command(...args: readonly string[]): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../cli/main.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? 1, said };
}

/** Records of a topic that a group has not committed. */
export async function behind(admin: Admin, groupId: string, topic: string): Promise<number> {
  const [ends, committed] = await Promise.all([
    admin.fetchTopicOffsets(topic),
    admin.fetchOffsets({ groupId, topics: [topic] }),
  ]);
  const positions = new Map(
    committed
      .flatMap(({ partitions }) => partitions)
      .map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]),
  );
  return ends.reduce((sum, { partition, high }) => sum + Number(high) - (positions.get(partition) ?? 0), 0);
}
