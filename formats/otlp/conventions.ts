/** What attributes say of the end and the length of a request or job, by the semantic conventions of OpenTelemetry. */
import { durationOfText, perMs, unitOfName } from '../duration-of.js';
import { outcomeOfExit, outcomeOfGrpc, outcomeOfStatus } from '../../records/outcome.js';
import type { PlainObject, PlainValue } from './plain-value.js';

const httpKeys = ['http.response.status_code', 'http.status_code', 'http_status', 'status_code', 'status'];
const grpcKeys = ['rpc.grpc.status_code', 'grpc.code', 'grpc_code'];
const exitKeys = ['process.exit.code', 'process.exit_code', 'exit_code', 'exitCode'];
const outcomeKeys = new Set([...httpKeys, ...grpcKeys, ...exitKeys]);
/** A whole number, also as text. */
function wholeOf(value: PlainValue | undefined): number {
  if (typeof value === 'number') return Number.isInteger(value) ? value : NaN;
  return typeof value === 'string' && /^-?\d{1,9}$/.test(value) ? Number(value) : NaN;
}

function first(attributes: PlainObject, keys: readonly string[]): number {
  for (const key of keys) {
    const value = wholeOf(attributes[key]);
    if (!Number.isNaN(value)) return value;
  }
  return NaN;
}

/** What attributes of a record may say, as bits, by their names. */
export const uses = { outcome: 1, namedDuration: 2, duration: 4, exception: 8 } as const;

/** Names whose uses are remembered. */
const maxNames = 4096;
const usesOfNames = new Map<string, number>();

/** Bits of what a record may have an attribute of this name for. */
export function usesOf(name: string): number {
  let found = usesOfNames.get(name);
  if (found === undefined) {
    found =
      (outcomeKeys.has(name) ? uses.outcome : 0) |
      (isDuration.test(name) && unitOfName(name) !== undefined ? uses.namedDuration : 0) |
      (durations.some(([key]) => key === name) ? uses.duration : 0) |
      (name === 'exception.type' || name === 'exception.message' ? uses.exception : 0);
    if (usesOfNames.size >= maxNames) usesOfNames.clear();
    usesOfNames.set(name, found);
  }
  return found;
}

/** Bits of all attributes. */
export function usesOfAll(attributes: PlainObject): number {
  let all = 0;
  // They have no prototype.
  for (const name in attributes) all |= usesOf(name);
  return all;
}

/** Index into `outcomes`: by HTTP status, gRPC code or exit code, in this order; 0 where there is none. */
export const outcomeOfAttributes = (attributes: PlainObject): number =>
  outcomeOfStatus(first(attributes, httpKeys)) ||
  outcomeOfGrpc(first(attributes, grpcKeys)) ||
  outcomeOfExit(first(attributes, exitKeys));

/** Durations whose names do not end in their unit, and ms of one. */
const durations: readonly (readonly [string, number])[] = [
  ['http.server.request.duration', 1000],
  ['http.client.request.duration', 1000],
  ['http.server.duration', 1],
  ['http.client.duration', 1],
  ['rpc.server.duration', 1],
  ['db.client.operation.duration', 1000],
  ['event.duration', 0.000_001],
  ['duration', 1],
  ['latency', 1],
  ['elapsed', 1],
  ['responseTime', 1],
];
const isDuration = /duration|latency|elapsed|took|response_?time/i;

/** A latency in ms, or NaN: by a name that says its unit (`duration_ms`), by convention, or as a text (`12.3ms`). */
export function durationOf(attributes: PlainObject): number {
  for (const [key, value] of Object.entries(attributes)) {
    const unit = typeof value === 'number' && isDuration.test(key) ? unitOfName(key) : undefined;
    if (unit !== undefined) return (value as number) / perMs[unit];
  }
  for (const [key, factor] of durations) {
    const value = attributes[key];
    if (typeof value === 'number') return value * factor;
    const ms = typeof value === 'string' ? durationOfText(value) : NaN;
    if (!Number.isNaN(ms)) return ms;
  }
  return NaN;
}
