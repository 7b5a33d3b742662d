/** From a configuration to the parts of the three topologies: the one place where names of both meet. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Config, SourceConfig } from '../config/schema.js';
import { streamName } from '../config/stream-name.js';
import { fileSourceName } from '../connectors/file/source.js';
import { KernelRarity } from '../models/detectors/kernel-rarity.js';
import { compileMatch } from '../operators/match/match.js';
import { entityFromKey } from '../records/entity.js';
import type { DetectParts } from '../topologies/detect.js';
import type { IngestParts } from '../topologies/ingest.js';
import type { RespondParts } from '../topologies/respond.js';
import type { TrackOptions } from '../operators/track.js';
import type { ResolvedSchemas } from '../records/schema.js';
import { ConfiguredTopics } from './intake/configured-topics.js';
import { isFileOf } from './intake/globs.js';

type Own = 'source' | 'incarnation' | 'epoch' | 'stores';

/**
 * What ingest does with the records of a source.
 *
 * @param schemas of a source with the format `registry`: those that its records were resolved with
 */
export function ingestParts(config: Config, source: SourceConfig, schemas?: ResolvedSchemas): Omit<IngestParts, Own> {
  const registry = source.type === 'kafka' ? source.registry : undefined;
  const { fields, relabel } = source;
  const isPoints = source.type === 'http' && source.signal === 'metrics' && source.format === 'auto';
  const format = isPoints ? 'metric' : source.format;
  const path = source.type === 'file' ? podOfPath(source.path) : {};
  const labels = { ...path, ...source.labels };
  const { pane, lateness, future, jump } = config.windows;
  return {
    format,
    fields,
    labels,
    sessions: config.sessions,
    relabel: relabel.map(({ source_labels, regex, target_label, replacement }) => ({
      source_labels,
      regex,
      target_label,
      replacement,
    })),
    records: shapes[source.type],
    // What is stamped as it is read has that stamp as a broker's.
    time: source.time === 'received' ? 'auto' : source.time,
    ...(source.type === 'http' ? { longest: source.body_limit } : {}),
    ...(source.type === 'file' ? { inputs: { file: source.path }, ...yearHint(source.path) } : {}),
    ...(registry && schemas
      ? {
          registry: {
            kind: registry.kind,
            schemas,
            ...(registry.reader_schema === undefined ? {} : { readerSchema: registry.reader_schema }),
          },
        }
      : {}),
    ...(source.year === undefined ? {} : { year: source.year }),
    ...(source.timezone === undefined ? {} : { timezone: source.timezone }),
    ...dateParts(source),
    ...(source.date_order === undefined ? {} : { dateOrder: source.date_order }),
    ...(source.time_format === undefined ? {} : { timeFormat: source.time_format }),
    ...(source.pattern === undefined ? {} : { pattern: source.pattern }),
    ...(source.record_start === undefined ? {} : { recordStart: source.record_start }),
    limits: { entities: config.limits.entities, newEntities: config.limits.new_entities },
    maxKeysPerLine: config.limits.session_keys,
    maxLabels: config.limits.labels,
    caps: { signatures: config.limits.signatures, sessionKeys: config.limits.class_keys },
    pane,
    lateness,
    future,
    jump,
  };
}

/** Namespace and container of a log of the kubelet: `/var/log/pods/NAMESPACE_POD_UID/CONTAINER/0.log`, and its link in `containers`. */
export function podOfPath(path: string): { readonly service?: string; readonly namespace?: string } {
  const pods = /(?:^|\/)pods\/([a-z0-9-]+)_[a-z0-9.-]+_[0-9a-f-]+\/([a-z0-9-]+)\/[^/]+$/.exec(path);
  if (pods) return { service: pods[2]!, namespace: pods[1]! };
  const link = /(?:^|\/)containers\/[a-z0-9.-]+_([a-z0-9-]+)_([a-z0-9-]+)-[0-9a-f]{64}\.log(?:\.gz)?$/.exec(path);
  return link ? { service: link[2]!, namespace: link[1]! } : {};
}

/** What a record of a source is: a line, a message, or what was posted together. */
const shapes = { file: 'lines', kafka: 'values', nats: 'values', http: 'batches' } as const;

/** The day of the first line, where its stamps may have none: `date` of the source, or the date in the name of its file. */
function dateParts(source: SourceConfig): { readonly date?: string } {
  const date = source.date ?? (source.type === 'file' ? dateOfName(source.path) : undefined);
  return date === undefined ? {} : { date };
}

