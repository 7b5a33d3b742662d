/** What an export request of the OpenTelemetry protocol holds, from Protobuf and from JSON (opentelemetry-proto 1.x). */
import { isUtf8 } from 'node:buffer';
import { WireReader, wireTypes } from '../../records/wire/protobuf.js';
import {
  anyOfJson,
  anyOfWire,
  attributesOfJson,
  attributesOfWire,
  fieldOf,
  isPlainObject,
  listOf,
  millisOfJson,
  pairOfWire,
  shortTexts,
  type PlainObject,
  type PlainValue,
} from './plain-value.js';
import { usesOf } from './conventions.js';

/** A log record of an export request. */
export interface OtlpLog {
  /** ms since 1970, 0 where there is none. */
  readonly time: number;
  readonly observed: number;
  /** 1 to 24, or 0. */
  readonly severity: number;
  readonly severityText: string;
  readonly body: PlainValue;
  /** Of a body that is a text of valid UTF-8 and not empty, from Protobuf: its bytes, and `body` is not filled. */
  readonly bodyBytes?: Uint8Array | undefined;
  readonly attributes: PlainObject;
  readonly eventName: string;
}

const noAttributes: PlainObject = {};

/** Messages in field `field`, each with the attributes of its resource. */
export interface ResourceGroup<T> {
  readonly resource: PlainObject;
  readonly items: readonly T[];
}

/**
 * Groups of logs or metrics: `Resource*` is field 1 of the request, its resource is field 1, its scopes field 2, and the
 * items of a scope field 2. Fields may come in any order, so that a resource is looked for before its items are read.
 */
export function* groupsOfWire<T>(
  bytes: Uint8Array,
  start: number,
  end: number,
  item: (reader: WireReader) => T,
): Generator<ResourceGroup<T>> {
  const request = new WireReader(bytes, start, end);
  while (request.next()) {
    if (request.field !== 1 || request.type !== wireTypes.bytes) continue;
    const group = request.message();
    const resources: WireReader[] = [];
    const scopes: WireReader[] = [];
    while (group.next()) {
      if (group.type !== wireTypes.bytes) continue;
      if (group.field === 1) resources.push(group.message());
      else if (group.field === 2) scopes.push(group.message());
    }
    const items: T[] = [];
    for (const scope of scopes)
      while (scope.next()) if (scope.field === 2 && scope.type === wireTypes.bytes) items.push(item(scope.message()));
    yield { resource: attributesOfWire(resources, 1), items };
  }
}

/** The same of a JSON request. `names` are the fields of the groups, scopes and items, in JSON and in the `.proto` file. */
export function* groupsOfJson<T>(
  groups: unknown,
  names: { readonly scopes: readonly [string, string]; readonly items: readonly [string, string] },
  item: (message: unknown) => T,
): Generator<ResourceGroup<T>> {
  for (const group of listOf(groups)) {
    if (!isPlainObject(group)) continue;
    const resource = isPlainObject(group.resource) ? attributesOfJson(group.resource.attributes) : noAttributes;
    const items: T[] = [];
    for (const scope of listOf(fieldOf(group, ...names.scopes)))
      for (const message of listOf(fieldOf(scope, ...names.items))) items.push(item(message));
    yield { resource, items };
  }
}

/** `LogRecord` of logs.proto. */
export function logOfWire(reader: WireReader, all = true): OtlpLog {
  let time = 0;
  let observed = 0;
  let severity = 0;
  let severityText = '';
  let body: PlainValue = null;
  let bodyBytes: Uint8Array | undefined;
  let eventName = '';
  let attributes: Record<string, PlainValue> | undefined;
  while (reader.next()) {
    const { field, type } = reader;
    if (field === 1 && type === wireTypes.fixed64) time = reader.millisOfNanos();
    else if (field === 11 && type === wireTypes.fixed64) observed = reader.millisOfNanos();
    else if (field === 2 && type === wireTypes.varint) severity = reader.unsigned();
    else if (type !== wireTypes.bytes) continue;
    else if (field === 3) severityText = shortTexts.of(reader);
    else if (field === 5) {
      bodyBytes = textBytes(reader);
      body = bodyBytes ? null : anyOfWire(reader.message());
    } else if (field === 6) {
      if (!all && isUnused(reader)) continue;
      attributes ??= Object.create(null) as Record<string, PlainValue>;
      pairOfWire(reader.message(), attributes);
    } else if (field === 12) eventName = reader.text();
  }
  return { time, observed, severity, severityText, body, bodyBytes, eventName, attributes: attributes ?? noAttributes };
}

const inner = new WireReader(new Uint8Array(), 0, 0);
const value = new WireReader(new Uint8Array(), 0, 0);

/** The bytes of an `AnyValue` that is nothing but a text, not empty and valid; undefined of any other. */
function textBytes(reader: WireReader): Uint8Array | undefined {
  inner.enter(reader);
  if (!isBytes(inner, 1) || inner.to !== reader.to) return undefined;
  const bytes = reader.bytes.subarray(inner.from, inner.to);
  return bytes.length > 0 && isUtf8(bytes) ? bytes : undefined;
}

/** Whether a `KeyValue` in its usual form has a text for a name that nobody asks for. */
function isUnused(reader: WireReader): boolean {
  inner.enter(reader);
  if (!isBytes(inner, 1) || usesOf(shortTexts.of(inner)) !== 0) return false;
  return isBytes(inner, 2) && inner.to === reader.to && value.enter(inner).onlyShort() === 1;
}

const isBytes = (reader: WireReader, field: number): boolean =>
  reader.next() && reader.field === field && reader.type === wireTypes.bytes;

const severityNames = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/** A number, or the name of the enumeration: `SEVERITY_NUMBER_ERROR2`. */
function severityOfJson(value: unknown): number {
  if (typeof value === 'number') return value;
  const [, name, step] = /^(?:SEVERITY_NUMBER_)?([A-Z]+)([2-4]?)$/.exec(String(value)) ?? [];
  const at = severityNames.indexOf(name ?? '');
  if (at >= 0) return 4 * at + Number(step === '' ? 1 : step);
  return typeof value === 'string' && /^\d{1,2}$/.test(value) ? Number(value) : 0;
}

/** Reads a `LogRecord` of OTLP/JSON; fields that it does not know are left out. */
export const logOfJson = (message: unknown): OtlpLog => ({
  time: millisOfJson(fieldOf(message, 'timeUnixNano', 'time_unix_nano')),
  observed: millisOfJson(fieldOf(message, 'observedTimeUnixNano', 'observed_time_unix_nano')),
  severity: severityOfJson(fieldOf(message, 'severityNumber', 'severity_number')),
  severityText: textField(message, 'severityText', 'severity_text'),
  body: anyOfJson(fieldOf(message, 'body', 'body')),
  attributes: attributesOfJson(fieldOf(message, 'attributes', 'attributes')),
  eventName: textField(message, 'eventName', 'event_name'),
});

function textField(message: unknown, name: string, protoName: string): string {
  const value = fieldOf(message, name, protoName);
  return typeof value === 'string' ? value : '';
}
