/**
 * Metric points as JSON: Telegraf's serializer, collectd's write_kafka and write_http, prometheus-kafka-adapter, and an
 * object with a time, a value and a name.
 */
import { attributeNamed } from '../otlp/attributes.js';
import { isPlainObject, textOf, type PlainObject, type PlainValue } from '../otlp/plain-value.js';
import { usualPointFields as usual } from '../usual-fields.js';
import type { PointFields } from './fields.js';
import { fieldSeries } from './influx.js';
import { emitPoint, numberOfText, timeOfText, type PointReading } from './point.js';

/** A number, also as text; true is 1. NaN for anything else. */
const numberOfJson = (value: PlainValue | undefined): number =>
  typeof value === 'number'
    ? value
    : typeof value === 'boolean'
      ? Number(value)
      : typeof value === 'string'
        ? numberOfText(value)
        : NaN;

const timeOfJson = (value: PlainValue | undefined, reading: PointReading): number | undefined =>
  value === undefined || value === null ? undefined : timeOfText(textOf(value), reading.context);

const textsOf = (object: PlainValue | undefined): Record<string, string> =>
  isPlainObject(object) ? Object.fromEntries(Object.entries(object).map(([key, value]) => [key, textOf(value)])) : {};

/** An object of one of these shapes. */
type PointShape = 'telegraf' | 'batch' | 'collectd' | 'point';

const has = (object: PlainObject, key: string): boolean => Object.hasOwn(object, key);
/** What a log has and a point has not. */
const logKeys = ['message', 'msg', 'level', 'severity', 'log', '@message'];

function shapeOf(value: PlainValue): PointShape | undefined {
  if (!isPlainObject(value)) return undefined;
  if (isPlainObject(value.fields) && typeof value.name === 'string') return 'telegraf';
  if (Array.isArray(value.metrics)) return 'batch';
  if (Array.isArray(value.values) && has(value, 'plugin') && has(value, 'type')) return 'collectd';
  return 'point';
}

/** Whether parsed JSON surely holds points. */
export function isPoints(value: PlainValue): boolean {
  const all = Array.isArray(value) ? (value as readonly PlainValue[]) : [value];
  return (
    all.length > 0 &&
    all.every((each) => {
      const shape = shapeOf(each);
      if (shape === undefined || !isPlainObject(each)) return false;
      if (shape === 'telegraf') return has(each, 'timestamp') && logKeys.every((key) => !has(each, key));
      if (shape === 'batch') return (each.metrics as readonly PlainValue[]).every((one) => shapeOf(one) === 'telegraf');
      if (shape === 'collectd') return has(each, 'time');
      const isNamed = usual.series.some((key) => typeof each[key] === 'string');
      const isTimed = usual.time.some((key) => has(each, key));
      const isValued = usual.value.some(
        (key) => !Number.isNaN(numberOfJson(each[key])) || /^[+-]?(?:nan|inf)/i.test(textOf(each[key])),
      );
      return isNamed && isTimed && isValued && logKeys.every((key) => !has(each, key));
    })
  );
}

/** Reads parsed JSON: an object, or a list of them. */
export function readPoints(value: PlainValue, fields: PointFields, reading: PointReading): void {
  if (Array.isArray(value)) {
    const all = value as readonly PlainValue[];
    if (all.length === 0) reading.sink.passed();
    for (const each of all)
      readPoints(Array.isArray(each) ? null : each, fields, { ...reading, part: JSON.stringify(each) });
    return;
  }
  const shape = shapeOf(value);
  if (shape === undefined || !isPlainObject(value)) {
    reading.sink.refused('not-metric', 'the value holds no JSON object with a point', Buffer.from(reading.part));
  } else if (shape === 'telegraf') telegraf(value, reading);
  else if (shape === 'batch') readPoints(value.metrics!, fields, reading);
  else if (shape === 'collectd') collectd(value, reading);
  else point(value, fields, reading);
}

/** `{"fields":{"usage_idle":91.5},"name":"cpu","tags":{"host":"a"},"timestamp":1767614400}` */
function telegraf(metric: PlainObject, reading: PointReading): void {
  const tags = textsOf(metric.tags);
  const time = timeOfJson(metric.timestamp, reading);
  let numbers = 0;
  for (const [field, value] of Object.entries(metric.fields as PlainObject)) {
    if (typeof value !== 'number' && typeof value !== 'boolean') continue;
    numbers++;
    emitPoint(reading, fieldSeries(metric.name as string, field), tags, Number(value), time);
  }
  if (numbers === 0)
    reading.sink.refused(
      'no-value',
      `${textOf(metric.name).slice(0, 80)} has no field that is a number`,
      Buffer.from(reading.part),
    );
}

/** A value list of collectd: each value has the name of a data source. */
function collectd(list: PlainObject, reading: PointReading): void {
  const plugin = textOf(list.plugin);
  const type = textOf(list.type);
  const name = plugin === type ? plugin : `${plugin}_${type}`;
  const names = Array.isArray(list.dsnames) ? (list.dsnames as readonly PlainValue[]) : [];
  const labels: Record<string, string> = {};
  for (const key of ['host', 'plugin_instance', 'type_instance'])
    if (textOf(list[key]) !== '') labels[key] = textOf(list[key]);
  const time = timeOfJson(list.time, reading);
  const values = list.values as readonly PlainValue[];
  values.forEach((value, i) => {
    const own = typeof names[i] === 'string' ? names[i] : values.length > 1 ? String(i) : 'value';
    emitPoint(reading, fieldSeries(name, own), labels, numberOfJson(value), time, value);
  });
  if (values.length === 0)
    reading.sink.refused('no-value', `${name.slice(0, 80)} has no values`, Buffer.from(reading.part));
}

/** A time, a value and a name; labels or tags in an object of their own. */
function point(object: PlainObject, fields: PointFields, reading: PointReading): void {
  const first = (path: string | undefined, names: readonly string[]): PlainValue | undefined => {
    if (path !== undefined) return attributeNamed(object, path);
    return names.map((key) => object[key]).find((value) => value !== undefined && value !== null);
  };
  const labels = { ...textsOf(object.tags), ...textsOf(object.labels) };
  for (const [name, path] of Object.entries(fields.labels ?? {})) {
    const text = textOf(attributeNamed(object, path));
    if (text !== '') labels[name] = text;
  }
  const series = textOf(first(undefined, usual.series)) || (labels.__name__ ?? '');
  const value = first(fields.value, usual.value);
  const time = first(fields.time, usual.time);
  if (value === undefined && time === undefined) {
    const detail = `the object has neither a time (${fields.time ?? usual.time.join(', ')}) nor a value (${fields.value ?? usual.value.join(', ')})`;
    reading.sink.refused('not-metric', detail, Buffer.from(reading.part));
    return;
  }
  emitPoint(reading, series, labels, numberOfJson(value), timeOfJson(time, reading), value);
}
