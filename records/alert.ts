/** What `detect` hands to `respond`: an alert that explains itself. */
import {
  bool,
  decode,
  double,
  encode,
  list,
  oneOf,
  struct,
  text,
  texts,
  time,
  uint,
  type Codec,
} from './wire/codec.js';
import { change, type Change } from './change.js';
import { entityFromKey, entityKey, type Labels } from './entity.js';
import { scoredContext, type ScoredContext } from './verdict.js';
import { tag, type Tag } from './windows.js';

/** An unusual feature: what it was, and what is typical at that time. */
export interface Standout {
  readonly feature: string;
  readonly actual: number;
  readonly typical: number;
  readonly unit: string;
  /** Share of the score that it explains, 0 to 1. */
  readonly share: number;
}

/** A template that stands out in the window of an alert. */
export interface TemplateNote {
  readonly template: string;
  readonly count: number;
  readonly novel: boolean;
  /** A masked example line. */
  readonly sample: string;
}

/** What one detector made of the window. */
export interface DetectorNote {
  readonly detector: string;
  /** Return level, `-log10(episodes a week)`. */
  readonly u: number;
  /** Whether it would have fired at the threshold in force. */
  readonly saw: boolean;
}

/** Why an alert fired, in words and figures. Texts of log lines in it are masked. */
export interface Explanation {
  /** One line: what happened. */
  readonly summary: string;
  /** The return level in words, "expected less than once in 3 weeks". */
  readonly rarity: string;
  readonly standouts: readonly Standout[];
  readonly templates: readonly TemplateNote[];
  /** Which detector or arm was believed, and why, in words. */
  readonly believed: string;
  /** All that scored it, the most certain first. */
  readonly detectors: readonly DetectorNote[];
  readonly rules: readonly string[];
}

/** `info` is listed and pages nobody. */
export const severities = ['info', 'warning', 'critical'] as const;
/** One of `severities`. */
export type Severity = (typeof severities)[number];

/** A transition or a refresh of one alert episode. */
export interface Alert {
  readonly tag: Tag;
  /** Stable over the episode: hash of the entity, the session key and the episode's start. */
  readonly fingerprint: string;
  readonly entity: string;
  readonly key: string;
  readonly status: 'firing' | 'resolved';
  /** ms since 1970: start of the first window that fired. */
  readonly startsAt: number;
  /** End of the last window that fired. */
  readonly lastAt: number;
  /** Boundary at which this transition happened. */
  readonly at: number;
  readonly severity: Severity;
  readonly u: number;
  readonly confidence: number;
  /** Only a question to a person (an audit below the threshold): never notified as firing, never healed. */
  readonly audit: boolean;
  /** What a person is asked to judge; a verdict carries it back. */
  readonly context: ScoredContext;
  readonly explanation: Explanation;
  readonly annotations: Readonly<Record<string, string>>;
  /** Name of the mute or of the expected change in force: scored and kept, not notified. Empty without one. */
  readonly muted: string;
  /** Deploys of the entity shortly before it began, the latest first. */
  readonly changes: readonly Change[];
}

/** The label `alertname` of all alerts. */
export const alertName = 'TocsinAnomaly';

/** Labels of an alert: identity only, so that its episodes share them. */
export const alertLabels = ({ entity }: Pick<Alert, 'entity'>): Labels => {
  const { kind, labels } = entityFromKey(entity);
  return { alertname: alertName, kind, ...labels };
};

/** The same with the severity, for whatever routes alerts; it may change over an episode. */
export const routedLabels = (alert: Pick<Alert, 'entity' | 'severity'>): Labels => ({
  ...alertLabels(alert),
  severity: alert.severity,
});

/** The command that answers an alert, to be copied. */
export const answerCommand = ({ fingerprint }: Pick<Alert, 'fingerprint'>): string =>
  `tocsin feedback ${fingerprint} not-anomaly`;

/** Annotations with what is in force now: a mute that began after a notification, a silence in an Alertmanager. */
export const hushes = { muted: 'muted', silenced: 'silenced' } as const;

/** What suppresses notifications now, though people know of the alert; undefined where nothing does. */
export const hushedBy = ({ annotations }: Pick<Alert, 'annotations'>): string | undefined =>
  annotations[hushes.muted] ?? annotations[hushes.silenced];

/** An Alertmanager is notified of what pages, and suppresses what is silenced by itself. */
export const isForAlertmanagers = ({ audit, muted, annotations, severity }: Alert): boolean =>
  !audit && severity !== 'info' && (muted === '' || annotations[hushes.silenced] !== undefined);

/** Canonical bytes of an alert. */
export const alertCodec: Codec<Alert> = struct<Alert>({
  tag,
  fingerprint: text,
  entity: entityKey,
  key: text,
  status: oneOf('firing', 'resolved'),
  startsAt: time,
  lastAt: time,
  at: time,
  severity: oneOf(...severities),
  u: double,
  confidence: double,
  audit: bool,
  context: scoredContext,
  explanation: struct<Explanation>({
    summary: text,
    rarity: text,
    standouts: list(struct<Standout>({ feature: text, actual: double, typical: double, unit: text, share: double })),
    templates: list(struct<TemplateNote>({ template: text, count: uint, novel: bool, sample: text })),
    believed: text,
    detectors: list(struct<DetectorNote>({ detector: text, u: double, saw: bool })),
    rules: list(text),
  }),
  annotations: texts,
  muted: text,
  changes: list(change),
});

/** One record of the `alerts` channel. */
export const encodeAlert = (alert: Alert): Buffer => encode(alertCodec, alert);
/**
 * Reads a record of the `alerts` channel.
 *
 * @throws RangeError on broken bytes
 */
export const decodeAlert = (input: Uint8Array): Alert => decode(alertCodec, input);
