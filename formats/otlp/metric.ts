/** From the metrics of OpenTelemetry to points of series: sums and counts of histograms, quantiles of summaries. */
import { WireReader, wireTypes } from '../../records/wire/protobuf.js';
import { attributesOfJson, fieldOf, isPlainObject, listOf, millisOfJson, pairOfWire } from './plain-value.js';
import type { PlainObject, PlainValue } from './plain-value.js';

/** A number of a data point. */
export interface OtlpPoint {
  /** Added to the name of the metric: `_count`, `_sum`, or nothing. */
  readonly suffix: string;
  readonly attributes: PlainObject;
  /** ms since 1970, 0 where there is none. */
  readonly time: number;
  /** NaN where the point says that there is no value. */
  readonly value: number;
}

/** A metric with its numbers. */
export interface OtlpMetric {
  readonly name: string;
  readonly points: readonly OtlpPoint[];
}

/** Bit of `flags`: the series has ended, there is no value (metrics.proto, `DataPointFlags`). */
const noValue = 1;

/** Fields of the data of a metric: which points it has. */
const kinds = { gauge: 5, sum: 7, histogram: 9, exponentialHistogram: 10, summary: 11 } as const;

/** Field of the attributes, by the kind of the points. */
const attributesField: Readonly<Record<number, number>> = {
  [kinds.gauge]: 7,
  [kinds.sum]: 7,
  [kinds.histogram]: 9,
  [kinds.exponentialHistogram]: 1,
  [kinds.summary]: 7,
};
const flagsField: Readonly<Record<number, number>> = {
  [kinds.gauge]: 8,
  [kinds.sum]: 8,
  [kinds.histogram]: 10,
  [kinds.exponentialHistogram]: 10,
  [kinds.summary]: 8,
};

/** `Metric` of metrics.proto. */
export function metricOfWire(reader: WireReader): OtlpMetric {
  let name = '';
  const points: OtlpPoint[] = [];
  while (reader.next()) {
    if (reader.type !== wireTypes.bytes) continue;
    const { field } = reader;
    if (field === 1) name = reader.text();
    if (attributesField[field] === undefined) continue;
    const data = reader.message();
    while (data.next()) {
      if (data.field !== 1 || data.type !== wireTypes.bytes) continue;
      points.push(...pointsOfWire(data.message(), field));
    }
  }
  return { name, points };
}

function pointsOfWire(reader: WireReader, kind: number): OtlpPoint[] {
  const isNumber = kind === kinds.gauge || kind === kinds.sum;
  const attributes: Record<string, PlainValue> = Object.create(null) as Record<string, PlainValue>;
  const quantiles: (readonly [number, number])[] = [];
  let time = 0;
  let flags = 0;
  // What Protobuf does not send is 0; a number point without a value has none.
  let value = isNumber ? NaN : 0;
  let sum: number | undefined = kind === kinds.summary ? 0 : undefined;
  while (reader.next()) {
    const { field, type } = reader;
    if (field === attributesField[kind] && type === wireTypes.bytes) pairOfWire(reader.message(), attributes);
    else if (field === flagsField[kind] && type === wireTypes.varint) flags = reader.low;
    else if (field === 3 && type === wireTypes.fixed64) time = reader.millisOfNanos();
    else if (field === 4 && type === wireTypes.fixed64) value = isNumber ? reader.double() : reader.unsigned();
    else if (field === 6 && type === wireTypes.fixed64 && isNumber) value = reader.signed();
    else if (field === 5 && type === wireTypes.fixed64 && !isNumber) sum = reader.double();
    else if (field === 6 && type === wireTypes.bytes && kind === kinds.summary)
      quantiles.push(quantileOfWire(reader.message()));
  }
  const common = { attributes, time };
  if ((flags & noValue) !== 0) return [{ ...common, suffix: '', value: NaN }];
  return isNumber ? [{ ...common, suffix: '', value }] : distribution(common, value, sum, quantiles);
}

function quantileOfWire(reader: WireReader): readonly [number, number] {
  let quantile = 0;
  let value = 0;
  while (reader.next()) {
    if (reader.type !== wireTypes.fixed64) continue;
    if (reader.field === 1) quantile = reader.double();
    else if (reader.field === 2) value = reader.double();
  }
  return [quantile, value];
}

/** Count, sum where there is one, and quantiles. */
function distribution(
  common: Pick<OtlpPoint, 'attributes' | 'time'>,
  count: number,
  sum: number | undefined,
  quantiles: readonly (readonly [number, number])[],
): OtlpPoint[] {
  const points: OtlpPoint[] = [{ ...common, suffix: '_count', value: count }];
  if (sum !== undefined) points.push({ ...common, suffix: '_sum', value: sum });
  for (const [quantile, value] of quantiles)
    points.push({ ...common, attributes: { ...common.attributes, quantile: String(quantile) }, suffix: '', value });
  return points;
}

/** A number of JSON, which may be a text: whole ones of 64 bits, `NaN`, `Infinity`. */
const numberOfJson = (value: unknown): number =>
  typeof value === 'number' ? value : typeof value === 'string' && value !== '' ? Number(value) : NaN;

/** The same as JSON. */
export function metricOfJson(message: unknown): OtlpMetric {
  const name = isPlainObject(message) && typeof message.name === 'string' ? message.name : '';
  const points: OtlpPoint[] = [];
  const pointsIn = (jsonName: string, protoName: string): readonly unknown[] =>
    listOf(fieldOf(fieldOf(message, jsonName, protoName), 'dataPoints', 'data_points'));
  for (const kind of ['gauge', 'sum'])
    for (const point of pointsIn(kind, kind)) {
      const value = numberOfJson(fieldOf(point, 'asDouble', 'as_double') ?? fieldOf(point, 'asInt', 'as_int'));
      points.push({ ...commonOfJson(point), suffix: '', value: isWithout(point) ? NaN : value });
    }
  for (const [jsonName, protoName] of [
    ['histogram', 'histogram'],
    ['exponentialHistogram', 'exponential_histogram'],
    ['summary', 'summary'],
  ])
    for (const point of pointsIn(jsonName!, protoName!)) {
      if (isWithout(point)) {
        points.push({ ...commonOfJson(point), suffix: '', value: NaN });
        continue;
      }
      const sum = fieldOf(point, 'sum', 'sum');
      const quantiles = listOf(fieldOf(point, 'quantileValues', 'quantile_values')).map(
        (each) =>
          [
            numberOfJson(fieldOf(each, 'quantile', 'quantile') ?? 0),
            numberOfJson(fieldOf(each, 'value', 'value') ?? 0),
          ] as const,
      );
      const count = numberOfJson(fieldOf(point, 'count', 'count') ?? 0);
      const total = sum === undefined ? (jsonName === 'summary' ? 0 : undefined) : numberOfJson(sum);
      points.push(...distribution(commonOfJson(point), count, total, quantiles));
    }
  return { name, points };
}

const isWithout = (point: unknown): boolean => (Number(fieldOf(point, 'flags', 'flags') ?? 0) & noValue) !== 0;

const commonOfJson = (point: unknown): Pick<OtlpPoint, 'attributes' | 'time'> => ({
  attributes: attributesOfJson(fieldOf(point, 'attributes', 'attributes')),
  time: millisOfJson(fieldOf(point, 'timeUnixNano', 'time_unix_nano')),
});
