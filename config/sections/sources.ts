/** `sources`: what is read, and how its records become fields and labels. */
import { z } from 'zod';
import { registry } from './registry.js';
import { hasNamedGroup } from '../pattern.js';
import { topicProblem } from '../topic-pattern.js';
import { labels, pattern, timeFormat } from '../values.js';
import { isZone } from '../zone.js';

const fields = z
  .strictObject({
    time: z.string().optional().describe('Path of the event time, for example `@timestamp` or `event.time`.'),
    level: z.string().optional().describe('Path of the level.'),
    message: z.string().optional().describe('Path of the message.'),
    value: z.string().optional().describe('Path of a latency.'),
    value_unit: z
      .enum(['ns', 'us', 'ms', 's'])
      .optional()
      .describe(
        'Unit of the numbers in `value`, where neither its name nor its text says it: milliseconds without it.',
      ),
    levels: z
      .record(z.string(), z.enum(['unknown', 'trace', 'debug', 'info', 'warn', 'error', 'fatal']))
      .optional()
      .describe('What stands in the level field, to the level that it is, before any convention: `{ "3": error }`.'),
    labels: labels.prefault({}).describe('Label name to path, for example `service: kubernetes.app`.'),
  })
  .prefault({})
  .describe('Where the fields of JSON records and of `registry` values are; usual names are found without it.');

const format = z
  .enum(['auto', 'json', 'plain', 'metric', 'otlp', 'registry'])
  .prefault('auto')
  .describe(
    "`json`: a JSON object a line. `plain`: a line that begins with a usual timestamp. `metric`: points as CSV, JSON, Prometheus text or remote write, Influx, Telegraf, StatsD, Graphite, collectd or OpenTelemetry. `otlp`: logs and metrics of OpenTelemetry, Protobuf or JSON, as the Collector's Kafka exporter writes them. `registry`: Avro, JSON or Protobuf behind the id of a schema, in Confluent's wire format. `auto` tells otlp, json and plain apart by the bytes of each value, and metrics by the first record of a source.",
  );

const relabel = z
  .array(
    z.strictObject({
      source_labels: z.array(z.string()).describe('Labels whose values are joined by `;` and matched.'),
      regex: pattern('Must match the whole joined value.').prefault('(.*)'),
      target_label: z.string().describe('Label that is set.'),
      replacement: z.string().prefault('$1').describe('Its value; `$1` is the first group.'),
    }),
  )
  .prefault([])
  .describe(
    'Rules in the manner of Prometheus, in order. `topic`, `file`, the key and headers of a Kafka record (`key`, `header_NAME`), the headers of a NATS message and the JSON label fields are there to match.',
  );

const common = {
  format,
  fields,
  labels: labels.prefault({}).describe('Labels of every record of this source, for example `service: checkout`.'),
  time: z
    .enum(['auto', 'record', 'broker', 'received'])
    .prefault('auto')
    .describe(
      "Where the time of a record is from: its own (`record`), the broker's (`broker`), or, with `auto`, its own and the broker's where it has none. `received`, of standard input and of followed files: its own, and where it has none that at which it is read, which is stored with the line.",
    ),
  timezone: z
    .string()
    .refine(isZone, 'is no time zone: name one of the IANA database, or an offset such as +02:00')
    .optional()
    .describe(
      'Zone of time stamps without one: a name of the IANA database (`Europe/Berlin`) or an offset (`+02:00`); UTC without it. In the hour that comes twice in autumn the order of the lines tells which is meant.',
    ),
  pattern: pattern(
    'Pattern (RE2) with named groups that reads text lines of a form of their own: `(?P<time>...)`, `level`, `message` and the other usual names of fields, or those that `fields` gives. Lines that do not match are read by their usual form. Without a group for the time it adds to what the usual form gives.',
  )
    .refine(hasNamedGroup, 'has no named group: name the parts of the line, as in (?P<time>\\S+ \\S+) (?P<message>.*)')
    .optional(),
  record_start: pattern(
    'Pattern (RE2) of the first line of a record. Text lines that do not match it continue the record before them, at most 1,000.',
  ).optional(),
  time_format: timeFormat(
    'Form of the time stamps, as strptime describes it: `%d/%b/%Y:%H:%M:%S %z`. Stamps of the usual forms that begin with a year and a dash, the name of a month or day, or an epoch, are read besides.',
  ).optional(),
  date_order: z
    .enum(['day', 'month'])
    .optional()
    .describe('Which is first in `05/01/2026`. Without it, dates that can mean only one thing tell for the source.'),
  date: z.iso
    .date()
    .optional()
    .describe(
      'Day of the first line, in the zone of the source, where stamps have a time of day alone (`12:34:56.789`): a time that is more than an hour behind the line before is one of the next day. Without it the date in the name of a file tells (`app-2026-01-05.log`), and in a topic the stamp of the broker.',
    ),
  year: z
    .int()
    .min(2000)
    .max(2100)
    .optional()
    .describe('Year of time stamps without one (syslog), where the data does not tell.'),
  relabel,
};

