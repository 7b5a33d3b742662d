/** What a process is doing, in figures and in words: for `/api/status`, `tocsin status` and the log. */
import type { Config } from '../config/schema.js';
import type { HealthReport } from '../connectors/http/server.js';
import type { Metrics } from '../connectors/http/metrics.js';
import { figuresOf, valuesOf, type MetricSample, type RunFigures } from './figures.js';
import { learningWords } from './training/words.js';
import type { TrainingStatus } from './training/status.js';

export interface StatusSource {
  readonly name: string;
  /** Records between the position and the end; absent of files. */
  readonly lag?: number;
  /** Event time of its last mark. */
  readonly readTo?: string;
  readonly stalled?: boolean;
}

/** What a service has cost, of what it may. */
export interface StatusBudget {
  readonly service: string;
  /** Alerts since the start of the process, and those that a verdict called false. */
  readonly alerts: number;
  readonly false: number;
  /** False alerts a week that it may cost. */
  readonly perWeek?: number;
}

export interface Status {
  readonly ready: boolean;
  /** What is missing, or waited for. */
  readonly problems: readonly string[];
  readonly waiting: readonly string[];
  readonly startedAt: string;
  readonly lines: Pick<RunFigures, 'read' | 'joined' | 'refused'> & {
    readonly in: number;
    readonly reasons: Readonly<Record<string, number>>;
  };
  readonly watched: { readonly services: number; readonly series: number; readonly sessions: number };
  /** Kinds of lines that the models in force know, and that were seen since the start. */
  readonly templates: { readonly known: number | null; readonly seen: number };
  /** What scores now and what comes next, in words. */
  readonly learning: string;
  readonly training: TrainingStatus | null;
  readonly sources: readonly StatusSource[];
  readonly windows: {
    readonly decided: number;
    /** Event time of the last boundary that every shard of this process has closed, and how long ago that is. */
    readonly closedTo: string | null;
    readonly closedSecondsAgo: number | null;
  };
  readonly alerts: Pick<RunFigures, 'fired' | 'resolved' | 'firing' | 'past'>;
  readonly budget: { readonly perWeek: number; readonly services: readonly StatusBudget[] };
}

const bySource = (samples: readonly MetricSample[]): Map<string, number> =>
  new Map(samples.map(({ labels, value }) => [String(labels.source), value]));
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** Services that are listed, those that cost most first. */
const maxServices = 50;

export async function statusOf(parts: {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly health: HealthReport;
  readonly training: TrainingStatus | undefined;
  /** Wall clock, ms. */
  readonly startedAt: number;
  readonly now: number;
}): Promise<Status> {
  const { config, metrics, health, training, startedAt, now } = parts;
  const { read, joined, refused, lines, reasons, entities, windows, fired, resolved, firing, past } =
    await figuresOf(metrics);
  const boundaries = (await valuesOf(metrics.boundary)).map(({ value }) => value);
  const closed = boundaries.length > 0 ? Math.min(...boundaries) : undefined;
  const definitions = (await valuesOf(metrics.partials)).find(({ labels }) => labels.type === 'definition')?.value ?? 0;
  return {
    ready: health.ready.length === 0,
    problems: health.ready,
    waiting: health.waiting ?? [],
    startedAt: new Date(startedAt).toISOString(),
    lines: { in: lines, read, joined, refused, reasons: Object.fromEntries(reasons) },
    watched: { services: entities.service ?? 0, series: entities.series ?? 0, sessions: entities.session ?? 0 },
    templates: { known: training?.templates ?? null, seen: definitions },
    learning: training ? learningWords(training) : 'not known to this process',
    training: training ?? null,
    sources: await sourcesOf(metrics),
    windows: {
      decided: windows,
      closedTo: closed === undefined ? null : iso(closed),
      closedSecondsAgo: closed === undefined ? null : Math.round(now / 1000 - closed),
    },
    alerts: { fired, resolved, firing, past },
    budget: { perWeek: config.detection.budget, services: await budgets(metrics) },
  };
}

async function sourcesOf(metrics: Metrics): Promise<StatusSource[]> {
  const [lag, marks, stalled] = await Promise.all([
    valuesOf(metrics.lag).then(bySource),
    valuesOf(metrics.watermark).then(bySource),
    valuesOf(metrics.stalled).then(bySource),
  ]);
  const names = new Set([...bySource(await valuesOf(metrics.records)).keys(), ...marks.keys()]);
  return [...names].sort().map((name) => {
    const [behind, mark] = [lag.get(name), marks.get(name)];
    return {
      name,
      ...(behind === undefined ? {} : { lag: behind }),
      ...(mark === undefined ? {} : { readTo: iso(mark) }),
      ...(stalled.get(name) === 1 ? { stalled: true } : {}),
    };
  });
}

async function budgets({ services }: Metrics): Promise<StatusBudget[]> {
  const spent = await services.spent();
  return [...spent]
    .sort((a, b) => b.false - a.false || b.alerts - a.alerts || (a.service < b.service ? -1 : 1))
    .slice(0, maxServices);
}
