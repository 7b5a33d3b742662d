/** Turns closed windows into rows of features, normalised by the entity's own baseline. */
import type { Operator } from '../records/batch.js';
import type { FeatureRow, TemplateCount } from '../records/row.js';
import type { Subject } from '../records/score.js';
import type { StateStores } from '../records/store.js';
import type { SeriesWindow } from '../records/window.js';
import { exp } from '../models/exact/exp.js';
import { logs1, placesOf, series1 } from '../models/features/schemas.js';
import type { LoadedArtefacts } from './artefact.js';
import {
  BASELINE_VERSION,
  LOG,
  SERIES,
  createLogBaseline,
  createSeriesBaseline,
  logBaselineCodec,
  seriesBaselineCodec,
  type LogBaseline,
  type SeriesBaseline,
} from './features/baseline.js';
import { Calendars, type InForce } from './calendars/calendars.js';
import { mapBatch } from './map-batch.js';
import { createEvidence, evidenceCodec, evidenceVersion, type EntityEvidence } from './evidence/entity-state.js';
import { judge } from './evidence/evidence.js';
import { renamedTemplates } from './evidence/templates.js';
import { logFeatures, usualVolume } from './features/log-features.js';
import { entryOf, learnMix, renamed } from './features/mix.js';
import { relearn } from './features/relearn.js';
import { addSeen, hasSeen } from './features/seen.js';
import { meanOf, seriesFeatures } from './features/series-features.js';
import { locationOf, TRACKER } from './features/tracker.js';
import { Templates, type Templated, type TemplatedWindow } from './template.js';

const HOUR = 3_600_000;
/** Event time before a baseline of logs is no longer young, and points before that of a series is not. */
const WARM_MS = 12 * HOUR;
const WARM_POINTS = 120;
/** After a gap a window stands for no more than this. */
const MOST_PASSED = HOUR;
/** Templates that a row shows. */
const SHOWN = 32;

/** What stays when log and series windows have become rows. */
export type Featurised = Exclude<Templated, TemplatedWindow | SeriesWindow> | FeatureRow;

const logPlaces = placesOf(logs1);
const volumeTracker = logPlaces.get('volume')! * TRACKER;

/**
 * Score first, then learn: a row is computed from the baseline as the windows before left it. Every number comes from
 * event data alone, so rows for training, backtest and live are the same.
 *
 * @param loaded names templates anew when another catalogue comes into force
 */
export function featurise(stores: StateStores, loaded: LoadedArtefacts): Operator<Templated, Featurised> {
  const logs = stores.open('log-baselines', logBaselineCodec, BASELINE_VERSION);
  const series = stores.open('series-baselines', seriesBaselineCodec, BASELINE_VERSION);
  const evidences = stores.open('evidence', evidenceCodec, evidenceVersion);
  const templates = new Templates(stores, loaded);
  const calendars = new Calendars(stores);
  return mapBatch((batch) => ({
    ...batch,
    items: batch.items.map((item): Featurised => {
      if (item.type === 'templated') {
        const { entity } = item.window;
        const baseline = logs.get(entity) ?? createLogBaseline(templates.artefact);
        const evidence = evidences.get(entity) ?? createEvidence(templates.artefact);
        const inForce = calendars.inForce(entity, item.window.start, item.window.end);
        const row = logRow(baseline, evidence, item, templates, inForce);
        logs.put(entity, baseline);
        evidences.put(entity, evidence);
        return row;
      }
      if (item.type === 'series') {
        const baseline = series.get(item.entity) ?? createSeriesBaseline();
        const row = seriesRow(baseline, item, calendars.inForce(item.entity, item.start, item.end));
        series.put(item.entity, baseline);
        return row;
      }
      if (item.type === 'boundary') {
        for (const entity of item.expired) {
          logs.delete(entity);
          evidences.delete(entity);
          series.delete(entity);
        }
      }
      return item;
    }),
  }));
}

const subjectOf = ({ entity, start, end }: Omit<Subject, 'key'>): Subject => ({ entity, start, end, key: '' });

/** Time that a window stands for. */
const passedSince = (last: number, { start, end }: { readonly start: number; readonly end: number }): number =>
  Math.min(MOST_PASSED, last === 0 ? end - start : Math.max(1, end - last));

const columns = (count: number): number[] => Array.from({ length: count }, (_, column) => column * TRACKER);
const logTrackers = [...columns(logs1.columns.length), LOG.warns, LOG.errors];
const logSeasons = [LOG.seasonalVolume, LOG.seasonalErrors, LOG.seasonalLatency];
const seriesTrackers = columns(series1.columns.length);
const seriesSeasons = [SERIES.season];

/** Columns that are lower where a part of the window was not read, and those that say nothing of such a window. */
const fewerInLess = [
  'volume',
  'volume_change',
  'seasonal_volume',
  'volume_trend',
  'seasonal_errors',
  'rarity',
  'entropy',
  'distinct',
];
const distorted = ['silence', 'burstiness'];

