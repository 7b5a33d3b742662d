/** Names under which the fields of log records and metric points are usually found, best first. */

export const usualLogFields = {
  time: ['@timestamp', 'timestamp', 'time', 'ts', 'datetime', 'date', '@t', 'eventTime', 'asctime', 't'],
  level: ['level', 'severity', 'log.level', 'loglevel', 'levelname', 'lvl', 'severity_text', '@l', 'priority'],
  message: ['message', 'msg', 'event', 'log', '@m', 'body', 'text', 'short_message'],
  value: [
    'duration_ms',
    'latency_ms',
    'elapsed_ms',
    'took_ms',
    'response_time_ms',
    'durationMs',
    'latencyMs',
    'responseTime',
    'duration',
    'latency',
    'elapsed',
    'took',
  ],
  service: ['service', 'service.name', 'service_name', 'app', 'application', 'component'],
} as const;

export const usualPointFields = {
  time: ['timestamp', 'time', 'ts', '@timestamp', 't'],
  value: ['value', 'v', 'val'],
  series: ['series', 'metric', 'name'],
} as const;

/** Where fields are, as a configuration names them. */
export interface FieldPaths {
  /** Paths, with dots into objects. Without one the usual names are tried. */
  readonly time?: string;
  readonly level?: string;
  readonly message?: string;
  /** A latency in milliseconds, or the value of a metric point. */
  readonly value?: string;
  /** Label name to path. */
  readonly labels?: Readonly<Record<string, string>>;
}
