/** Metric points in any usual format, told apart value by value and line by line: every line is read or refused. */
import { isUtf8 } from 'node:buffer';
import { parseBounded } from './bounded-json.js';
import type { FoundSink, ManyContext, ManyFormat } from './many.js';
import { headerOf, isCsv, readCsv } from './metrics/csv.js';
import { isExposition, readExposition } from './metrics/exposition.js';
import type { PointFields } from './metrics/fields.js';
import { isInflux, readInflux } from './metrics/influx.js';
import { isPoints, readPoints } from './metrics/json-points.js';
import type { PointReading } from './metrics/point.js';
import { readRemoteWrite, remoteWriteSeries } from './metrics/remote-write.js';
import { isStatsd, readStatsd } from './metrics/statsd.js';
import { otlp, otlpSignal } from './otlp.js';
import type { PlainValue } from './otlp/plain-value.js';

const formats = 'CSV (timestamp,value[,series]), JSON, Prometheus, Influx, StatsD or Graphite';
/** Longest text of which it is asked whether it is metrics, bytes. */
const longestHint = 8192;
const noSink: FoundSink = { found: () => undefined, refused: () => undefined, passed: () => undefined };

const textIn = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');

/** Text: valid UTF-8 without control characters at its beginning. */
function isText(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < Math.min(end, start + 64); i++) if (bytes[i]! < 0x09) return false;
  return isUtf8(bytes.subarray(start, end));
}

function parsed(text: string): PlainValue | undefined {
  try {
    return parseBounded(text) as PlainValue;
  } catch {
    return undefined;
  }
}

/** Whether a value surely holds metrics, by its first line: what a log could be is none. */
export function isMetric(
  bytes: Uint8Array,
  start: number,
  end: number,
  context: ManyContext,
  fields: PointFields = {},
): boolean {
  if (start === end) return false;
  const first = bytes[start];
  const signal = first === 0x7b || first === 0x0a ? otlpSignal(bytes, start, end) : undefined;
  if (signal !== undefined) return signal === 'metrics';
  if (!isText(bytes, start, end)) return remoteWriteSeries(bytes, start, end) !== undefined;
  if (first === 0x7b || first === 0x5b) {
    const json = end - start <= 1_048_576 ? parsed(textIn(bytes, start, end)) : undefined;
    if (json !== undefined) return isPoints(json);
  }
  const text = textIn(bytes, start, Math.min(end, start + longestHint));
  const line = text.split('\n', 1)[0]!.replace(/\r$/, '');
  const reading = { context, sink: noSink, part: line };
  if (context.isFirst === true && headerOf(line, fields)?.length === line.split(/[,;\t]/).length && /value/i.test(line))
    return true;
  return isExposition(line) || isStatsd(line) || isInflux(line) || isCsv(line, reading);
}

/**
 * Reads points. The header of CSV is line 0 of a file and nothing else; it is remembered as `memory`.
 */
export function points(fields: PointFields = {}): ManyFormat & { memory: string } {
  const openTelemetry = otlp(fields);

  const readLine = (line: string, reading: PointReading): void => {
    if (line === '') {
      reading.sink.refused('empty', 'the line is empty');
      return;
    }
    if (line.startsWith('#')) {
      reading.sink.passed();
      return;
    }
    if (line.startsWith('{') || line.startsWith('[')) {
      const json = parsed(line);
      if (json === undefined && readExposition(line, reading)) return;
      if (json === undefined)
        reading.sink.refused('not-json', 'the line begins like JSON and is none', Buffer.from(line));
      else readPoints(json, fields, reading);
      return;
    }
    if (reading.context.isFirst === true) {
      const header = headerOf(line, fields);
      if (header) {
        format.memory = JSON.stringify(header);
        reading.sink.passed();
        return;
      }
    }
    const header = format.memory === '' ? undefined : (JSON.parse(format.memory) as readonly string[]);
    const isRead = header
      ? readCsv(line, header, fields, reading)
      : readStatsd(line, reading) ||
        readInflux(line, reading) ||
        readExposition(line, reading) ||
        readCsv(line, undefined, fields, reading);
    if (!isRead) refuse(line, reading);
  };

  const refuse = (line: string, { sink }: PointReading): void => {
    const shown = line.length > 60 ? `${line.slice(0, 60)}...` : line;
    sink.refused(
      'not-metric',
      `the line is no metric point: ${formats} is read, and this is ${JSON.stringify(shown)}`,
      Buffer.from(line),
    );
  };

  const format: ManyFormat & { memory: string } = {
    name: 'metric',
    memory: '',
    read(bytes, start, end, context, sink) {
      while (end > start && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d || bytes[end - 1] === 0x20)) end--;
      if (start === end) {
        sink.refused('empty', 'the line is empty');
        return;
      }
      if (otlpSignal(bytes, start, end) !== undefined) {
        openTelemetry.read(bytes, start, end, context, sink);
        return;
      }
      if (!isText(bytes, start, end)) {
        const series = remoteWriteSeries(bytes, start, end);
        if (series) readRemoteWrite(series, { context, sink, part: '' });
        else
          sink.refused(
            'not-metric',
            `the value is no text, no OpenTelemetry and no Prometheus remote write; as text ${formats} is read`,
          );
        return;
      }
      const text = textIn(bytes, start, end);
      const json = text.startsWith('{') || text.startsWith('[') ? parsed(text) : undefined;
      if (json !== undefined) {
        readPoints(json, fields, { context, sink, part: text });
        return;
      }
      const lines = text.split('\n');
      lines.forEach((each, i) => {
        const line = each.replace(/\r$/, '').trim();
        // An empty line between others separates them.
        if (line === '' && lines.length > 1) return;
        readLine(line, { context: i === 0 ? context : { ...context, isFirst: false }, sink, part: line });
      });
    },
  };
  return format;
}
