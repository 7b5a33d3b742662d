/** Export requests of OpenTelemetry as Protobuf, from their JSON form, by the messages of opentelemetry-proto. */
import protobuf from 'protobufjs';

const text = `syntax = "proto3";
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
  ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message Scope { string name = 1; string version = 2; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message LogRecord { fixed64 time_unix_nano = 1; fixed64 observed_time_unix_nano = 11; int32 severity_number = 2;
  string severity_text = 3; AnyValue body = 5; repeated KeyValue attributes = 6; uint32 dropped_attributes_count = 7;
  fixed32 flags = 8; bytes trace_id = 9; bytes span_id = 10; string event_name = 12; }
message ScopeLogs { Scope scope = 1; repeated LogRecord log_records = 2; string schema_url = 3; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; string schema_url = 3; }
message Logs { repeated ResourceLogs resource_logs = 1; }
message NumberDataPoint { repeated KeyValue attributes = 7; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  oneof value { double as_double = 4; sfixed64 as_int = 6; } uint32 flags = 8; }
message HistogramDataPoint { repeated KeyValue attributes = 9; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  fixed64 count = 4; optional double sum = 5; repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7;
  uint32 flags = 10; optional double min = 11; optional double max = 12; }
message ExponentialPoint { repeated KeyValue attributes = 1; fixed64 time_unix_nano = 3; fixed64 count = 4;
  optional double sum = 5; sint32 scale = 6; fixed64 zero_count = 7; uint32 flags = 10; }
message Quantile { double quantile = 1; double value = 2; }
message SummaryDataPoint { repeated KeyValue attributes = 7; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  fixed64 count = 4; double sum = 5; repeated Quantile quantile_values = 6; uint32 flags = 8; }
message Gauge { repeated NumberDataPoint data_points = 1; }
message Sum { repeated NumberDataPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
message Histogram { repeated HistogramDataPoint data_points = 1; int32 aggregation_temporality = 2; }
message ExponentialHistogram { repeated ExponentialPoint data_points = 1; int32 aggregation_temporality = 2; }
message Summary { repeated SummaryDataPoint data_points = 1; }
message Metric { string name = 1; string description = 2; string unit = 3; oneof data { Gauge gauge = 5; Sum sum = 7;
  Histogram histogram = 9; ExponentialHistogram exponential_histogram = 10; Summary summary = 11; } }
message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; string schema_url = 3; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; string schema_url = 3; }
message Metrics { repeated ResourceMetrics resource_metrics = 1; }
message Span { bytes trace_id = 1; bytes span_id = 2; string name = 5; int32 kind = 6; fixed64 start_time_unix_nano = 7;
  fixed64 end_time_unix_nano = 8; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Traces { repeated ResourceSpans resource_spans = 1; }`;
const { root } = protobuf.parse(text);

/** Bytes of a request as a `.proto` compiler's code writes them; times are texts of nanoseconds. */
export function otlpBytes(signal: 'Logs' | 'Metrics' | 'Traces', request: object): Buffer {
  const type = root.lookupType(signal);
  return Buffer.from(type.encode(type.fromObject(request)).finish());
}

/** The same message with its fields in reverse order, at every level: a writer may choose any. */
export function reversed(bytes: Uint8Array): Buffer {
  const reader = protobuf.Reader.create(bytes);
  const fields: Buffer[] = [];
  while (reader.pos < reader.len) {
    const from = reader.pos;
    reader.skipType(reader.uint32() & 7);
    fields.unshift(Buffer.from(bytes.subarray(from, reader.pos)));
  }
  return Buffer.concat(fields);
}

/** `KeyValue`s of texts. */
export const attributes = (values: Readonly<Record<string, unknown>>): object[] =>
  Object.entries(values).map(([key, value]) => ({ key, value: anyOf(value) }));

export function anyOf(value: unknown): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyOf) } };
  return { kvlistValue: { values: attributes(value as Record<string, unknown>) } };
}

/** A request of logs: one resource, one scope. */
export const logsRequest = (resource: Readonly<Record<string, unknown>>, logRecords: readonly object[]): object => ({
  resourceLogs: [{ resource: { attributes: attributes(resource) }, scopeLogs: [{ scope: { name: 's' }, logRecords }] }],
});

export const metricsRequest = (resource: Readonly<Record<string, unknown>>, metrics: readonly object[]): object => ({
  resourceMetrics: [
    { resource: { attributes: attributes(resource) }, scopeMetrics: [{ scope: { name: 's' }, metrics }] },
  ],
});
