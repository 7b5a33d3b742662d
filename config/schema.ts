/** The one place for what may stand in a configuration file: validation, defaults and the reference page come from it. */
import { RE2JS } from 're2js';
import { z } from 'zod';
import { parseDuration } from './duration.js';
import { Secret } from './secret.js';

const duration = (fallback: string, description: string) =>
  z
    .string()
    .refine((text) => !Number.isNaN(parseDuration(text)), 'is no duration: write for example 30s, 5m, 1h or 7d')
    .transform(parseDuration)
    .prefault(fallback)
    .describe(description);

const secret = (description: string) =>
  z
    .string()
    .min(1)
    .transform((value) => new Secret(value))
    .describe(`${description} A secret: give it as \${VARIABLE}, or name a file in the key with \`_file\` at its end.`);

/** Patterns run in linear time (RE2 syntax), so that none can stall the stream. */
const pattern = (description: string) =>
  z
    .string()
    .refine((text) => {
      try {
        RE2JS.compile(text);
        return true;
      } catch {
        return false;
      }
    }, 'is no pattern of the RE2 syntax (no look-around, no back-references)')
    .describe(description);

const labels = z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'is no label name'), z.string());
const match = labels
  .prefault({})
  .describe('Labels that an entity must have, each value exact or, between slashes, a pattern. Empty matches all.');

const fields = z
  .strictObject({
    time: z.string().optional().describe('Path of the event time, for example `@timestamp` or `event.time`.'),
    level: z.string().optional().describe('Path of the level.'),
    message: z.string().optional().describe('Path of the message.'),
    value: z.string().optional().describe('Path of a latency in milliseconds.'),
    labels: labels.prefault({}).describe('Label name to path, for example `service: kubernetes.app`.'),
  })
  .prefault({})
  .describe('Where the fields of JSON records are; usual names are found without it.');

const format = z
  .enum(['auto', 'json', 'plain', 'metric'])
  .prefault('auto')
  .describe(
    '`json`: a JSON object a line. `plain`: a line that begins with a usual timestamp. `metric`: `timestamp,value[,series]` as CSV or JSON. `auto` tells json from plain by the first byte of a line.',
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
    'Rules in the manner of Prometheus, in order. `topic`, `file` and the JSON label fields are there to match.',
  );

const common = {
  format,
  fields,
  labels: labels.prefault({}).describe('Labels of every record of this source, for example `service: checkout`.'),
  year: z
    .int()
    .min(2000)
    .max(2100)
    .optional()
    .describe('Year of time stamps without one (syslog), where the data does not tell.'),
  relabel,
};

const source = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('file').describe('A file, plain or .gz, read once from start to end.'),
    path: z.string().describe('Path; `-` is standard input.'),
    ...common,
  }),
  z.strictObject({
    type: z.literal('kafka').describe('Topics of the cluster under `kafka`.'),
    topics: z.array(z.string()).min(1).describe('Names of the topics.'),
    start: z
      .union([z.enum(['earliest', 'latest']), z.iso.datetime({ offset: true })])
      .prefault('latest')
      .describe('Where to begin where there is no checkpoint: `earliest`, `latest`, or a time in ISO 8601.'),
    ...common,
  }),
]);

const webhook = {
  name: z.string().regex(/^[a-z0-9-]+$/, 'may have a to z, 0 to 9 and -'),
  url: z.url({ protocol: /^https?$/ }).describe('Where to POST.'),
  secret: secret('Key of the Standard Webhooks signature, `whsec_` and base64.').optional(),
  timeout: duration('10s', 'Limit of one try.'),
  expire: duration('1h', 'After this long without success it goes to the dead letters.'),
};

