/** How usual writers render a statement: a time, a level, a service and a text, each in their own form. */

export interface Statement {
  /** ms since 1970. */
  readonly time: number;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly service: string;
  readonly text: string;
}

/** What a writer does not write cannot be read of its lines. */
export interface Writer {
  readonly render: (statement: Statement) => string;
  /** It has no level, or no name of a service. */
  readonly lacks?: readonly ('level' | 'service')[];
  /** Its stamps have whole seconds. */
  readonly isCoarse?: boolean;
}

const iso = (time: number): string => new Date(time).toISOString();
const day = (time: number): string => iso(time).slice(0, 10);
const clock = (time: number): string => iso(time).slice(11, 19);
const ms = (time: number): string => iso(time).slice(20, 23);
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const month = (time: number): string => months[new Date(time).getUTCMonth()]!;
const date = (time: number): number => new Date(time).getUTCDate();
const upper = (level: Statement['level']): string => level.toUpperCase();
const json = JSON.stringify;
const severities = { debug: 7, info: 6, warn: 4, error: 3 } as const;
const bsd = (time: number): string => `${month(time)} ${String(date(time)).padStart(2)} ${clock(time)}`;
const attribute = (key: string, stringValue: string): object => ({ key, value: { stringValue } });

export const writers: Readonly<Record<string, Writer>> = {
  'OTLP, JSON': {
    render: ({ time, level, service, text }) =>
      json({
        resourceLogs: [
          {
            resource: { attributes: [attribute('service.name', service)] },
            scopeLogs: [
              {
                logRecords: [
                  {
                    timeUnixNano: `${time}000000`,
                    severityNumber: { debug: 5, info: 9, warn: 13, error: 17 }[level],
                    body: { stringValue: text },
                  },
                ],
              },
            ],
          },
        ],
      }),
  },
  ECS: {
    render: ({ time, level, service, text }) =>
      json({
        '@timestamp': iso(time),
        'log.level': upper(level),
        message: text,
        'service.name': service,
        'ecs.version': '8.11',
      }),
  },
  Filebeat: {
    render: ({ time, level, service, text }) =>
      json({
        '@timestamp': iso(time),
        host: { name: 'node-3' },
        message: `${day(time)} ${clock(time)},${ms(time)} ${upper(level)} [main] ${text}`,
        kubernetes: { labels: { app: service } },
      }),
  },
  'Docker json-file': {
    render: ({ time, level, text }) =>
      json({ log: `${upper(level)} ${text}\n`, stream: 'stdout', time: iso(time).replace('Z', '456789Z') }),
    lacks: ['service'],
  },
  'CRI, text': {
    render: ({ time, level, text }) => `${iso(time).replace('Z', '456789Z')} stdout F [${upper(level)}] ${text}`,
    lacks: ['service'],
  },
  'CRI, JSON': {
    render: ({ time, level, service, text }) =>
      `${iso(time)} stderr F ${json({ level, msg: text, service, ts: time / 1000 })}`,
  },
  'syslog, RFC 3164': {
    render: ({ time, level, service, text }) =>
      `<${16 * 8 + severities[level]}>${bsd(time)} node-3 ${service}[811]: ${text}`,
    isCoarse: true,
  },
  'syslog, RFC 5424': {
    render: ({ time, level, service, text }) =>
      `<${16 * 8 + severities[level]}>1 ${iso(time)} node-3 ${service} 811 - [x@1 a="b"] ${text}`,
  },
  'syslog file': {
    render: ({ time, service, text }) => `${bsd(time)} node-3 ${service}[811]: ${text}`,
    lacks: ['level'],
    isCoarse: true,
  },
  'journald, JSON': {
    render: ({ time, level, service, text }) =>
      json({
        __REALTIME_TIMESTAMP: `${time}000`,
        PRIORITY: String(severities[level]),
        SYSLOG_IDENTIFIER: service,
        MESSAGE: text,
        _PID: '811',
      }),
  },
  'nginx, access': {
    render: ({ time }) =>
      `203.0.113.7 - - [${String(date(time)).padStart(2, '0')}/${month(time)}/2026:${clock(time)} +0000] "GET /cart/7 HTTP/1.1" 200 612 "-" "curl/8.1"`,
    lacks: ['level', 'service'],
    isCoarse: true,
  },
  'nginx, error': {
    render: ({ time, level, text }) =>
      `${day(time).replaceAll('-', '/')} ${clock(time)} [${level}] 31#31: *7 ${text}, client: 10.1.2.3, server: shop`,
    lacks: ['service'],
    isCoarse: true,
  },
  klog: {
    render: ({ time, level, text }) =>
      `${{ debug: 'I', info: 'I', warn: 'W', error: 'E' }[level]}${day(time).slice(5).replace('-', '')} ${clock(time)}.${ms(time)}000       1 reflector.go:138] ${text}`,
    lacks: ['service'],
  },
  logfmt: {
    render: ({ time, level, service, text }) => `ts=${iso(time)} level=${level} service=${service} msg=${json(text)}`,
  },
  'log4j, logback': {
    render: ({ time, level, text }) =>
      `${day(time)} ${clock(time)},${ms(time)} ${upper(level).padEnd(5)} [main] com.shop.Cart - ${text}`,
    lacks: ['service'],
  },
  'Spring Boot': {
    render: ({ time, level, text }) =>
      `${iso(time)} ${upper(level).padStart(5)} 811 --- [nio-80-exec-1] com.shop.Cart                : ${text}`,
    lacks: ['service'],
  },
  'Python logging': {
    render: ({ time, level, text }) =>
      `${day(time)} ${clock(time)},${ms(time)} - shop.cart - ${level === 'warn' ? 'WARNING' : upper(level)} - ${text}`,
    lacks: ['service'],
  },
  pino: {
    render: ({ time, level, text }) =>
      json({
        level: { debug: 20, info: 30, warn: 40, error: 50 }[level],
        time,
        pid: 811,
        hostname: 'node-3',
        msg: text,
      }),
    lacks: ['service'],
  },
  zap: {
    render: ({ time, level, text }) => json({ level, ts: time / 1000, caller: 'cart/add.go:17', msg: text }),
    lacks: ['service'],
  },
  Serilog: {
    render: ({ time, level, text }) =>
      json({
        '@t': iso(time),
        '@m': text,
        ...(level === 'info' ? {} : { '@l': level === 'warn' ? 'Warning' : level }),
      }),
    lacks: ['level', 'service'],
  },
  'Google Cloud': {
    render: ({ time, level, text }) =>
      json({ timestamp: iso(time), severity: level === 'warn' ? 'WARNING' : upper(level), textPayload: text }),
    lacks: ['service'],
  },
  PostgreSQL: {
    render: ({ time, level, text }) =>
      `${day(time)} ${clock(time)}.${ms(time)} UTC [811] app@shop ${{ debug: 'DEBUG', info: 'LOG', warn: 'WARNING', error: 'ERROR' }[level]}:  ${text}`,
    lacks: ['service'],
  },
  Elasticsearch: {
    render: ({ time, level, text }) =>
      `[${day(time)}T${clock(time)},${ms(time)}][${upper(level).padEnd(5)}][o.e.n.Node               ] [node-1] ${text}`,
    lacks: ['service'],
  },
  'Kafka broker': {
    render: ({ time, level, text }) =>
      `[${day(time)} ${clock(time)},${ms(time)}] ${upper(level)} ${text} (kafka.server.KafkaServer)`,
    lacks: ['service'],
  },
  'Go, Rust tracing': {
    render: ({ time, level, text }) => `${iso(time)} ${upper(level).padStart(5)} shop::cart: ${text}`,
    lacks: ['service'],
  },
  'OTP 21 and later': {
    render: ({ time, level, text }) =>
      `${iso(time).replace('Z', '000+00:00')} ${level === 'warn' ? 'warning' : level}: ${text}`,
    lacks: ['service'],
  },
  'Docker Compose': {
    render: ({ time, level, service, text }) => `${service}-1  | ${iso(time)} ${upper(level)} ${text}`,
  },
};
