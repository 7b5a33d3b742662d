/** Joins decisions into alert episodes: one at a time an entity, with hysteresis at both ends. */
import { alertCodec, hushedBy, hushes, severities, type Alert, type Severity } from '../records/alert.js';
import type { Operator } from '../records/batch.js';
import { bool, list, optional, struct, text, uint, type Codec } from '../records/wire/codec.js';
import type { Decided, DecidedRecord, Tracked } from '../records/decided.js';
import { hashText, hex } from '../records/wire/hash.js';
import type { StateStores, Store } from '../records/store.js';
import type { Tag } from '../records/windows.js';
import type { Decision } from '../records/score.js';
import type { LoadedArtefacts } from './artefact.js';
import { Calendars, Deploys } from './calendars/calendars.js';
import { mapBatch } from './map-batch.js';
import { explain, changeKey } from './explain.js';

const MINUTE = 60_000;

/** When an alert begins and ends. */
export interface TrackOptions {
  /** Where alerts come from, `windows/<shard>`; the offset of an alert is the boundary at which it was decided, ms. */
  readonly tag: Pick<Tag, 'source' | 'incarnation' | 'epoch'>;
  /** Windows that must fire within `gap` before an alert does. Default 1: at once. */
  readonly pending?: number;
  /** Quiet windows after which a firing alert is over. Default 3. */
  readonly quiet?: number;
  /** And this long without one that fires or nearly does, ms. Default 10 minutes. */
  readonly gap?: number;
  /** Without any window of the entity for so long it is over too, ms. Default 1 hour. */
  readonly lost?: number;
}

/**
 * A window whose u is so little below its threshold is not quiet: it neither begins an episode nor ends one. In u, .3
 * is twice as often.
 */
const NEARLY = 0.3;
/** An episode that begins so soon after the last one ended is the same trouble: it has to be quiet for longer, ms. */
const AGAIN_WITHIN = 60 * MINUTE;
/** Each return doubles the quiet time, up to 8 times. */
const MOST_DOUBLINGS = 3;

/** An episode, from its first window that fired until it is resolved. */
interface Episode {
  startsAt: number;
  lastAt: number;
  /** End of the last window that fired or nearly did. */
  heldAt: number;
  /** How often the trouble has come back. */
  returns: number;
  /** End of the last window, fired or not. */
  seenAt: number;
  fired: number;
  quiet: number;
  /** The latest told state; absent while pending. */
  alert: Alert | undefined;
  /** Explanation told last, in short. */
  changeKey: string;
  notifiedAt: number;
  audit: boolean;
  /** Session keys, the first few. */
  sessions: readonly string[];
  sessionCount: number;
  /** Session count at which it is told again. */
  nextTold: number;
}

const episodeCodec: Codec<Episode> = struct<Episode>({
  startsAt: uint,
  lastAt: uint,
  heldAt: uint,
  returns: uint,
  seenAt: uint,
  fired: uint,
  quiet: uint,
  alert: optional(alertCodec),
  changeKey: text,
  notifiedAt: uint,
  audit: bool,
  sessions: list(text),
  sessionCount: uint,
  nextTold: uint,
});

/** The last episode of an entity that people were told of. */
interface LastEpisode {
  readonly endedAt: number;
  readonly returns: number;
}
const pastCodec: Codec<LastEpisode> = struct<LastEpisode>({ endedAt: uint, returns: uint });

/** A worse u by so much is told. */
const WORSE = 0.5;
const SESSIONS_SHOWN = 5;
/** Without any session of a class for so long its alert is over, ms. */
const LOST_SESSIONS = 24 * 60 * MINUTE;

/**
 * Hands on every decision, and adds an alert where one fires, changes materially, or is over.
 *
 * A window fires when its decision does, when a plain rule matched, or, as a mere question, when it is asked. Sessions
 * of a class share one alert: its key is the first session's, `sessions` in its annotations names up to five.
 *
 * @param loaded artefact sets, whose detectors say what stood out
 */