/**
 * The day that the name of a file has: `app-2026-01-05.log`, `2026-01-05-1.log.gz`, `app_20260105.log`. Of logrotate (`app.log-20260105`)
 * it is the day of the rotation, and the lines are older.
 */
export function dateOfName(path: string): string | undefined {
  const name = basename(path);
  const found = /(?<!\d)(20\d\d)([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)/.exec(name);
  if (!found || (found[2] === '' && /\.\w+-$/.test(name.slice(0, found.index)))) return undefined;
  const [, year, , month, day] = found;
  const date = `${year}-${month}-${day}`;
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date) ? date : undefined;
}

/** A year has 365 days; lines are at most a day ahead of the clock of their file. */
const halfYear = 181 * 86_400_000;

/** Where the stamps of a file have no year: a time near which they are, so that none is after the last change of the file. */
export function yearHint(path: string): { readonly near?: number } {
  try {
    return { near: Math.floor(path === '-' ? Date.now() : statSync(path).mtimeMs) - halfYear };
  } catch {
    return {};
  }
}

/** How records are decoded that people put back, by the name of their source. */
export function redriveParts(config: Config): (name: string) => Omit<IngestParts, Own> | undefined {
  const topics = new ConfiguredTopics(config);
  return (name) => {
    const source = config.sources.find((each) =>
      each.type === 'file'
        ? name === fileSourceName(each.path) ||
          name === `file:${each.path}` ||
          (each.follow && name.startsWith('file:/') && isFileOf(each, name.slice('file:'.length)))
        : each.type === 'http'
          ? name === `http:${each.name}`
          : each.type === 'nats'
            ? name === `nats:${streamName(each)}`
            : topics.sourceOf(name.slice(0, Math.max(0, name.lastIndexOf('/')))) === each,
    );
    return source && source.format !== 'registry' ? ingestParts(config, source) : undefined;
  };
}

/** How windows are cut and kept open. */
export const windowParts = ({ windows, limits }: Config): Omit<DetectParts['windows'], 'shard'> => ({
  pane: windows.pane,
  windowPanes: windows.length / windows.pane,
  silentFor: windows.silent_for,
  forgetAfter: windows.forget_after,
  lostAfter: Math.max(1, Math.ceil(windows.input_lost / windows.idle_after)),
  maxEntities: limits.entities,
});

/** Event time that a session class is watched before its sessions fire, ms: rare kinds of sessions come once in days. */
const sessionsWatched = 7 * 86_400_000;

/** Whom to believe, and what each entity may cost. */
export function selectParts({ detection, channels }: Config): DetectParts['select'] {
  return {
    policy: detection.policy,
    warmup: detection.warmup || sessionsWatched,
    questions: detection.questions,
    shards: channels.shards,
    ...(detection.fleet_budget === undefined ? {} : { fleetBudget: detection.fleet_budget }),
    budget: budgetsOf(detection),
  };
}

function budgetsOf(detection: Config['detection']): DetectParts['select']['budget'] {
  const budgets = detection.budgets.map(({ match, budget }) => ({ matches: compileMatch(match), budget }));
  return (labels) => budgets.find(({ matches }) => matches(labels))?.budget ?? detection.budget;
}

/** False alerts a week that the service of an entity may cost, by its key. */
export function serviceBudgets({ detection }: Config): (entity: string) => number {
  const budgetOf = budgetsOf(detection);
  return (entity) => budgetOf(entityFromKey(entity).labels);
}

/** When an alert begins and ends. */
export const trackParts = ({ alerts }: Config): Omit<TrackOptions, 'tag'> => ({
  pending: alerts.pending,
  quiet: alerts.quiet,
  gap: alerts.gap,
  lost: alerts.lost,
});

export function respondParts({ respond, alerts, windows }: Config): Omit<RespondParts, 'stores'> {
  const { within, labels, topology } = alerts.incidents;
  return {
    incidents: { within, labels, dependsOn: topology, tie: windows.length },
    outputs: [...respond.webhooks, ...respond.kafka, ...respond.grafana, ...respond.loki].map(({ name, match }) => ({
      name,
      match,
    })),
    routes: respond.routes,
    ...(respond.default ? { fallback: respond.default } : {}),
  };
}

let kernelModel: Promise<KernelRarity> | undefined;

/** The kernel of session rarity, opened once a process. */
export const kernel = (): Promise<KernelRarity> => (kernelModel ??= KernelRarity.open());
