/** StatsD and DogStatsD: `api.latency:320|ms|@0.1|#env:prod`. The protocol has no time: it is the broker's. */
import { emitPoint, numberOfText, timeOfText, type PointReading } from './point.js';

const line = /^([^\s:|,#]+)((?:,[^\s:|,=]+=[^\s:|,]*)*):([^|\s]+)\|(c|g|ms|h|d|s|m)((?:\|[^|]*)*)$/;

/** Whether a line is surely one. */
export const isStatsd = (text: string): boolean => {
  const [, , , values] = line.exec(text) ?? [];
  return values?.split(':').every((value) => !Number.isNaN(numberOfText(value))) ?? false;
};

/**
 * Reads a line. Counts are scaled by their sample rate; of timings and histograms each value is a point. What depends on
 * the values before it is refused: changes of gauges (`+5|g`), members of sets.
 */
export function readStatsd(text: string, reading: PointReading): boolean {
  const [, name, tags, values, type, extras] = line.exec(text) ?? [];
  if (name === undefined) return false;
  const labels: Record<string, string> = {};
  for (const tag of tags!.split(',').slice(1)) labels[tag.slice(0, tag.indexOf('='))] = tag.slice(tag.indexOf('=') + 1);
  let rate = 1;
  let time: number | undefined;
  for (const extra of extras!.split('|').slice(1)) {
    if (extra.startsWith('@')) rate = numberOfText(extra.slice(1));
    else if (extra.startsWith('T')) time = timeOfText(extra.slice(1), reading.context);
    else if (extra.startsWith('#'))
      for (const tag of extra
        .slice(1)
        .split(',')
        .filter((each) => each !== '')) {
        const colon = tag.indexOf(':');
        labels[colon < 0 ? tag : tag.slice(0, colon)] = colon < 0 ? 'true' : tag.slice(colon + 1);
      }
  }
  const refuse = (detail: string): void =>
    reading.sink.refused('no-value', `${name.slice(0, 80)} ${detail}`, Buffer.from(text));
  if (type === 's') refuse('is a set: its members are no values');
  else if (!(rate > 0)) refuse('has a sample rate that is no positive number');
  else
    for (const value of values!.split(':')) {
      if (type === 'g' && /^[+-]/.test(value)) refuse('is the change of a gauge: what it was is not known');
      else {
        const number = numberOfText(value);
        emitPoint(reading, name, labels, type === 'c' || type === 'm' ? number / rate : number, time, value);
      }
    }
  return true;
}