export function track(
  stores: StateStores,
  loaded: LoadedArtefacts,
  { tag, pending = 1, quiet = 3, gap = 10 * MINUTE, lost = 60 * MINUTE }: TrackOptions,
): Operator<DecidedRecord, Tracked> {
  const episodes = stores.open('episodes', episodeCodec, 3);
  const pasts = stores.open('past-episodes', pastCodec);
  const ordinals = stores.open('alert-ordinals', alertOrdinal);
  const calendars = new Calendars(stores);
  const deploys = new Deploys(stores);
  const tagAt = (at: number): Tag => ({ ...tag, offset: at, n: nextOrdinal(ordinals, at) });

  /** An alert of one decision, as first told or told again. */
  function alertOf(episode: Episode, decided: Decided): Alert {
    const { decision, context } = decided;
    const before = episode.alert;
    const leads = !before || decision.u >= before.u || (before.audit && !episode.audit);
    const severity = severityOf(decided, episode);
    const detectors = loaded(decision.artefact)?.detectors ?? [];
    const { mute, expect, silence } = calendars.inForce(decision.entity, decision.start, decision.end);
    const muted = mute ?? expect ?? '';
    return {
      tag: { ...tag, offset: decision.end, n: 0 },
      fingerprint: before?.fingerprint ?? fingerprintOf(decision, episode),
      entity: decision.entity,
      key: before?.key ?? decision.key,
      status: 'firing',
      startsAt: episode.startsAt,
      lastAt: episode.lastAt,
      at: decision.end,
      severity: before && !before.audit ? worse(before.severity, severity) : severity,
      u: leads ? decision.u : before.u,
      confidence: decision.confidence,
      audit: episode.audit,
      context: leads ? context : before.context,
      explanation: leads ? explain(decided, detectors) : before.explanation,
      annotations: {
        ...annotationsOf(episode, decided),
        ...(muted !== '' && isTold(before) ? { [hushes.muted]: muted } : {}),
        // What is muted here does not get as far as an Alertmanager.
        ...(muted === '' && silence !== undefined ? { [hushes.silenced]: silence } : {}),
      },
      muted: isTold(before) ? '' : muted || (silence === undefined ? '' : `silenced ${silence}`),
      changes: deploys.before(decision.entity, episode.startsAt, decision.end),
    };
  }

  function fire(decided: Decided, out: Tracked[]): void {
    const { decision } = decided;
    const { entity, key, start, end } = decision;
    const known = episodes.get(entity);
    const lapsed = known !== undefined && known.alert === undefined && end - known.lastAt > gap;
    const episode = known && !lapsed ? known : newEpisode(start, returnsOf(pasts.get(entity), end));
    episode.audit &&= !trulyFires(decision) && !decision.listed;
    episode.lastAt = Math.max(episode.lastAt, end);
    episode.heldAt = Math.max(episode.heldAt, end);
    episode.seenAt = end;
    episode.fired++;
    episode.quiet = 0;
    if (key !== '' && decided.again !== true && !episode.sessions.includes(key)) {
      if (episode.sessions.length < SESSIONS_SHOWN) episode.sessions = [...episode.sessions, key];
      episode.sessionCount++;
    }
    episodes.put(entity, episode);
    if (episode.fired < pending && decision.rules.length === 0) return;
    const before = episode.alert;
    const candidate = alertOf(episode, decided);
    if (before && !isNews(before, candidate, episode)) return;
    const alert = { ...candidate, tag: tagAt(decision.end) };
    episode.alert = alert;
    episode.changeKey = changeKey(alert.explanation);
    episode.notifiedAt = alert.at;
    episode.nextTold = Math.max(2, 2 * episode.sessionCount);
    out.push({ type: 'alert', alert });
  }

  /** Whether a change is worth telling: sooner than the gap only where it got more serious. */
  function isNews(before: Alert, alert: Alert, episode: Episode): boolean {
    if (before.audit && !alert.audit) return true;
    if (before.muted !== '' && alert.muted === '') return true;
    // Nobody is told again because of it, but nothing may be healed meanwhile.
    if ((hushedBy(before) === undefined) !== (hushedBy(alert) === undefined)) return true;
    if (severities.indexOf(alert.severity) > severities.indexOf(before.severity)) return true;
    if (alert.at - episode.notifiedAt < gap) return false;
    if (episode.sessionCount > 0 && episode.sessionCount >= episode.nextTold) return true;
    return alert.u >= before.u + WORSE || changeKey(alert.explanation) !== episode.changeKey;
  }

  function resolve(entity: string, episode: Episode, at: number, out: Tracked[]): void {
    const { alert, lastAt, returns, seenAt } = episode;
    episodes.delete(entity);
    if (!alert) return;
    pasts.put(entity, { endedAt: at, returns });
    const isLost = at - seenAt >= lost;
    const ended = `${isLost ? 'no data' : 'quiet'} for ${Math.round((at - (isLost ? seenAt : lastAt)) / MINUTE)} min`;
    const annotations = { ...alert.annotations, ended };
    out.push({ type: 'alert', alert: { ...alert, tag: tagAt(at), status: 'resolved', lastAt, at, annotations } });
  }

  /** Ends what is over at a boundary, and forgets troubles that have not come back. */
  function endAt(at: number, out: Tracked[]): void {
    for (const entity of [...episodes.keys()]) {
      const episode = episodes.get(entity)!;
      const isQuiet = episode.quiet >= quiet;
      // Of a class sessions are what is quiet: where they are hours apart, minutes without one say nothing.
      const longest = episode.sessionCount > 0 ? LOST_SESSIONS : lost;
      const needed = isQuiet ? gap * 2 ** Math.min(episode.returns, MOST_DOUBLINGS) : longest;
      if (at - episode.heldAt >= needed || at - episode.seenAt >= longest) resolve(entity, episode, at, out);
    }
    for (const entity of [...pasts.keys()]) {
      if (!episodes.get(entity) && at - pasts.get(entity)!.endedAt > AGAIN_WITHIN) pasts.delete(entity);
    }
  }

  /** A session that has had its alert begins no other one: at its end it is what it was. */
  const isKnown = ({ again, decision: { entity, rules } }: Decided): boolean =>
    again === true && rules.length === 0 && episodes.get(entity) === undefined;

  return mapBatch((batch) => {
    const out: Tracked[] = [];
    for (const item of batch.items) {
      out.push(item);
      if (item.type === 'boundary') endAt(item.end, out);
      else if (item.type === 'release') continue;
      else if (fires(item.decision) && !isKnown(item)) fire(item, out);
      else {
        const episode = episodes.get(item.decision.entity);
        if (!episode || item.decision.end <= episode.seenAt) continue;
        episode.seenAt = item.decision.end;
        if (nearlyFires(item.decision)) episode.heldAt = item.decision.end;
        else episode.quiet++;
        episodes.put(item.decision.entity, episode);
      }
    }
    return { ...batch, items: out };
  });
}

