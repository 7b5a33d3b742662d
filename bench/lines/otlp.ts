/** Export requests of OpenTelemetry in Protobuf, as the Collector's Kafka exporter writes them: many log records a value. */
import protobuf from 'protobufjs';
import type { LineEvent } from './event.js';
import { events } from './kinds.js';
import { loggerOf, messageOf } from './plain.js';

/** Log records of a request. */
export const recordsPerRequest = 100;

const { root } = protobuf.parse(`syntax = "proto3";
message Value { oneof value { string text = 1; int64 whole = 3; } }
message Pair { string key = 1; Value value = 2; }
message Resource { repeated Pair attributes = 1; }
message Scope { string name = 1; }
message Record { fixed64 time = 1; fixed64 observed = 11; int32 severity = 2; string severity_text = 3; Value body = 5;
  repeated Pair attributes = 6; bytes trace = 9; bytes span = 10; }
message ScopeLogs { Scope scope = 1; repeated Record records = 2; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scopes = 2; }
message Request { repeated ResourceLogs groups = 1; }`);
const request = root.lookupType('Request');

const severities = { ERROR: 17, WARN: 13, INFO: 9 } as const;
const text = (key: string, value: string): object => ({ key, value: { text: value } });

const resource = {
  attributes: [
    text('service.name', 'shop'),
    text('service.namespace', 'retail'),
    text('deployment.environment', 'production'),
    text('k8s.pod.name', 'shop-7d9c5b6f4-x2x9q'),
    text('host.name', 'node-3.eu-west-1'),
    text('telemetry.sdk.language', 'java'),
  ],
};

function record(event: LineEvent): object {
  const { time, seed, level } = event;
  const nanos = `${Math.floor(time)}${String(seed % 1_000_000).padStart(6, '0')}`;
  return {
    time: nanos,
    observed: nanos,
    severity: severities[level],
    severityText: level,
    body: { text: messageOf(event) },
    attributes: [text('code.namespace', `com.shop.${loggerOf(event)}`), text('thread.name', `worker-${seed % 32}`)],
    trace: Buffer.alloc(16, seed & 0xff),
    span: Buffer.alloc(8, (seed >>> 8) & 0xff),
  };
}

/** The first `lines` events as values of a topic. */
export function* otlpValues(lines: number): Generator<Buffer> {
  let records: object[] = [];
  const value = (): Buffer =>
    Buffer.from(
      request
        .encode(request.fromObject({ groups: [{ resource, scopes: [{ scope: { name: 'logback' }, records }] }] }))
        .finish(),
    );
  for (const event of events(lines)) {
    records.push(record(event));
    if (records.length < recordsPerRequest) continue;
    yield value();
    records = [];
  }
  if (records.length > 0) yield value();
}
