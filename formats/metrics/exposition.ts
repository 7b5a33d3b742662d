/**
 * Lines of a name, a value and maybe a time: the text format of Prometheus and OpenMetrics, and Graphite's with its tags.
 * https://prometheus.io/docs/instrumenting/exposition_formats, https://graphite.readthedocs.io/en/latest/tags.html
 */
import { emitPoint, isNumeric, numberOfText, timeOfText, type PointReading } from './point.js';

/** A name, labels in braces, and the rest. */
const head = /^([A-Za-z_:][A-Za-z0-9_:.]*|)\{/;
const plain = /^([^\s{},;="]+)((?:;[^\s;=]+=[^\s;]*)*)[ \t]+(\S+)(?:[ \t]+(\S+))?(?:[ \t]+#.*)?[ \t]*$/;
const rest = /^[ \t]*(\S+)(?:[ \t]+(\S+))?(?:[ \t]+#.*)?[ \t]*$/;
const label =
  /[ \t]*(?:([A-Za-z_][A-Za-z0-9_.]*)|"((?:[^"\\]|\\.)*)")[ \t]*(?:=[ \t]*"((?:[^"\\]|\\.)*)")?[ \t]*(,|\})/y;

const unescaped = (text: string): string =>
  text.includes('\\') ? text.replace(/\\(.)/gs, (_, one: string) => (one === 'n' ? '\n' : one)) : text;

interface ExpositionSample {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly value: string;
  readonly time: string | undefined;
}

/** The parts of a line; undefined where it is none of this format. */
function sampleOf(line: string): ExpositionSample | undefined {
  const braced = head.exec(line);
  if (!braced) {
    const [, name, tags, value, time] = plain.exec(line) ?? [];
    if (name === undefined) return undefined;
    const labels: Record<string, string> = {};
    for (const tag of tags!.split(';').slice(1))
      labels[tag.slice(0, tag.indexOf('='))] = tag.slice(tag.indexOf('=') + 1);
    return { name, labels, value: value!, time };
  }
  let name = braced[1];
  const labels: Record<string, string> = {};
  let at = braced[0].length;
  if (/^[ \t]*\}/.test(line.slice(at))) at = line.indexOf('}', at) + 1;
  else
    for (;;) {
      label.lastIndex = at;
      const found = label.exec(line);
      if (!found) return undefined;
      at = label.lastIndex;
      const [, bare, quoted, value, closing] = found;
      // A quoted text without a value is the name of the metric (Prometheus 3).
      if (value === undefined) name = bare ?? unescaped(quoted!);
      else labels[bare ?? unescaped(quoted!)] = unescaped(value);
      if (closing === '}') break;
      const end = /^[ \t]*\}/.exec(line.slice(at));
      if (!end) continue;
      at += end[0].length;
      break;
    }
  name ||= labels.__name__ ?? '';
  const [, value, time] = rest.exec(line.slice(at)) ?? [];
  return value === undefined || name === '' ? undefined : { name, labels, value, time };
}

const isEpoch = (text: string | undefined): boolean => text !== undefined && /^\d{9,19}(?:\.\d{1,9})?$/.test(text);

/** Whether a line is surely one: in braces, or with a time since 1970. */
export function isExposition(line: string): boolean {
  if (line.startsWith('#')) return /^# (?:(?:HELP|TYPE|UNIT) [A-Za-z_:][\w:.]*(?: |$)|EOF$)/.test(line);
  const sample = sampleOf(line);
  if (!sample || !isNumeric(sample.value)) return false;
  return head.test(line) ? sample.time === undefined || isNumeric(sample.time) : isEpoch(sample.time);
}

/** Reads a line. False where it is none of this format, and nothing was handed on. */
export function readExposition(line: string, reading: PointReading): boolean {
  const sample = sampleOf(line);
  if (!sample || !isNumeric(sample.value)) return false;
  const { name, labels, value, time } = sample;
  if (time !== undefined && !isNumeric(time)) return false;
  // Graphite writes -1 for the time at which it is received.
  const at = time === undefined || time === '-1' ? undefined : timeOfText(time, reading.context);
  emitPoint(reading, name, labels, numberOfText(value), at, value);
  return true;
}
