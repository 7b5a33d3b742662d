/** A sample read as a run would read it: every line's fate, templates, entities, and what was not used. */
import { resolve } from 'node:path';
import type { Config, SourceConfig } from '../../config/schema.js';
import type { Catalogue } from '../../models/templates/catalogue.js';
import { mine } from '../../models/templates/miner.js';
import { ConfiguredTopics } from '../../service/intake/configured-topics.js';
import { ingestParts } from '../../service/options.js';
import { triedLines, type ReadRecord, type TriedLine } from './fates.js';
import { outOfOrder, type Ingesting, type OutOfOrder } from './order.js';
import type { SourceSample } from './sample.js';
import { unusedFields, type UnusedField } from './unused.js';

/** One entity that would be watched, by the records of the sample. */
export interface TriedEntity {
  readonly key: string;
  readonly records: number;
}

export interface TryResult {
  readonly lines: readonly TriedLine[];
  readonly isCut: boolean;
  /** Most records first. */
  readonly entities: readonly TriedEntity[];
  /** Template of a signature, mined from the sample. */
  readonly templates: Catalogue;
  readonly unused: readonly UnusedField[];
  /** JSON records in which fields were looked at. */
  readonly looked: number;
  /** Lines of a file that a run would refuse as late. */
  readonly late?: OutOfOrder;
}

/** What is tried. */
export type TryInput = { readonly file: string } | { readonly topic: string } | { readonly stream: string };

/** The source of a configuration that a file, a topic or a stream belongs to. */
export function sourceFor(config: Config, input: TryInput): SourceConfig | undefined {
  const { sources } = config;
  if ('stream' in input) return sources.find((source) => source.type === 'nats' && source.stream === input.stream);
  if ('topic' in input) return new ConfiguredTopics(config).sourceOf(input.topic);
  const same = sources.find((source) => source.type === 'file' && resolve(source.path) === resolve(input.file));
  return same ?? (sources.length === 1 ? sources[0] : sources.find(({ type }) => type === 'file'));
}

/** @param previous catalogue that a run has in force, where there is one: its templates keep their ids */
export async function tried(
  samples: readonly SourceSample[],
  config: Config,
  source: SourceConfig,
  previous?: Catalogue,
): Promise<TryResult> {
  const [first] = samples;
  const near = first?.near;
  const parts: Ingesting = {
    ...ingestParts(config, source),
    ...(samples.some(({ areValues }) => areValues) ? { records: 'values' as const } : {}),
    ...(near === undefined ? {} : { near }),
  };
  const lines: TriedLine[] = [];
  for (const sample of samples) lines.push(...(await triedLines(sample, parts, lines.length + 1)));
  const late = first && source.type === 'file' && samples.length === 1 ? await outOfOrder(first, parts) : undefined;
  const records = lines.flatMap((line) => (line.status === 'read' && line.record ? [line.record] : []));
  const unused = first ? await unusedFields(first, parts) : { looked: 0, fields: [] };
  return {
    lines,
    isCut: samples.some(({ isCut }) => isCut),
    entities: entitiesOf(records),
    templates: templatesOf(records, previous),
    unused: unused.fields,
    looked: unused.looked,
    ...(late ? { late } : {}),
  };
}

function entitiesOf(records: readonly ReadRecord[]): TriedEntity[] {
  const counts = new Map<string, number>();
  const add = (key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { entity, log } of records) {
    add(entity.key);
    for (const session of log?.sessions ?? []) add(session.key);
  }
  return [...counts]
    .map(([key, count]) => ({ key, records: count }))
    .sort((a, b) => b.records - a.records || (a.key < b.key ? -1 : 1));
}

function templatesOf(records: readonly ReadRecord[], previous: Catalogue | undefined): Catalogue {
  const seen = new Map<number, { signature: number; masked: string; count: number }>();
  for (const { log } of records) {
    if (!log) continue;
    const known = seen.get(log.signature);
    if (known) known.count++;
    else seen.set(log.signature, { signature: log.signature, masked: log.masked, count: 1 });
  }
  return mine(seen.values(), previous);
}
