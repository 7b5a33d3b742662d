/** Routes outside of `/api/v1`, for the OpenAPI document: doors of other programs, links of messages, health and inference. */
import type { Scope } from '../../connectors/http/tokens.js';
import type { JsonSchema } from './route.js';

export interface OtherRoute {
  readonly method: 'get' | 'post' | 'delete';
  /** Parameters as `{id}`. */
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly tag: string;
  readonly scope?: Scope;
  /** What is sent. */
  readonly body?: JsonSchema;
  readonly takes?: string;
  /** What a good answer is. */
  readonly gives?: string;
  /** A refusal is no problem document there: another protocol says what it is. */
  readonly isForeign?: true;
}

const object = { type: 'object' };
const json = 'application/json';
const text = { type: 'string' };
const said = (properties: Readonly<Record<string, JsonSchema>>, required: readonly string[]): JsonSchema => ({
  type: 'object',
  required,
  properties,
});

const inference = (
  method: 'get' | 'post',
  path: string,
  id: string,
  summary: string,
  body?: JsonSchema,
): OtherRoute => ({
  ...{ method, path: `/v2${path}`, id, summary, tag: 'inference', scope: 'read', isForeign: true },
  ...(body ? { body } : {}),
});

const infer = said({ id: text, inputs: { type: 'array', items: object }, outputs: { type: 'array', items: object } }, [
  'inputs',
]);
const model = '/models/{model}';
const version = `${model}/versions/{version}`;

