/** An alert as a card: what, where, since when, how rare, why. */
import { entityFromKey } from '../../records/entity.js';
import { inWords } from '../../models/calibration/words.js';
import { column, cut, visible, widthOf, wrap } from './columns.js';
import type { Paint } from './paint.js';
import { clock, figure, moment, span } from './wording.js';

/** One feature that stands out. */
export interface StandingOut {
  /** As people call it, such as `error ratio`. */
  readonly name: string;
  readonly actual: number;
  readonly typical: number;
  /** `ms`, `lines a minute`; empty for a ratio. */
  readonly unit?: string;
}

/** All that a card shows. Texts may hold anything that a log line may. */
export interface AlertCard {
  /** What happened, in a few words. */
  readonly what: string;
  /** Canonical key of the entity. */
  readonly entity: string;
  /** Start of the first window that fired, and when the alert was raised; ms of event time. */
  readonly start: number;
  readonly firedAt: number;
  /** u: -log10 of the alerts a week that this entity's past would have had. */
  readonly returnLevel: number;
  /** The same in words, where u is no return level. */
  readonly rarity?: string;
  /** Most telling first; the first four are shown. */
  readonly features: readonly StandingOut[];
  /** Of a session: `lacks ...` or `has ...`, most telling first. */
  readonly marks?: readonly string[];
  readonly template?:
    | {
        readonly text: string;
        /** A line of it, already masked. */
        readonly sample?: string;
        /** Never seen before this window. */
        readonly isNew: boolean;
      }
    | undefined;
  /** What to name it by, and how much it matters. */
  readonly fingerprint?: string;
  readonly severity?: string;
  /** Which detector was believed, and why. */
  readonly believed: { readonly detector: string; readonly why: string };
}

const maxFeatures = 4;
const labelWidth = 13;

/** `checkout`, or `checkout (environment prod)` where more labels tell it apart; session classes say so. */
export function placeOf(key: string): string {
  const { kind, labels } = entityFromKey(key);
  const { service, ...others } = labels;
  const [first, ...rest] = Object.entries(others);
  const name = service ?? first?.[1] ?? key;
  const more = (service === undefined || !first ? rest : [first, ...rest]).map(([label, value]) => `${label} ${value}`);
  return `${name}${kind === 'service' ? '' : ` ${kind === 'session' ? 'sessions' : kind}`}${more.length > 0 ? ` (${more.join(', ')})` : ''}`;
}

/** Lines of a card, each at most `columns` wide. */
export function renderCard(card: AlertCard, columns: number, { bold, dim, red }: Paint): string[] {
  const room = columns - labelWidth;
  const when = moment(card.firedAt);
  const head = column(`! ${visible(placeOf(card.entity))}: ${visible(card.what)}`, columns - widthOf(when) - 1);
  const row = (label: string, texts: readonly string[]): string[] =>
    texts.map((text, i) => `${dim(column(i === 0 ? `  ${label}` : '', labelWidth))}${text}`);

  const lines = [
    `${bold(red(head))} ${when}`,
    ...row('since', [`${clock(card.start)} UTC, raised after ${span(card.firedAt - card.start)}`]),
    ...row('how rare', [cut(card.rarity ?? inWords(card.returnLevel), room)]),
    ...row('stands out', standingOut(card, room)),
  ];
  if (card.template) {
    const { text, sample, isNew } = card.template;
    lines.push(...row('template', wrap(`${isNew ? '(new) ' : ''}${visible(text)}`, room, 2)));
    if (sample !== undefined) lines.push(...row('sample', wrap(visible(sample), room, 3)));
  }
  const { detector, why } = card.believed;
  lines.push(...row('believed', wrap(`${visible(detector)}: ${visible(why)}`, room, 2)));
  if (card.fingerprint !== undefined) {
    lines.push(...row('alert', [`${card.fingerprint}${card.severity === undefined ? '' : `, ${card.severity}`}`]));
    lines.push(...row('answer', [`tocsin feedback ${card.fingerprint} not-anomaly   (or anomaly)`]));
  }
  return lines;
}

/** A small table: name, actual, typical; where no feature is behind it, the kinds of lines that it has or lacks. */
function standingOut({ features: all, marks = [] }: AlertCard, room: number): string[] {
  if (all.length === 0) {
    const shown = marks.slice(0, maxFeatures).map((mark) => cut(visible(mark), room));
    return shown.length > 0 ? shown : ['no single feature'];
  }
  const features = all.slice(0, maxFeatures);
  const rows = features.map(
    ({ name, actual, typical, unit }) =>
      [visible(name), `${figure(actual)}${unit ? ` ${visible(unit)}` : ''}`, `typically ${figure(typical)}`] as const,
  );
  const names = Math.min(28, Math.max(...rows.map(([name]) => widthOf(name))));
  const actuals = Math.min(20, Math.max(...rows.map(([, actual]) => widthOf(actual))));
  return rows.map(([name, actual, typical]) =>
    cut(`${column(name, names)}  ${column(actual, actuals)}  ${typical}`, room),
  );
}
