/** Says in people's words why a window or a session is in an alert. */
import type { DetectorNote, Explanation, Standout, TemplateNote } from '../records/alert.js';
import type { Decided } from '../records/decided.js';
import { entityFromKey } from '../records/entity.js';
import type { FeatureRow, SessionRow, TemplateCount } from '../records/row.js';
import type { Decision } from '../records/score.js';
import { amongInWords, inWords } from '../models/calibration/words.js';
import { aspectSummary } from './evidence/words.js';
import type { Detector } from '../models/detectors/detector.js';

const STANDOUTS = 5;
const LEAST_SHARE = 0.03;
const NOTES = 5;
/** A template is worth a note where its count is so many Poisson standard deviations from typical. */
const NOTABLE = 4;

/**
 * The explanation of one decision.
 *
 * @param detectors of the artefact set that scored it, for their attributions; none in the warm-up
 */
export function explain(
  { decision, row, session, best, record }: Decided,
  detectors: readonly Detector[],
): Explanation {
  const standouts = row ? standoutsOf(row, attributed(row, best, detectors)) : [];
  const notes = row ? row.templates.filter(isNotable).slice(0, NOTES).map(noteOf) : [];
  const why = decision.rules.map((name) => ruleSummary(name, row));
  const what = row?.aspects
    ? aspectSummary(decision, row)
    : row
      ? rowSummary(row, standouts)
      : session
        ? sessionSummary(session)
        : '';
  return {
    summary: [...why, what].filter((part) => part !== '').join('; '),
    rarity: rarityOf(decision, best, session),
    standouts,
    templates: session ? sessionNotes(session) : notes,
    believed: believedOf(decision.policy, best, record),
    detectors: detectorNotes(decision),
    rules: decision.rules,
  };
}

function detectorNotes({ scores, threshold }: Decision): DetectorNote[] {
  return scores
    .map(({ detector, u }) => ({ detector, u, saw: u >= threshold }))
    .sort((a, b) => b.u - a.u || (a.detector < b.detector ? -1 : 1));
}

function believedOf(policy: string, best: string, record: string): string {
  if (best === '') return record === '' ? 'plain rules alone' : `plain rules alone: ${record}`;
  return `${best}${record === '' ? '' : `: ${record}`}${policy === '' || policy === best ? '' : ` (policy ${policy})`}`;
}

/** Share of each feature: of the believed detector, or the mean over all where a combination was believed. */
function attributed(row: FeatureRow, best: string, detectors: readonly Detector[]): Map<string, number> {
  const fitting = detectors.filter(({ card }) => card.schema === row.schema.id);
  const name = best.replace(/^(?:up|down):/, '');
  const believed = fitting.filter(({ card }) => card.name === name);
  const asked = believed.length > 0 ? believed : fitting;
  const shares = new Map<string, number>();
  for (const detector of asked) {
    for (const { feature, share } of detector.attribute(row.vector)) {
      shares.set(feature, (shares.get(feature) ?? 0) + share / asked.length);
    }
  }
  return shares.size > 0 ? shares : ownShares(row);
}

/** Without detectors: by the squares of the features themselves. */
function ownShares({ schema, vector }: FeatureRow): Map<string, number> {
  const total = vector.reduce((sum, value) => sum + value * value, 0);
  return new Map(schema.columns.map(({ name }, i) => [name, total > 0 ? (vector[i]! * vector[i]!) / total : 0]));
}

/** The same measure against what is typical at that hour and day of the week. */
const bySeason: Readonly<Record<string, string>> = { volume: 'seasonal_volume', latency_p95: 'seasonal_latency' };

/**
 * The features that explain most, each with what is typical of that time of the week where that is known. A measure
 * that two features watch is shown once, with the shares of both.
 */
function standoutsOf({ schema, actual, typical }: FeatureRow, shares: ReadonlyMap<string, number>): Standout[] {
  const places = new Map(schema.columns.map(({ name }, i) => [name, i]));
  const shown = new Map<string, Standout>();
  for (const [i, { name, unit }] of schema.columns.entries()) {
    const season = places.get(bySeason[name] ?? '');
    const usual = season !== undefined && Number.isFinite(typical[season]) ? typical[season]! : typical[i]!;
    shown.set(name, { feature: name, actual: actual[i]!, typical: usual, unit, share: shares.get(name) ?? 0 });
  }
  for (const [plain, seasonal] of Object.entries(bySeason)) {
    const [one, other] = [shown.get(plain), shown.get(seasonal)];
    if (!one || !other || Math.min(one.share, other.share) < LEAST_SHARE) continue;
    const [kept, gone] = one.share >= other.share ? [one, other] : [other, one];
    shown.set(kept.feature, { ...kept, share: Math.min(1, one.share + other.share) });
    shown.delete(gone.feature);
  }
  return [...shown.values()]
    .filter(({ feature, actual: a, typical: t, share }) => {
      // Hashed counts are for models; people get the templates themselves.
      return share >= LEAST_SHARE && Number.isFinite(a) && Number.isFinite(t) && !feature.startsWith('template_');
    })
    .sort((a, b) => b.share - a.share || (a.feature < b.feature ? -1 : 1))
    .slice(0, STANDOUTS);
}