/** People know of it: a mute that begins later does not take that back. */
const isTold = (before: Alert | undefined): boolean => before !== undefined && !before.audit && before.muted === '';

/** A session may fire again long after its alert was resolved: the boundary keeps the two apart. */
const fingerprintOf = ({ entity, key, end }: Decision, { startsAt }: Episode): string =>
  hex(hashText([entity, key, startsAt, end].join('\0')));

const trulyFires = ({ fired, rules }: Decision): boolean => fired || rules.length > 0;
const nearlyFires = ({ scores, u, threshold, vetoed }: Decision): boolean =>
  scores.length > 0 && !vetoed && u >= threshold - NEARLY;
const fires = (decision: Decision): boolean => trulyFires(decision) || decision.listed || decision.asked;

const returnsOf = (past: LastEpisode | undefined, at: number): number =>
  past && at - past.endedAt <= AGAIN_WITHIN ? past.returns + 1 : 0;

const newEpisode = (start: number, returns: number): Episode => ({
  startsAt: start,
  lastAt: 0,
  heldAt: 0,
  returns,
  seenAt: 0,
  fired: 0,
  quiet: 0,
  alert: undefined,
  changeKey: '',
  notifiedAt: 0,
  audit: true,
  sessions: [],
  sessionCount: 0,
  nextTold: 0,
});

const worse = (a: Severity, b: Severity): Severity => (severities.indexOf(a) >= severities.indexOf(b) ? a : b);

/** Return level from which an alert is critical: once in two years; or, where it lasts, once in three weeks. */
const CRITICAL_U = 2;
const LASTING_U = 0.5;
/** What goes on for so long lasts. */
const LASTING = 30 * MINUTE;

/**
 * What fires pages: a warning, and critical where it is very rare, or rare and lasting. A plain rule that pages is critical. What only differs, and a question, is for information.
 */
function severityOf({ decision, severity: u }: Decided, { audit, lastAt, startsAt }: Episode): Severity {
  if (audit) return 'info';
  if (decision.rules.length > 0) return 'critical';
  if (!decision.fired) return 'info';
  return u >= CRITICAL_U || (u >= LASTING_U && lastAt - startsAt >= LASTING) ? 'critical' : 'warning';
}

function annotationsOf({ sessions, sessionCount }: Episode, { decision, row }: Decided): Record<string, string> {
  return {
    ...(sessionCount > 0 ? { sessions: sessions.join(' '), session_count: String(sessionCount) } : {}),
    ...(decision.flags.length > 0 ? { inexact: decision.flags.join(' ') } : {}),
    ...degradedOf(decision),
    ...(row?.sample ? { sample: Buffer.from(row.sample.text).toString('utf8') } : {}),
  };
}

/** Which detectors gave no number: the others decided. */
function degradedOf({ scores }: Decision): { readonly degraded?: string } {
  const broken = scores.filter(({ score }) => !Number.isFinite(score)).map(({ detector }) => detector);
  if (broken.length === 0) return {};
  return { degraded: `${broken.length} of ${scores.length} scores are missing: ${broken.join(', ')}` };
}

/** Numbers the alerts of one boundary. */
export interface AlertOrdinal {
  readonly at: number;
  readonly n: number;
}
/** Of the store `alert-ordinals`. */
export const alertOrdinal: Codec<AlertOrdinal> = struct<AlertOrdinal>({ at: uint, n: uint });

/** Ordinal among the alerts of a boundary, however its batch was cut. */
function nextOrdinal(ordinals: Store<AlertOrdinal>, at: number): number {
  const last = ordinals.get('');
  const n = last?.at === at ? last.n + 1 : 0;
  ordinals.put('', { at, n });
  return n;
}
