/** What attributes say of the end and the length of a request or job, by the semantic conventions of OpenTelemetry. */
import { outcomes } from '../../../records/log-record.js';
import type { PlainObject, PlainValue } from './plain-value.js';

const ok = outcomes.indexOf('ok');
const client = outcomes.indexOf('client-error');
const server = outcomes.indexOf('server-error');

const httpKeys = ['http.response.status_code', 'http.status_code', 'http_status', 'status_code', 'status'];
const grpcKeys = ['rpc.grpc.status_code', 'grpc.code', 'grpc_code'];
const exitKeys = ['process.exit.code', 'process.exit_code', 'exit_code', 'exitCode'];
/** gRPC codes that are the server's: as the conventions set the status of a server span. */
const grpcServer = new Set([2, 4, 12, 13, 14, 15]);

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

/** Index into `outcomes`: by HTTP status, gRPC code or exit code, in this order; 0 where there is none. */
export function outcomeOf(attributes: PlainObject): number {
  const http = first(attributes, httpKeys);
  if (http >= 100 && http <= 599) return http >= 500 ? server : http >= 400 ? client : ok;
  const grpc = first(attributes, grpcKeys);
  if (grpc >= 0 && grpc <= 16) return grpc === 0 ? ok : grpcServer.has(grpc) ? server : client;
  const exit = first(attributes, exitKeys);
  return Number.isNaN(exit) ? 0 : exit === 0 ? ok : server;
}

/** Key of a duration, and ms of one of its units. */
const durations: readonly (readonly [string, number])[] = [
  ['duration_ms', 1],
  ['latency_ms', 1],
  ['elapsed_ms', 1],
  ['took_ms', 1],
  ['response_time_ms', 1],
  ['durationMs', 1],
  ['latencyMs', 1],
  ['http.server.request.duration', 1000],
  ['http.client.request.duration', 1000],
  ['http.server.duration', 1],
  ['rpc.server.duration', 1],
  ['db.client.operation.duration', 1000],
  ['duration_seconds', 1000],
  ['duration_s', 1000],
  ['duration_us', 0.001],
  ['duration_ns', 0.000_001],
  ['event.duration', 0.000_001],
  ['duration', 1],
  ['latency', 1],
  ['elapsed', 1],
  ['responseTime', 1],
];
const units: Readonly<Record<string, number>> = { ns: 0.000_001, us: 0.001, µs: 0.001, ms: 1, s: 1000, m: 60_000 };

/** A latency in ms, or NaN. A text has its own unit: `12.3ms`. */
export function durationOf(attributes: PlainObject): number {
  for (const [key, factor] of durations) {
    const value = attributes[key];
    if (typeof value === 'number') return value * factor;
    if (typeof value !== 'string') continue;
    const [, number, unit] = /^(\d{1,15}(?:\.\d{1,9})?)\s*(ns|us|µs|ms|s|m)?$/.exec(value) ?? [];
    if (number !== undefined) return Number(number) * (unit === undefined ? factor : units[unit]);
  }
  return NaN;
}