function logRow(
  baseline: LogBaseline,
  evidence: EntityEvidence,
  item: TemplatedWindow,
  templates: Templates,
  { freeze, expect }: InForce,
): FeatureRow {
  const { window } = item;
  if (baseline.artefact !== templates.artefact) {
    baseline.mix = renamed(baseline.mix, (id) => templates.templateOf(id).id);
    baseline.artefact = templates.artefact;
    for (const { id } of baseline.mix.entries) addSeen(baseline.seen, id);
  }
  const passed = passedSince(baseline.last, window);
  if (evidence.artefact !== templates.artefact) {
    evidence.templates = renamedTemplates(evidence.templates, (id) => templates.templateOf(id).id);
    evidence.artefact = templates.artefact;
  }
  const volume = usualVolume(baseline, window.start, window.end);
  const row = logFeatures(baseline, item, passed);
  const cut = window.flags.includes('cut');
  if (cut) {
    row.keepRises(fewerInLess);
    for (const name of distorted) row.set(name, 0);
  }
  const learns = freeze === undefined && !cut;
  const column = (name: string): number => row.vector[logPlaces.get(name)!]!;
  const judged = judge(
    evidence,
    {
      end: window.end,
      minutes: (window.end - window.start) / 60_000,
      passed,
      lines: item.lines,
      cut,
      templates: item.templates,
      parts: window.aggregate.parts,
      ...volume,
      silence: column('silence'),
      novelty: Math.max(column('novelty'), column('unseen')),
      mix: column('divergence'),
      drift: Math.max(Math.abs(column('volume_trend')), column('latency_trend')),
    },
    learns,
  );
  const shown = standing(baseline, item, templates, cut);
  if (expect !== undefined) relearn(baseline.numbers, logTrackers, logSeasons);
  if (learns) {
    row.finish();
    if (item.lines > 0) learnMix(baseline.mix, item.templates, item.lines, passed, window.end);
    for (const { id, signatures } of item.templates) {
      addSeen(baseline.seen, id);
      for (const signature of signatures) addSeen(baseline.seen, signature);
    }
  }
  if (baseline.first === 0) baseline.first = window.end;
  baseline.last = window.end;
  return {
    type: 'row',
    subject: subjectOf(window),
    schema: logs1,
    vector: row.vector,
    actual: row.actual,
    typical: row.typical,
    aspects: judged.scores,
    notes: [...judged.notes].map(([aspect, found]) => ({
      aspect,
      ...found,
      text: found.template === 0 ? '' : templates.templateOf(found.template).text,
    })),
    templates: shown,
    sample: window.aggregate.sample,
    lines: item.lines,
    direction: row.direction,
    rules: item.rules,
    flags: window.flags,
    warm: window.end - baseline.first >= WARM_MS,
    known: window.end - baseline.first,
  };
}

/** Templates of the window, and those that are missing from it as a whole, by how far their counts are from typical. */
function standing(
  { mix, seen, numbers }: LogBaseline,
  item: TemplatedWindow,
  templates: Templates,
  cut: boolean,
): TemplateCount[] {
  const usualLines = exp(locationOf(numbers, volumeTracker)) - 1;
  const counts = item.templates.map(({ id, text, sample, count, signatures, rule }): TemplateCount => ({
    id,
    text,
    sample,
    count,
    typical: (entryOf(mix, id)?.share ?? 0) * usualLines,
    novel: !hasSeen(seen, id) && !signatures.some((signature) => hasSeen(seen, signature)),
    rule,
  }));
  // Both are by ascending id.
  let at = 0;
  for (const { id, share } of mix.entries) {
    const typical = share * usualLines;
    while (at < item.templates.length && item.templates[at]!.id < id) at++;
    if (cut || item.templates[at]?.id === id || typical < 3) continue;
    const { text, sample } = templates.templateOf(id);
    counts.push({ id, text, sample, count: 0, typical, novel: false });
  }
  const distances = counts.map(
    ({ count, typical, novel, rule }) =>
      Math.abs(count - typical) / Math.sqrt(typical + 1) + (novel ? 1000 : 0) + (rule === undefined ? 0 : 1e6),
  );
  const order = Uint16Array.from(counts.keys()).sort(
    (a, b) => distances[b]! - distances[a]! || counts[a]!.id - counts[b]!.id,
  );
  return Array.from(order.subarray(0, SHOWN), (i) => counts[i]!);
}

function seriesRow(baseline: SeriesBaseline, window: SeriesWindow, { freeze, expect }: InForce): FeatureRow {
  const value = meanOf(window.aggregate.points);
  const row = seriesFeatures(baseline, value, (window.start + window.end) / 2, passedSince(baseline.last, window));
  if (expect !== undefined) relearn(baseline.numbers, seriesTrackers, seriesSeasons);
  if (freeze === undefined) row.finish();
  if (baseline.first === 0) baseline.first = window.end;
  if (Number.isFinite(value)) {
    // The ring of the last values goes on with what is learnt only.
    if (freeze === undefined) baseline.points++;
    baseline.last = window.end;
  }
  return {
    type: 'row',
    subject: subjectOf(window),
    schema: series1,
    vector: row.vector,
    actual: row.actual,
    typical: row.typical,
    templates: [],
    lines: window.aggregate.points.length,
    direction: row.direction,
    rules: [],
    flags: window.flags,
    warm: baseline.points > WARM_POINTS,
    known: window.end - baseline.first,
  };
}
