/** Outputs under `respond`: who is told of alerts, and how patiently. */
import { z } from 'zod';
import { duration, match, secret } from '../values.js';

export const outputName = z.string().regex(/^[a-z0-9-]+$/, 'may have a to z, 0 to 9 and -');

/** Any JSON; its texts are templates. */
const tree = z.json();

const delivery = {
  name: outputName.describe('Routes, metrics and dead letters call it so.'),
  match,
  timeout: duration('10s', 'Limit of one try.'),
  expire: duration('1h', 'After this long without success it goes to the dead letters.'),
  retry: z
    .strictObject({
      first: duration('500ms', 'Upper end of the first delay; each further one is twice as long, with full jitter.'),
      most: duration('1m', 'Upper end of any delay.'),
    })
    .prefault({}),
  rate: z
    .strictObject({
      messages: z.int().min(1).prefault(30).describe('At most so many messages …'),
      per: duration('1m', '… in this time. What is more waits, and goes as one summary.'),
    })
    .prefault({}),
};

export const webhookOutput = z.strictObject({
  ...delivery,
  url: z.url({ protocol: /^https?$/ }).describe('Where to POST; no part of it is a template.'),
  body: z
    .enum(['standard', 'alertmanager', 'pagerduty', 'slack', 'teams', 'template'])
    .prefault('standard')
    .describe(
      '`standard`: Standard Webhooks, signed. `alertmanager`: the version 4 body of its webhook receiver. `pagerduty`: Events v2, with `secrets.routing_key`. `slack`: an incoming webhook. `teams`: the webhook of a workflow. `template`: your own.',
    ),
  template: tree.optional().describe('For body `template`: JSON whose texts are Mustache templates.'),
  summary: tree.optional().describe('For body `template`: as `template`, for alerts that waited together.'),
  escape: z
    .enum(['none', 'slack', 'markdown', 'html'])
    .prefault('none')
    .describe('How values in your own template are made harmless for where they are shown.'),
  secret: secret('Key of the Standard Webhooks signature, `whsec_` and base64.').optional(),
  headers: z
    .record(z.string().regex(/^[A-Za-z0-9-]+$/, 'is no header name'), z.string())
    .prefault({})
    .describe('Further headers; values are templates.'),
  secrets: z
    .record(z.string(), secret('What templates show as `{{secrets.NAME}}`.'))
    .prefault({})
    .describe('Keys that the body or the headers carry.'),
});

export const kafkaOutput = z.strictObject({
  ...delivery,
  rate: z
    .strictObject({ messages: z.int().min(1).prefault(10_000), per: duration('1m', 'As for webhooks.') })
    .prefault({}),
  topic: z.string().describe('Topic of the cluster under `kafka`; JSON by docs/schemas/alert.json, key the entity.'),
});

export const grafanaOutput = z.strictObject({
  ...delivery,
  rate: z
    .strictObject({ messages: z.int().min(1).prefault(300), per: duration('1m', 'As for webhooks.') })
    .prefault({}),
  url: z.url({ protocol: /^https?$/ }).describe('Base address, for example http://grafana:3000.'),
  token: secret('Token of a service account that may write annotations.').optional(),
  dashboard: z.string().optional().describe('UID of the dashboard that they are bound to.'),
  panel: z.int().optional().describe('Panel of that dashboard.'),
  keep: duration('90d', 'Annotations that began longer ago are deleted.'),
  most: z
    .int()
    .min(10)
    .max(10_000)
    .prefault(2000)
    .describe('Annotations that there are at most: the oldest are deleted. One alert is one.'),
});

export const lokiOutput = z.strictObject({
  ...delivery,
  rate: z
    .strictObject({ messages: z.int().min(1).prefault(600), per: duration('1m', 'As for webhooks.') })
    .prefault({}),
  url: z.url({ protocol: /^https?$/ }).describe('Base address, for example http://loki:3100.'),
  tenant: z.string().min(1).optional().describe('`X-Scope-OrgID`, where Loki has several tenants.'),
  token: secret('Bearer token, where a gateway asks for one.').optional(),
  labels: z
    .record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'is no label name'), z.string().min(1))
    .prefault({})
    .describe('Labels of every line, beside `job` and `severity`: few, since each combination is a stream of Loki.'),
});

export const link = z.strictObject({
  name: z
    .string()
    .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'is no annotation name')
    .describe('Its name in annotations and messages, for example `runbook`.'),
  url: z.string().describe('Address; a template whose values are percent-encoded.'),
  params: z
    .record(z.string(), tree)
    .prefault({})
    .describe('Query parameters: templates or trees of them, with values escaped for PromQL, LogQL and KQL.'),
  rison: z.record(z.string(), z.string()).prefault({}).describe('Parameters in RISON, for Kibana.'),
});

export const route = z.strictObject({
  match,
  severity: z
    .enum(['info', 'warning', 'critical'])
    .prefault('warning')
    .describe('At least this severe. `info` is what only differs, and pages nobody unless a route asks for it.'),
  to: z.array(outputName).describe('Names of outputs; an empty list tells nobody.'),
  continue: z.boolean().prefault(false).describe('Look at the routes behind it, too.'),
});
