/** What remediation tools are sent: a recipe for each, over plain data. Values never choose structure, address or header. */
import { alertLabels, type Alert } from '../../records/alert.js';
import { alertAnnotations, alertmanagerBody, signedMessage } from './body.js';
import { renderText, renderTree, type JsonValue, type TemplateView } from './template.js';

/** A remediation tool whose request is known. */
export type RemedyRecipe =
  'standard' | 'stackstorm' | 'rundeck' | 'awx' | 'eda' | 'argo-events' | 'github' | 'alertmanager';

/** A remediation tool of the configuration. */
export interface RemedyTarget {
  readonly name: string;
  readonly url: string;
  readonly recipe: RemedyRecipe;
  readonly action?: string;
  /** A body instead of the recipe's; its texts are templates. */
  readonly body?: JsonValue;
  readonly headers: Readonly<Record<string, string>>;
  readonly token?: string;
  readonly secret?: string;
}

/** One action on one alert. */
export interface RemedyCall {
  /** Idempotency key: the same in every try, and in every process. */
  readonly id: string;
  readonly rule: string;
  readonly alert: Alert;
  /** Name to template. */
  readonly parameters: Readonly<Record<string, string>>;
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** What templates see of an action. */
export function remedyView({ id, rule, alert, parameters }: RemedyCall): TemplateView {
  const labels = alertLabels(alert);
  const view: TemplateView = {
    id,
    rule,
    fingerprint: alert.fingerprint,
    entity: alert.entity,
    session: alert.key,
    status: alert.status,
    severity: alert.severity,
    summary: alert.explanation.summary,
    rarity: alert.explanation.rarity,
    starts_at: iso(alert.startsAt),
    last_at: iso(alert.lastAt),
    return_level: alert.u,
    confidence: alert.confidence,
    labels,
    annotations: alertAnnotations(alert),
    parameters: {},
  };
  const rendered = Object.entries(parameters).map(([name, text]) => [name, renderText(text, view)] as const);
  return { ...view, parameters: Object.fromEntries(rendered) };
}

/** The event that tools with free bodies get. */
const event: JsonValue = {
  id: '{{id}}',
  rule: '{{rule}}',
  fingerprint: '{{fingerprint}}',
  entity: '{{entity}}',
  status: '{{status}}',
  severity: '{{severity}}',
  summary: '{{summary}}',
  starts_at: '{{starts_at}}',
  last_at: '{{last_at}}',
  labels: '{{{labels}}}',
  parameters: '{{{parameters}}}',
};

/** Sources: the tools' API documentation, named in docs/healing.md. */
const bodies: Readonly<Record<Exclude<RemedyRecipe, 'alertmanager' | 'standard'>, (action: string) => JsonValue>> = {
  // POST /api/v1/executions
  stackstorm: (action) => ({ action, parameters: '{{{parameters}}}' }),
  // POST /api/VERSION/job/ID/run
  rundeck: () => ({ options: '{{{parameters}}}' }),
  // POST /api/v2/job_templates/ID/launch/
  awx: () => ({ extra_vars: '{{{parameters}}}' }),
  // ansible.eda.webhook, or an event stream
  eda: () => ({ tocsin: event }),
  'argo-events': () => event,
  // POST /repos/OWNER/REPO/dispatches: at most 10 top-level properties, so the event is one of them
  github: (action) => ({ event_type: action, client_payload: { tocsin: event } }),
};

function authorisation(recipe: RemedyRecipe, token: string | undefined): Record<string, string> {
  if (!token) return {};
  if (recipe === 'stackstorm') return { 'st2-api-key': token };
  if (recipe === 'rundeck') return { 'x-rundeck-auth-token': token };
  return { authorization: `Bearer ${token}` };
}

const accepted: Partial<Record<RemedyRecipe, Record<string, string>>> = {
  rundeck: { accept: 'application/json' },
  github: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
};

/**
 * Body and headers of one call. The id is always in `webhook-id`, so that any receiver can tell a repeat.
 *
 * @param now of the signature
 */
export function remedyRequest(
  target: RemedyTarget,
  call: RemedyCall,
  now: Date,
): { readonly body: string; readonly headers: Readonly<Record<string, string>> } {
  const { recipe, action = '', body: own, token, secret } = target;
  const view = remedyView(call);
  const body =
    own !== undefined
      ? JSON.stringify(renderTree(own, view))
      : recipe === 'alertmanager'
        ? alertmanagerBody(call.alert, target.name, '')
        : recipe === 'standard'
          ? JSON.stringify(renderTree({ type: `heal.${call.rule}`, timestamp: '{{last_at}}', data: event }, view))
          : JSON.stringify(renderTree(bodies[recipe](action), view));
  const headers: Record<string, string> = {
    ...accepted[recipe],
    ...authorisation(recipe, token),
    ...target.headers,
    ...signedMessage(call.id, body, secret, now),
  };
  return { body, headers };
}

/** Headers whose values tocsin chooses itself. */
const harmless: ReadonlySet<string> = new Set([
  'content-type',
  'accept',
  'user-agent',
  'webhook-id',
  'webhook-timestamp',
]);

/** Headers as people may see them: values that a configuration gives, or that authorise, are hidden. */
export const shownHeaders = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, harmless.has(name.toLowerCase()) ? value : '***']),
  );
