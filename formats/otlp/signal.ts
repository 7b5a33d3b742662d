/** Which signal of OpenTelemetry bytes are, if any: told by their structure, without configuration. */
import { WireError, WireReader, wireTypes } from '../../records/wire/protobuf.js';

/** A signal of OpenTelemetry. */
export type OtlpSignal = 'logs' | 'metrics' | 'traces' | 'profiles';

const names: Readonly<Record<string, OtlpSignal>> = {
  resourceLogs: 'logs',
  resource_logs: 'logs',
  resourceMetrics: 'metrics',
  resource_metrics: 'metrics',
  resourceSpans: 'traces',
  resource_spans: 'traces',
  resourceProfiles: 'profiles',
  resource_profiles: 'profiles',
};
/** Longest beginning that is looked at for the name of the first key. */
const head = 48;

/** The signal of a JSON request: its first key is the list of its resources. */
export function signalOfJson(bytes: Uint8Array, start: number, end: number): OtlpSignal | undefined {
  if (bytes[start] !== 0x7b) return undefined;
  // Most lines of JSON are none: their first key is looked at before a text is made of it.
  let at = start + 1;
  while (at < end && bytes[at]! <= 0x20 && at < start + head) at++;
  if (bytes[at] !== 0x22 || bytes[at + 1] !== 0x72 || bytes[at + 2] !== 0x65 || bytes[at + 3] !== 0x73)
    return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(head, end - start)).toString('latin1');
  const [, name] = /^\{\s*"(resource_?[A-Za-z]+)"\s*:/.exec(text) ?? [];
  return name === undefined ? undefined : names[name];
}

/** Items that are looked at, of each request: one that says nothing of itself leaves it to the next. */
const maxItems = 16;

/**
 * The signal of a Protobuf request. All of its fields must be groups with a resource, scopes and an address, and the
 * items of a scope must be of one kind: a log record begins with a time (`fixed64`), a metric with its name and data,
 * a span with ids of 16 and 8 bytes. An empty request is none.
 */
export function signalOfWire(bytes: Uint8Array, start: number, end: number): OtlpSignal | undefined {
  if (bytes[start] !== 0x0a) return undefined;
  try {
    const request = new WireReader(bytes, start, end);
    let found: OtlpSignal | undefined;
    let left = maxItems;
    while (request.next()) {
      if (request.field !== 1 || request.type !== wireTypes.bytes) return undefined;
      const group = request.message();
      while (group.next()) {
        if (group.type !== wireTypes.bytes || (group.field > 3 && group.field !== 1000)) return undefined;
        if (group.field !== 2) continue;
        const scope = group.message();
        while (scope.next()) {
          if (scope.type !== wireTypes.bytes || (scope.field > 3 && scope.field !== 1000)) return undefined;
          if (scope.field !== 2 || found !== undefined || left === 0) continue;
          left--;
          found = signalOfItem(scope.message());
        }
      }
    }
    return found;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function signalOfItem(item: WireReader): OtlpSignal | undefined {
  let name = false;
  let data = false;
  let ids = 0;
  while (item.next()) {
    const { field, type, from, to } = item;
    if (type === wireTypes.fixed64 && (field === 1 || field === 11)) return 'logs';
    if (type === wireTypes.fixed64 && (field === 7 || field === 8)) return 'traces';
    if (type === wireTypes.varint && field === 2) return 'logs';
    if (type !== wireTypes.bytes) continue;
    if (field === 1) {
      name = true;
      if (to - from === 16) ids++;
    }
    if (field === 2 && to - from === 8) ids++;
    if (field === 5 || field === 7 || field === 9 || field === 10 || field === 11) data = true;
  }
  if (name && data && ids < 2) return 'metrics';
  if (ids === 2) return 'traces';
  return !name && data ? 'logs' : undefined;
}
