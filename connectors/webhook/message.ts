/** The message of a webhook route: its body and headers, for one alert or for several that waited together. */
import { alertLabels, type Alert } from '../../records/alert.js';
import { annotationsOf, presented, summaryViewOf, viewOf, type Presentation } from './alert-view.js';
import { alertmanagerBody, signedMessage, standardMessage } from './body.js';
import { recipes, type Recipe, type RecipeName } from './recipes.js';
import { renderText, renderTree, type TemplateView } from './template.js';

/** How the messages of a route look. */
export interface WebhookStyle {
  /** Name of the route. */
  readonly name: string;
  readonly body: 'standard' | 'alertmanager' | RecipeName | Recipe;
  /** Key of the Standard Webhooks signature; any body may be signed. */
  readonly secret?: string;
  /** Templates by header name; values are made one line of ASCII. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What only templates of this route may show, as `secrets.NAME`. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** What is posted. */
export interface WebhookMessage {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const recipeOf = ({ body }: WebhookStyle): Recipe | undefined =>
  typeof body === 'object' ? body : body === 'standard' || body === 'alertmanager' ? undefined : recipes[body];

/** The message for one transition. @param id the idempotency key, the same in every try */
export function messageOf(
  style: WebhookStyle,
  id: string,
  alert: Alert,
  presentation: Presentation,
  now: Date,
): WebhookMessage {
  const view = { ...viewOf(alert, presentation), id, secrets: { ...style.secrets } };
  const recipe = recipeOf(style);
  const annotations = presented(alert, presentation);
  const body = recipe
    ? JSON.stringify(renderTree(recipe.body, view, recipe.style))
    : style.body === 'alertmanager'
      ? alertmanagerBody(alert, style.name, presentation.url, () => annotations)
      : standardMessage(id, `alert.${alert.status}`, alert, undefined, now, annotations).body;
  return signed(style, id, body, view, now);
}

/** Whether an alert may go into a summary of this route. */
export const isSummed = (style: WebhookStyle, { status }: Alert): boolean =>
  status === 'firing' || recipeOf(style)?.endsAlone !== true;

/** One message for all of them. */
export function summaryOf(
  style: WebhookStyle,
  id: string,
  alerts: readonly [Alert, ...(readonly Alert[])],
  presentation: Presentation,
  now: Date,
): WebhookMessage {
  const view: TemplateView = { ...summaryViewOf(alerts, style.name, presentation), id, secrets: { ...style.secrets } };
  const recipe = recipeOf(style);
  const body = recipe
    ? JSON.stringify(renderTree(recipe.summary, view, recipe.style))
    : style.body === 'alertmanager'
      ? alertmanagerBody(alerts, style.name, presentation.url, (alert) => annotationsOf(alert, []))
      : JSON.stringify({
          type: 'alerts.summary',
          timestamp: now.toISOString(),
          data: {
            count: alerts.length,
            firing: view.firing,
            resolved: view.resolved,
            alerts: alerts.map(({ fingerprint, status, severity, entity, ...alert }) => ({
              fingerprint,
              status,
              severity,
              entity,
              labels: alertLabels({ entity }),
              summary: alert.explanation.summary,
              startsAt: new Date(alert.startsAt).toISOString(),
              at: new Date(alert.at).toISOString(),
            })),
          },
        });
  return signed(style, id, body, view, now);
}

function signed(
  { secret, headers = {} }: WebhookStyle,
  id: string,
  body: string,
  view: TemplateView,
  now: Date,
): WebhookMessage {
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), renderText(value, view, 'header')]);
  return {
    body,
    headers: { ...(Object.fromEntries(own) as Record<string, string>), ...signedMessage(id, body, secret, now) },
  };
}