export const others: readonly OtherRoute[] = [
  {
    method: 'get',
    path: '/metrics',
    id: 'getMetrics',
    tag: 'health',
    summary: 'Metrics for Prometheus.',
    gives: 'text/plain',
    isForeign: true,
  },
  {
    method: 'get',
    path: '/healthz',
    id: 'getHealthz',
    tag: 'health',
    summary: 'Whether the process makes progress.',
    isForeign: true,
  },
  {
    method: 'get',
    path: '/readyz',
    id: 'getReadyz',
    tag: 'health',
    summary: 'Whether it has what it needs.',
    isForeign: true,
  },
  {
    method: 'get',
    path: '/api/status',
    id: 'getStatus',
    tag: 'health',
    scope: 'read',
    summary: 'What the process is doing.',
  },
  {
    method: 'get',
    path: '/api/alerts',
    id: 'getKnownAlerts',
    tag: 'alerts',
    scope: 'read',
    summary: 'Alerts as the task of alerts has them; prefer /api/v1/alerts.',
  },
  {
    method: 'post',
    path: '/api/alertmanager',
    id: 'postAlertmanager',
    tag: 'people',
    scope: 'verdict',
    summary: 'Webhook of an Alertmanager: its silences become verdicts.',
    body: object,
  },
  {
    method: 'post',
    path: '/api/slack',
    id: 'postSlack',
    tag: 'people',
    summary: "Buttons of a Slack app, with Slack's signature.",
    body: object,
    takes: 'application/x-www-form-urlencoded',
  },
  {
    method: 'get',
    path: '/api/verdicts',
    id: 'getSaidVerdicts',
    tag: 'people',
    scope: 'read',
    summary: 'Verdicts that were given.',
  },
  {
    method: 'post',
    path: '/api/verdicts',
    id: 'postVerdict',
    tag: 'people',
    scope: 'verdict',
    summary: 'A verdict on an alert, an incident, or an entity in a time range.',
    body: said({ alert: text, incident: text, entity: text, value: text, by: text }, ['value', 'by']),
  },
  {
    method: 'delete',
    path: '/api/verdicts/{id}',
    id: 'deleteVerdict',
    tag: 'people',
    scope: 'verdict',
    summary: 'Takes a verdict back.',
  },
  {
    method: 'get',
    path: '/api/calendar',
    id: 'getCalendar',
    tag: 'people',
    scope: 'read',
    summary: 'Mutes, freezes and expected changes.',
  },
  {
    method: 'post',
    path: '/api/calendar',
    id: 'postCalendar',
    tag: 'people',
    scope: 'verdict',
    summary: 'Adds a mute, a freeze or an expected change.',
    body: object,
  },
  {
    method: 'delete',
    path: '/api/calendar/{id}',
    id: 'deleteCalendar',
    tag: 'people',
    scope: 'verdict',
    summary: 'Ends an entry.',
  },
  {
    method: 'post',
    path: '/api/deploys',
    id: 'postDeploy',
    tag: 'people',
    scope: 'verdict',
    summary: 'Marks a deploy.',
    body: object,
  },
  {
    method: 'get',
    path: '/api/heal',
    id: 'getHeal',
    tag: 'healing',
    scope: 'read',
    summary: 'What healing does and asks.',
  },
  {
    method: 'post',
    path: '/api/heal',
    id: 'postHeal',
    tag: 'healing',
    scope: 'heal',
    summary: 'Approve, deny, stop, resume.',
    body: object,
  },
  {
    method: 'get',
    path: '/api/heal/audit',
    id: 'getHealAudit',
    tag: 'healing',
    scope: 'read',
    summary: 'The ledger of healing.',
  },
  {
    method: 'post',
    path: '/api/watermark',
    id: 'postWatermark',
    tag: 'pipeline',
    scope: 'admin',
    summary: 'Sets event time of a source back after a record with a wrong time.',
    body: object,
  },
  {
    method: 'get',
    path: '/api/models/aliases',
    id: 'getAliases',
    tag: 'models',
    scope: 'read',
    summary: 'Names of sets of models.',
  },
  {
    method: 'post',
    path: '/api/models/aliases',
    id: 'postAlias',
    tag: 'models',
    scope: 'admin',
    summary: 'Moves the name of a set.',
    body: said({ alias: text, artefact: text, expected: text }, ['alias', 'artefact']),
  },
  {
    method: 'get',
    path: '/api/models/canary',
    id: 'getCanary',
    tag: 'models',
    scope: 'read',
    summary: 'The set that scores a share of the entities, and how it does beside the rest.',
  },
  {
    method: 'post',
    path: '/api/models/canary',
    id: 'postCanary',
    tag: 'models',
    scope: 'admin',
    summary: 'Lets a set score so many of 1000 entities; 0 ends it.',
    body: said({ artefact: text, share: { type: 'integer', minimum: 0, maximum: 1000 } }, ['share']),
  },
  {
    method: 'get',
    path: '/api/models/shadows',
    id: 'getShadows',
    tag: 'models',
    scope: 'read',
    summary: 'What sets beside the champion would have decided otherwise.',
  },
  {
    method: 'get',
    path: '/api/snapshots',
    id: 'getSnapshots',
    tag: 'models',
    scope: 'read',
    summary: 'Snapshots of what was learnt.',
  },
  {
    method: 'post',
    path: '/api/snapshots',
    id: 'postSnapshot',
    tag: 'models',
    scope: 'admin',
    summary: 'Keeps what was learnt.',
    body: said({ id: text }, []),
  },
  {
    method: 'post',
    path: '/api/snapshots/revert',
    id: 'postRevert',
    tag: 'models',
    scope: 'admin',
    summary: 'Goes back to a snapshot, without ranges of event time.',
    body: said({ snapshot: text, without: { type: 'array', items: object } }, ['snapshot']),
  },
  {
    method: 'get',
    path: '/alert/{fingerprint}',
    id: 'getAlertPage',
    tag: 'alerts',
    scope: 'read',
    summary: 'An alert as a page, for links in messages.',
    gives: 'text/html',
    isForeign: true,
  },
  {
    method: 'get',
    path: '/l/{token}',
    id: 'getLink',
    tag: 'people',
    summary: 'The page of a signed link in a message.',
    gives: 'text/html',
    isForeign: true,
  },
  {
    method: 'post',
    path: '/l/{token}',
    id: 'postLink',
    tag: 'people',
    summary: 'Does what a signed link asks.',
    body: object,
    takes: 'application/x-www-form-urlencoded',
    gives: 'text/html',
    isForeign: true,
  },
  inference('get', '', 'getInferenceServer', 'Name, version and extensions of the server.'),
  inference('get', '/health/live', 'getInferenceLive', 'Whether it runs.'),
  inference('get', '/health/ready', 'getInferenceReady', 'Whether it can answer.'),
  inference('post', '/repository/index', 'postRepositoryIndex', 'Models that can be asked.', object),
  inference('get', model, 'getModel', 'Inputs, outputs and versions of a model.'),
  inference('get', `${model}/ready`, 'getModelReady', 'Whether a model can answer.'),
  inference('post', `${model}/infer`, 'postInfer', 'Scores rows, or decides windows.', infer),
  inference('get', version, 'getModelVersion', 'Inputs and outputs of a version.'),
  inference('get', `${version}/ready`, 'getModelVersionReady', 'Whether a version can answer.'),
  inference('post', `${version}/infer`, 'postInferVersion', 'The same by a set of models or an alias.', infer),
];

/** Their part of `paths`. @param problem what a refusal is */
export function otherPaths(problem: JsonSchema): Record<string, Record<string, JsonSchema>> {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const { method, path, id, summary, tag, scope, body, takes = json, gives = json, isForeign } of others)
    (paths[path] ??= {})[method] = {
      operationId: id,
      summary,
      tags: [tag],
      ...(scope ? { security: [{ bearer: [] }, { session: [] }], 'x-scope': scope } : {}),
      parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
        ...{ name, in: 'path', required: true, schema: text },
      })),
      ...(body ? { requestBody: { required: true, content: { [takes]: { schema: body } } } } : {}),
      responses: {
        '2XX': { description: 'As asked.', content: { [gives]: { schema: {} } } },
        '4XX': isForeign ? { description: 'Refused, with the reason.' } : problem,
        '5XX': isForeign ? { description: 'It cannot be answered now.' } : problem,
      },
    };
  return paths;
}
