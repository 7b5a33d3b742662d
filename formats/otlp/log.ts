/** From a log record of OpenTelemetry to a log record of ours. */
import type { Labels } from '../../records/entity.js';
import { findLevel, levelOfWord } from '../level.js';
import type { FoundLog } from '../many.js';
import { attributeNamed } from './attributes.js';
import { durationOf, outcomeOfAttributes, uses, usesOfAll } from './conventions.js';
import { isPlainObject, textOf, type PlainObject, type PlainValue } from './plain-value.js';
import type { OtlpLog } from './request.js';

/** Level of a severity number: 1 to 4 are trace, 21 to 24 fatal (logs data model, "Severity Fields"). */
export const levelOfSeverity = (severity: number): number =>
  severity >= 1 && severity <= 24 ? Math.floor((severity + 3) / 4) : 0;

/** Where the message of a structured body is, best first. */
const messageKeys = ['message', 'msg', 'Message', '@message', 'log', 'event', 'text', 'body'];
const levelKeys = ['level', 'severity', 'lvl', 'Level', 'log.level'];

/** The text of a body; of a structured one its message, or else all of it as JSON. */
function messageOf(body: PlainValue): string {
  if (!isPlainObject(body)) return textOf(body);
  for (const key of messageKeys) {
    const value = body[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return JSON.stringify(body);
}

/** The exception that the attributes hold, as the head of a trace has it. */
function exceptionOf(attributes: PlainObject): string {
  const type = textOf(attributes['exception.type']);
  const message = textOf(attributes['exception.message']);
  return type !== '' && message !== '' ? `${type}: ${message}` : type + message;
}

/** Level of a text that names one, maybe among other words. */
function levelOfText(text: string): number {
  if (text === '') return 0;
  const bytes = Buffer.from(text);
  return levelOfWord(bytes, 0, bytes.length) || findLevel(bytes, 0, bytes.length);
}

/** Paths of what a configuration names. */
export interface OtlpFields {
  readonly message?: string | undefined;
  readonly level?: string | undefined;
  readonly value?: string | undefined;
}

/**
 * The event time is the record's, else the time at which it was observed, else the broker's. Without a severity the level
 * is that of its text, of a structured body, or of the message. An exception among the attributes follows the message.
 *
 * @param fallback - the broker's time stamp, ms, or -1
 * @returns the record; its time is NaN where there is none
 */
export function foundLog(
  log: OtlpLog,
  { labels, inputs }: { readonly labels: Labels; readonly inputs: Labels },
  fields: OtlpFields,
  fallback: number,
): FoundLog {
  const { attributes } = log;
  // The text of a body is made where somebody wants it.
  const body = log.bodyBytes === undefined ? log.body : '';
  const own = isPlainObject(body) ? body : undefined;
  const named = (path: string | undefined): PlainValue | undefined =>
    path === undefined ? undefined : (attributeNamed(attributes, path) ?? (own && attributeNamed(own, path)));
  const used = usesOfAll(attributes);
  const exception = (used & uses.exception) === 0 ? '' : exceptionOf(attributes);
  const isPlain = log.bodyBytes !== undefined && exception === '' && fields.message === undefined;
  const message = isPlain ? log.bodyBytes : messageWith(log, textOf(named(fields.message)), exception);
  const level =
    levelOfText(textOf(named(fields.level))) ||
    levelOfSeverity(log.severity) ||
    levelOfText(log.severityText) ||
    (own ? levelOfText(textOf(levelKeys.map((key) => own[key]).find((value) => typeof value === 'string'))) : 0) ||
    findLevel(message, 0, message.length);
  const value = named(fields.value);
  return {
    kind: 'log',
    time: log.time > 0 ? log.time : log.observed > 0 ? log.observed : fallback >= 0 ? fallback : NaN,
    level,
    outcome: ((used & uses.outcome) !== 0 && outcomeOfAttributes(attributes)) || (own ? outcomeOfAttributes(own) : 0),
    message,
    value:
      typeof value === 'number'
        ? value
        : firstNumber(
            (used & (uses.duration | uses.namedDuration)) === 0 ? NaN : durationOf(attributes),
            own ? durationOf(own) : NaN,
          ),
    labels,
    inputs,
  };
}

function messageWith(log: OtlpLog, named: string, exception: string): Buffer {
  const body = log.bodyBytes ? Buffer.from(log.bodyBytes).toString('utf8') : log.body;
  const text = named || messageOf(body) || log.eventName;
  if (exception === '' || text.includes(exception)) return Buffer.from(text);
  return Buffer.from(text === '' ? exception : `${text}: ${exception}`);
}

const firstNumber = (a: number, b: number): number => (Number.isNaN(a) ? b : a);