/** The whole configuration file. */
export const configSchema = z.strictObject({
  state: z
    .strictObject({
      backend: z.enum(['leveldb', 'memory']).prefault('leveldb').describe('`memory` forgets everything at exit.'),
      dir: z.string().prefault('.tocsin').describe('Folder of state, segment logs and models.'),
    })
    .prefault({})
    .describe('Where state is kept.'),
  kafka: z
    .strictObject({
      brokers: z.array(z.string()).min(1).describe('`host:port` of some brokers.'),
      client_id: z.string().prefault('tocsin'),
      group: z.string().prefault('tocsin').describe('Consumer group; its members share the partitions.'),
      tls: z.boolean().prefault(false),
      username: z.string().optional().describe('SASL/PLAIN user.'),
      password: secret('SASL/PLAIN password.').optional(),
    })
    .optional()
    .describe('The Kafka cluster, needed by kafka sources and channels.'),
  channels: z
    .strictObject({
      backend: z
        .enum(['segment-log', 'kafka'])
        .prefault('segment-log')
        .describe('What joins ingest, detect and respond: files on disk, or Kafka topics for a fleet.'),
      shards: z.int().min(1).max(1024).prefault(1).describe('Shards of `windows`. Fixed for life: part of the state.'),
      prefix: z.string().prefault('tocsin').describe('Topics are named `PREFIX.windows`, `PREFIX.alerts` and so on.'),
      replication: z.int().min(1).prefault(1).describe('Replicas of the topics that `tocsin topics --create` makes.'),
      retention: duration('35d', 'How long channels keep records; at least the training horizon.'),
    })
    .prefault({}),
  sources: z.array(source).min(1).describe('What is read.'),
  sessions: z
    .array(
      z.strictObject({
        class: z.string().describe('Name of the session class: its `service` label.'),
        pattern: pattern('Pattern of the key in the message, for example `blk_-?\\d+`.'),
        labels: labels.prefault({}),
      }),
    )
    .prefault([])
    .describe('Lines that share a key (a request, a job, a block) are watched as sessions.'),
  windows: z
    .strictObject({
      pane: duration('1m', 'Length of a pane, the grain of everything.'),
      length: duration('5m', 'Length of a window of a log service: a multiple of the pane.'),
      lateness: duration('10s', 'How far a record may be behind the latest one of its partition.'),
      future: duration('5m', 'How far an event time may be ahead of the broker time stamp.'),
      jump: duration('1h', 'In files: a jump ahead by more must be confirmed by further records.'),
      silent_for: duration('1d', 'A silent service has windows for this long, then it sleeps.'),
      idle_after: duration('30s', 'A partition at its end without records for this long is idle.'),
      max_hold: duration('10m', 'A source that holds the others back for longer is stalled.'),
    })
    .prefault({}),
  detection: z
    .strictObject({
      warmup: duration('7d', 'Event time before the first models are trained.'),
      budget: z.number().positive().prefault(1).describe('At most this many false alerts a week for each service.'),
      budgets: z
        .array(z.strictObject({ match, budget: z.number().positive() }))
        .prefault([])
        .describe('Other budgets for some entities: the first match counts.'),
      policy: z
        .enum(['mixture', 'thompson', 'default'])
        .prefault('mixture')
        .describe('`mixture`: gated mixture of arms. `thompson`: discounted Thompson sampling. `default`: the median.'),
      seed: z.int().min(0).prefault(1).describe('Seed of training and of the rare random audits.'),
    })
    .prefault({}),
  rules: z
    .array(
      z.strictObject({
        name: z.string(),
        action: z
          .enum(['page', 'ignore'])
          .describe('`page` always fires; `ignore` takes the template out of features.'),
        match,
        pattern: pattern('Pattern found anywhere in the template or its sample.'),
        at_least: z.int().min(1).prefault(1).describe('Lines in a window.'),
      }),
    )
    .prefault([])
    .describe('Plain rules beside the detectors.'),
  respond: z
    .strictObject({
      stdout: z.boolean().prefault(true).describe('Print alerts.'),
      alertmanager: z
        .array(
          z.strictObject({
            url: z.url({ protocol: /^https?$/ }).describe('Base address, for example http://alertmanager:9093.'),
            resend: duration('1m', 'Firing alerts are sent again this often.'),
            timeout: duration('10s', 'Limit of one try.'),
            watchdog: z
              .boolean()
              .prefault(true)
              .describe('Keep an always-firing alert, so that silence means trouble.'),
          }),
        )
        .prefault([]),
      webhooks: z
        .array(
          z.strictObject({
            ...webhook,
            match,
            body: z
              .enum(['standard', 'alertmanager'])
              .prefault('standard')
              .describe(
                '`standard`: Standard Webhooks, signed. `alertmanager`: the version 4 body of its webhook receiver.',
              ),
          }),
        )
        .prefault([]),
      healing: z
        .array(
          z.strictObject({
            ...webhook,
            match,
            severity: z.enum(['info', 'warning', 'critical']).prefault('critical').describe('At least this severe.'),
            for: duration('10m', 'Firing for at least this long.'),
            confidence: z.number().min(0).max(1).prefault(0.5).describe('At least this much evidence.'),
            cooldown: duration('1h', 'At most one call an entity in this time.'),
            dry_run: z.boolean().prefault(true).describe('Write down what would be called, and call nothing.'),
          }),
        )
        .prefault([])
        .describe('Calls to a remediation tool; each at most once an alert.'),
    })
    .prefault({}),
  http: z
    .strictObject({
      host: z.string().prefault('127.0.0.1'),
      port: z.int().min(0).max(65_535).prefault(9464).describe('0 takes a free one.'),
      token: secret('Bearer token for verdicts; without one they are taken from loopback only.').optional(),
    })
    .prefault({})
    .describe('/metrics, /healthz, /readyz, /api/verdicts.'),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).prefault('info'),
      format: z.enum(['auto', 'json', 'pretty']).prefault('auto').describe('`auto`: pretty on a terminal.'),
    })
    .prefault({}),
  shutdown: duration('20s', 'Limit for draining at SIGTERM.'),
});

export type Config = z.output<typeof configSchema>;
export type SourceConfig = Config['sources'][number];
export type WebhookConfig = Config['respond']['webhooks'][number];
export type HealingConfig = Config['respond']['healing'][number];
