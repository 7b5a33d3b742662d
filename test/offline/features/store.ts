/** A decisions log of a simulated day and a half, and the configuration that it belongs to. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema, type Config } from '../../../config/schema.js';
import { SegmentLogWriter } from '../../../connectors/segment-log/writer.js';
import { logs1, series1 } from '../../../models/features/schemas.js';
import { onFeatureGrid } from '../../../models/detectors/feature-grid.js';
import { encodeDecision, type Decision } from '../../../records/score.js';
import { encodeWindowsRecord, type WindowsRecord } from '../../../records/windows.js';
import { channelFolder } from '../../../service/channels.js';
import { aQuietDecision } from '../../builders/decision.js';
import { chance } from '../../builders/windows.js';

export const services = ['auth', 'cart', 'mail'].map((name) => `service{service="${name}"}`);
export const load = 'series{name="load",service="cart"}';
export const jobs = 'session{class="jobs"}';
export const monday = Date.UTC(2026, 0, 5);
export const minutes = 60_000;

export const aConfig = (dir = mkdtempSync(join(tmpdir(), 'tocsin-features-'))): Config =>
  configSchema.parse({
    sources: [{ type: 'file', path: 'a.log', labels: { service: 'auth' } }],
    state: { dir },
    channels: { shards: 2 },
  });

/** Decisions of `windows` five-minute windows from `from` on, with features anywhere on their grid. */
export function someDecisions(from: number, windows: number, seed = 7): Decision[] {
  const random = chance(seed);
  const value = (): number => onFeatureGrid((random() - 0.5) * 2 ** Math.floor(random() * 11));
  const decisions: Decision[] = [];
  for (let i = 1; i <= windows; i++) {
    const end = from + i * 5 * minutes;
    for (const entity of services)
      decisions.push(
        aQuietDecision({
          entity,
          start: end - 5 * minutes,
          end,
          features: logs1.columns.map(value),
          scores: [{ detector: 'robust-z', score: random() * 100, u: random() }],
          fired: random() < 0.1,
          flags: random() < 0.05 ? ['late', 'capped'] : [],
        }),
      );
    decisions.push(
      aQuietDecision({
        entity: load,
        start: end - minutes,
        end,
        schema: 'series-1',
        features: series1.columns.map(value),
      }),
    );
    if (i % 5 === 0)
      decisions.push(
        aQuietDecision({
          entity: jobs,
          key: `password hunter2 of job ${i}`,
          start: end - 40 * minutes,
          end,
          schema: '',
          scores: [],
          u: random(),
        }),
      );
  }
  return decisions;
}

/** Appends to a channel; decisions of an entity stay in one shard. */
async function append<T>(
  config: Config,
  channel: 'decisions' | 'windows',
  items: readonly T[],
  encoded: (item: T) => Uint8Array,
  shardOf: (item: T) => number,
): Promise<void> {
  const { shards } = config.channels;
  const writer = await SegmentLogWriter.open({ folder: channelFolder(config, channel), shards });
  for (const item of items) writer.append(shardOf(item), '', encoded(item));
  await writer.flush();
  await writer.close();
}

export const writeDecisions = (config: Config, decisions: readonly Decision[]): Promise<void> =>
  append(config, 'decisions', decisions, encodeDecision, ({ entity }) => entity.length % 2);

export const writeWindows = (config: Config, records: readonly WindowsRecord[]): Promise<void> =>
  append(config, 'windows', records, encodeWindowsRecord, () => 0);
