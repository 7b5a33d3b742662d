/** `healing`: what may be called to mend a service, and everything that holds it back. */
import { z } from 'zod';
import { addressRanges, duration, match, secret } from '../values.js';

const name = z.string().regex(/^[a-z0-9-]+$/, 'may have a to z, 0 to 9 and -');

/** Any JSON; its texts are templates. */
const tree: z.ZodType = z.json();

const target = z.strictObject({
  name,
  url: z
    .url({ protocol: /^https?$/ })
    .describe('Where to POST; no part of it is a template, so that no log line can choose where it goes.'),
  recipe: z
    .enum(['standard', 'stackstorm', 'rundeck', 'awx', 'eda', 'argo-events', 'github', 'alertmanager'])
    .prefault('standard')
    .describe(
      'Body and headers. `standard`: Standard Webhooks, signed. `stackstorm`: an execution. `rundeck`: run a job. `awx`: launch a job template (Ansible Automation Platform too). `eda`: an event for Event-Driven Ansible. `argo-events`: a webhook event source. `github`: repository_dispatch. `alertmanager`: what Alertmanager sends to a webhook receiver, version 4.',
    ),
  action: z.string().optional().describe('`stackstorm`: `pack.action`. `github`: the event type.'),
  body: tree.optional().describe('A body of your own: JSON whose texts are Mustache templates.'),
  headers: z.record(z.string(), z.string()).prefault({}).describe('More headers; not templates.'),
  token: secret('Sent as the tool expects it: API key, job token or bearer token.').optional(),
  secret: secret('Key of the Standard Webhooks signature, `whsec_` and base64.').optional(),
  timeout: duration('10s', 'Limit of the call; at most 30s.'),
  honours_key: z
    .boolean()
    .prefault(false)
    .describe(
      'The receiver carries out a `webhook-id` once, however often it comes: a call without an outcome is then repeated, up to three times.',
    ),
});

const rule = z.strictObject({
  name,
  match,
  target: z.string().describe('Name of a target.'),
  parameters: z
    .record(z.string(), z.string())
    .prefault({})
    .describe('What the tool is told, name to Mustache template, for example `service: "{{labels.service}}"`.'),
  severity: z.enum(['info', 'warning', 'critical']).prefault('critical').describe('At least this severe.'),
  for: duration('10m', 'Firing for at least this long, by event time.'),
  confidence: z.number().min(0).max(1).prefault(0.5).describe('At least this much evidence.'),
  dry_run: z.boolean().prefault(true).describe('Write down what would be sent, and send nothing.'),
  approval: z.boolean().prefault(true).describe('A person has to agree before each action.'),
  approval_expiry: duration('30m', 'Nobody answered for so long: the action is not taken.'),
  cooldown: duration('1h', 'The target is called at most once for an entity in this time, whatever the rule or alert.'),
  max_in_flight: z.int().min(1).prefault(1).describe('Actions of this rule under way, verification included.'),
  max_per_hour: z.int().min(1).prefault(3).describe('Actions of this rule an hour.'),
  stabilise: duration('15m', 'How long the score of the entity is watched after an action, by event time.'),
});

const notice = z.strictObject({
  name,
  url: z.url({ protocol: /^https?$/ }).describe('Where to POST.'),
  recipe: z.enum(['standard', 'slack']).prefault('standard').describe('`slack`: a message with links to answer.'),
  secret: secret('Key of the Standard Webhooks signature, `whsec_` and base64.').optional(),
  timeout: duration('10s', 'Limit of one try.'),
});

/** The whole section. */
export const healing = z
  .strictObject({
    targets: z.array(target).prefault([]).describe('Remediation tools. Nothing else is ever called.'),
    rules: z.array(rule).prefault([]).describe('Which alert calls which target; each at most once an alert.'),
    notify: z
      .array(notice)
      .prefault([])
      .describe('Who is asked for approval, and told of actions, their effect and everything that needs a person.'),
    max_in_flight: z.int().min(1).prefault(2).describe('Actions under way over all rules.'),
    max_per_hour: z.int().min(1).prefault(6).describe('Actions an hour over all rules.'),
    expiry: duration('15m', 'An alert whose newest evidence is older is not acted upon.'),
    blast_radius: z
      .array(
        z.strictObject({
          label: z.string().describe('For example `cluster`.'),
          share: z
            .number()
            .min(0)
            .max(1)
            .describe('At most this share of the entities with one value that are known for a day, but always one.'),
          cap: z.int().min(1).prefault(3).describe('And at most so many, however many entities have the value.'),
          from_logs: z
            .boolean()
            .prefault(false)
            .describe('The label may come from a field of the records: whoever writes them can invent values.'),
          window: duration('1h', 'Counted over this long.'),
        }),
      )
      .prefault([{ label: 'environment', share: 0.2 }])
      .describe('Beyond it the breaker of that label value opens, and only a person closes it.'),
    ineffective: z
      .strictObject({
        times: z.int().min(1).prefault(3).describe('So many actions that did not help …'),
        window: duration('24h', '… within this time stop their rule until a person resumes it.'),
      })
      .prefault({}),
    least_detectors: z.int().min(0).prefault(3).describe('Fewer detectors than this are a degraded ensemble.'),
    drift_share: z
      .number()
      .min(0)
      .max(1)
      .prefault(0.3)
      .describe("Where more than this share of the fleet's windows of an hour fire, nothing is acted upon."),
    head_file: z
      .string()
      .optional()
      .describe(
        'Each head of the ledger is appended to this file, on another disk: `tocsin heal audit --verify` then shows by itself when the end of the ledger was cut off.',
      ),
    stop_file: z
      .string()
      .optional()
      .describe('While this file exists, nothing is called. `heal.stop` in the state folder always counts.'),
    private: addressRanges('targets'),
  })
  .prefault({})
  .describe('Calls to remediation tools: dry run first, approval by default, and many guards.');