const isNotable = (template: TemplateCount): boolean => template.rule !== undefined || isUnusual(template);

const isUnusual = ({ novel, count, typical }: Pick<TemplateCount, 'novel' | 'count' | 'typical'>): boolean =>
  novel || Math.abs(count - typical) >= NOTABLE * Math.sqrt(typical + 1);

function noteOf({ text, count, novel, sample, typical, rule }: TemplateCount): TemplateNote {
  const change = novel ? 'new' : count === 0 ? 'vanished' : count > typical ? 'more' : 'fewer';
  const words = [
    ...(rule === undefined ? [] : [`rule ${rule}`]),
    ...(isUnusual({ novel, count, typical }) ? [change] : []),
    ...(novel ? [] : [`usually ${short(typical)}`]),
  ];
  return { template: `${text} [${words.join(', ')}]`, count, novel, sample };
}

/** The rule, and what it found where it looks for a text. */
function ruleSummary(name: string, row: FeatureRow | undefined): string {
  const found = row?.templates.find(({ rule }) => rule === name);
  return `rule ${name}${found ? ` found "${cut(found.text)}"` : ''}`;
}

/** A number for people: three significant digits at most. */
export function short(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return String(Number(value.toFixed(digits)));
}

/** Words for the columns that lead a summary: what it is when it is high, and when it is low. */
const phrases: Readonly<Record<string, readonly [string, string]>> = {
  volume: ['more lines', 'fewer lines'],
  volume_change: ['more lines at once', 'fewer lines at once'],
  seasonal_volume: ['more lines than at this time of day', 'fewer lines than at this time of day'],
  volume_trend: ['volume grows slowly', 'volume sinks slowly'],
  silence: ['no line', 'no line'],
  warn_share: ['more warnings', 'fewer warnings'],
  error_share: ['more errors', 'fewer errors'],
  seasonal_errors: ['more errors than at this time of day', 'fewer errors than at this time of day'],
  novelty: ['lines of new templates', 'fewer new templates'],
  unseen: ['templates never seen before', 'fewer unseen templates'],
  rarity: ['rare templates', 'fewer rare templates'],
  entropy: ['a more even mix of templates', 'a less even mix of templates'],
  divergence: ['another mix of templates', 'a mix nearer to the usual one'],
  latency_p50: ['slower median', 'faster median'],
  latency_p95: ['slower 95th percentile', 'faster 95th percentile'],
  latency_p99: ['slower 99th percentile', 'faster 99th percentile'],
  seasonal_latency: ['slower than at this time of day', 'faster than at this time of day'],
  latency_trend: ['latency grows slowly', 'latency sinks slowly'],
  burstiness: ['lines in bursts', 'lines more even than usual'],
  distinct: ['more different values', 'fewer different values'],
};

function rowSummary({ templates }: FeatureRow, standouts: readonly Standout[]): string {
  const parts = standouts.slice(0, 2).map(({ feature, actual, typical, unit }) => {
    const [more, fewer] = phrases[feature] ?? [`${feature} above typical`, `${feature} below typical`];
    const unitText = unit === '' ? '' : unit === '%' ? '%' : ` ${unit}`;
    if (feature === 'silence') return `no line for ${short(actual)} min`;
    if (unit === 'nats') return actual >= typical ? more : fewer;
    return `${actual >= typical ? more : fewer} (${short(actual)}${unitText}, typical ${short(typical)}${unit === '%' ? '%' : ''})`;
  });
  const novel = templates.find((template) => template.novel);
  if (novel) parts.push(`new template "${cut(novel.text)}"`);
  return parts.length > 0 ? parts.join(', ') : 'unusual in no single feature';
}

const cut = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

/** A window is rare in time, a session among the sessions of its class. */
function rarityOf({ scores, u }: Decided['decision'], best: string, session: SessionRow | undefined): string {
  if (scores.length === 0 || best === '') return 'not scored yet: a plain rule';
  return session ? amongInWords(u) : inWords(u);
}

function sessionSummary({ session, reasons, past }: SessionRow): string {
  const [first] = reasons;
  const { labels } = entityFromKey(session.entity);
  const about = `session ${cut(session.key)} of ${labels.service ?? session.entity}`;
  if (!first) return `${about} is unlike ${past} past ones`;
  return `${about} ${first.missing ? 'lacks' : 'has'} "${cut(first.text)}", unlike ${past} past ones`;
}

function sessionNotes({ reasons, session }: SessionRow): TemplateNote[] {
  return reasons.slice(0, NOTES).map(({ template, text, sample, missing }) => ({
    template: `${text} [${missing ? 'missing' : 'rare'}]`,
    count: session.events.get(template)?.count ?? 0,
    novel: false,
    sample,
  }));
}

/** What has to change for a firing alert to be told again. */
export const changeKey = ({ standouts, templates, rules }: Explanation): string =>
  [
    standouts[0]?.feature ?? '',
    ...rules,
    ...templates.filter(({ novel }) => novel).map(({ template }) => template),
  ].join('\n');