/** Where to begin: an end of what is there, or a time. */
const beginning = z.union([z.enum(['earliest', 'latest']), z.iso.datetime({ offset: true })]);

/** One source of records. */
export const source = z.discriminatedUnion('type', [
  z.strictObject({
    type: z
      .literal('file')
      .describe('A file, plain, .gz or .zst, read once from start to end, or followed as it grows.'),
    path: z
      .string()
      .describe(
        'Path, or a pattern (`/var/log/app-*.log`) that stands for each file that it matches at the start, and with `follow` for those that come later; `-` is standard input.',
      ),
    follow: z
      .boolean()
      .prefault(false)
      .describe(
        'Go on as the file grows, through rotation: renamed and created again, or copied and cut. What was read is kept by device, inode and a fingerprint of the first bytes. With a pattern, files with names of rotation (`app.log.1`, `app.log-20260130.gz`) are left out.',
      ),
    ...common,
  }),
  z.strictObject({
    type: z.literal('kafka').describe('Topics of the cluster under `kafka`.'),
    topics: z
      .array(
        z.string().superRefine((entry, context) => {
          const message = topicProblem(entry);
          if (message !== undefined) context.addIssue({ code: 'custom', message });
        }),
      )
      .min(1)
      .describe(
        'Names of the topics, or patterns: `^logs\\..*` (RE2, of the whole name), `logs-*`. A pattern stands for every topic that it matches, also those that are created later, which are read from their beginning; never for topics of Kafka itself or of `channels.prefix`.',
      ),
    start: beginning
      .prefault('latest')
      .describe(
        'Where to begin where there is no checkpoint, and the group has committed none: `earliest`, `latest`, or a time in ISO 8601.',
      ),
    registry: registry.optional(),
    ...common,
  }),
  z.strictObject({
    type: z.literal('nats').describe('A JetStream stream of the servers under `nats`.'),
    stream: z.string().min(1).describe('Name of the stream.'),
    subjects: z
      .array(z.string().regex(/^[^\s.]+(?:\.[^\s.]+)*$/, 'is no subject: write for example logs.shop.>'))
      .prefault([])
      .describe(
        'Only these subjects of it, with the wildcards of NATS: `logs.*.api`, `logs.>`; all without it. More than one needs NATS 2.10. Rules see the subject of a message as `topic`.',
      ),
    name: z
      .string()
      .regex(/^[\w-]{1,60}$/, 'may have letters, digits, _ and -')
      .optional()
      .describe('Names the source; the name of the stream without it. Needed where a stream is read by two sources.'),
    consumer: z
      .string()
      .regex(/^[\w-]{1,60}$/, 'may have letters, digits, _ and -')
      .prefault('tocsin')
      .describe(
        'What the durable consumer is called by, with the name of the source behind it. One process reads by it: each installation has its own.',
      ),
    start: beginning
      .prefault('earliest')
      .describe(
        'Where to begin where there is no checkpoint: `earliest`, `latest`, or a time in ISO 8601. A work queue is always read from what it holds.',
      ),
    ...common,
  }),
  z.strictObject({
    type: z
      .literal('http')
      .describe(
        'What is posted to the process, with a token of the scope `write`: logs to `/v1/logs` (OTLP) and `/v1/lines` (NDJSON and text), metrics to `/v1/metrics` (OTLP) and `/api/v1/write` (Prometheus remote write). It is on disk before it is answered.',
      ),
    name: z
      .string()
      .regex(/^[\w.-]{1,60}$/, 'may have letters, digits, and . _ -')
      .prefault('http')
      .describe('Names the source; rules see it as `topic`, and it is the service where nothing else gives one.'),
    signal: z.enum(['logs', 'metrics']).prefault('logs').describe('What is taken; one source for each.'),
    body_limit: z
      .int()
      .min(1024)
      .max(67_108_864)
      .prefault(4_194_304)
      .describe('Largest body, packed and unpacked, bytes; a larger one is answered with 413.'),
    max_rate: z
      .int()
      .min(1024)
      .prefault(16_777_216)
      .describe('Bytes a second, on average; more is answered with 429 and Retry-After.'),
    max_backlog: z
      .int()
      .min(65_536)
      .prefault(268_435_456)
      .describe('Bytes that were taken and are not read yet; more is answered with 503 and Retry-After.'),
    ...common,
  }),
]);
