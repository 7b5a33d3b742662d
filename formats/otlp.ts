/** Logs and metrics of OpenTelemetry, as the Collector's Kafka exporter writes them: Protobuf or JSON, many a value. */
import type { Labels } from '../records/entity.js';
import { WireError, type WireReader } from '../records/wire/protobuf.js';
import { parseBounded } from './bounded-json.js';
import { labelName, type FoundSink, type ManyContext, type ManyFormat } from './many.js';
import { attributeNamed, identityOf, inputsOf, instanceOf } from './otlp/attributes.js';
import { foundLog } from './otlp/log.js';
import { metricOfJson, metricOfWire, type OtlpMetric } from './otlp/metric.js';
import { fieldOf, textOf, type PlainObject } from './otlp/plain-value.js';
import { groupsOfJson, groupsOfWire, logOfJson, logOfWire, type OtlpLog, type ResourceGroup } from './otlp/request.js';
import { signalOfJson, signalOfWire, type OtlpSignal } from './otlp/signal.js';
import type { FieldPaths } from './usual-fields.js';

/** The signal of bytes in either encoding; undefined where they are none of OpenTelemetry. */
export const otlpSignal = (bytes: Uint8Array, start: number, end: number): OtlpSignal | undefined =>
  signalOfJson(bytes, start, end) ?? signalOfWire(bytes, start, end);

const logNames = { scopes: ['scopeLogs', 'scope_logs'], items: ['logRecords', 'log_records'] } as const;
const metricNames = { scopes: ['scopeMetrics', 'scope_metrics'], items: ['metrics', 'metrics'] } as const;

/** Ids of traces say nothing of kind or place: no input of rules. */
export function otlp(fields: FieldPaths = {}): ManyFormat {
  const named = Object.entries(fields.labels ?? {});
  /** Without paths that are configured, attributes that no convention knows are not asked for. */
  const isUsual = named.length === 0 && !fields.message && !fields.level && !fields.value;
  const logOf = (reader: WireReader): OtlpLog => logOfWire(reader, !isUsual);

  /** Labels that the configuration names, in the record or its resource. */
  const withNamed = (labels: Labels, item: PlainObject, resource: PlainObject): Labels => {
    if (named.length === 0) return labels;
    const all: Record<string, string> = { ...labels };
    for (const [name, path] of named) {
      const value = textOf(attributeNamed(item, path) ?? attributeNamed(resource, path));
      if (value !== '') all[name] = value;
    }
    return all;
  };

  const logs = (groups: Iterable<ResourceGroup<OtlpLog>>, context: ManyContext, sink: FoundSink): number => {
    let seen = 0;
    for (const { resource, items } of groups) {
      const labels = identityOf(resource);
      const inputs = inputsOf(resource);
      for (const log of items) {
        seen++;
        const own = { labels: withNamed(labels, log.attributes, resource), inputs };
        const record = foundLog(log, own, fields, context.timestamp);
        if (!Number.isNaN(record.time)) sink.found(record);
        else
          sink.refused(
            'no-time',
            'the log record has neither timeUnixNano nor observedTimeUnixNano',
            Buffer.from(record.message),
          );
      }
    }
    return seen;
  };

  const metrics = (groups: Iterable<ResourceGroup<OtlpMetric>>, context: ManyContext, sink: FoundSink): number => {
    let seen = 0;
    for (const { resource, items } of groups) {
      const owner = { ...identityOf(resource), ...instanceOf(resource) };
      const inputs = inputsOf(resource);
      for (const { name, points } of items) {
        if (points.length === 0) {
          seen++;
          sink.refused('no-value', `the metric ${name} has no points`);
        }
        for (const { suffix, attributes, time, value } of points) {
          seen++;
          const labels: Record<string, string> = { ...owner };
          for (const [key, text] of Object.entries(attributes)) labels[labelName(key)] = textOf(text);
          labels.series = name + suffix;
          const at = time > 0 ? time : context.timestamp;
          if (at < 0) sink.refused('no-time', `the point of ${name} has no timeUnixNano`);
          else if (!Number.isFinite(value))
            sink.refused('no-value', `the point of ${name} has no finite number as its value`, Buffer.from(name));
          else sink.found({ kind: 'point', time: at, value, labels: withNamed(labels, attributes, resource), inputs });
        }
      }
    }
    return seen;
  };

  return {
    name: 'otlp',
    read(bytes, start, end, context, sink) {
      if (start === end) {
        sink.refused('empty', 'the value is empty');
        return;
      }
      const isJson = bytes[start] === 0x7b;
      const signal = isJson ? signalOfJson(bytes, start, end) : signalOfWire(bytes, start, end);
      if (signal === 'traces' || signal === 'profiles') {
        sink.refused(
          'other-signal',
          `the value holds ${signal} of OpenTelemetry; logs and metrics are read: give them topics of their own`,
        );
        return;
      }
      if (signal === undefined) {
        sink.refused(
          'not-otlp',
          'the value is no export request of OpenTelemetry with logs or metrics, as Protobuf or JSON',
        );
        return;
      }
      try {
        let seen: number;
        if (isJson) {
          const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
          const request = parseBounded(text);
          seen =
            signal === 'logs'
              ? logs(
                  [...groupsOfJson(fieldOf(request, 'resourceLogs', 'resource_logs'), logNames, logOfJson)],
                  context,
                  sink,
                )
              : metrics(
                  [...groupsOfJson(fieldOf(request, 'resourceMetrics', 'resource_metrics'), metricNames, metricOfJson)],
                  context,
                  sink,
                );
        } else {
          // Read to its end before anything counts: a request that is cut short is refused whole.
          seen =
            signal === 'logs'
              ? logs([...groupsOfWire(bytes, start, end, logOf)], context, sink)
              : metrics([...groupsOfWire(bytes, start, end, metricOfWire)], context, sink);
        }
        if (seen === 0) sink.passed();
      } catch (error) {
        if (!(error instanceof WireError || error instanceof SyntaxError)) throw error;
        sink.refused('bad-payload', `the request of OpenTelemetry is damaged: ${error.message.slice(0, 200)}`);
      }
    },
  };
}
