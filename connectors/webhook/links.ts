/** Links out of an alert: runbook, dashboards and logs at its time, by templates from the configuration. */
import { escapes, withoutMarks } from './escape.js';
import { renderText, renderTree, type JsonValue, type TemplateView } from './template.js';

/**
 * @example
 * // Grafana Explore (version 10 and later) on Loki; the panes are one parameter with JSON in it.
 * {
 *   name: 'logs',
 *   url: 'https://grafana.example/explore',
 *   params: {
 *     schemaVersion: '1',
 *     panes: {
 *       a: {
 *         datasource: 'loki',
 *         queries: [{ refId: 'A', expr: '{service="{{labels.service}}"}' }],
 *         range: { from: '{{from_ms}}', to: '{{to_ms}}' },
 *       },
 *     },
 *   },
 * }
 */
export interface LinkTemplate {
  readonly name: string;
  /** Values in it are percent-encoded, so that none can change its host or path. */
  readonly url: string;
  /**
   * Query parameters. Values in them are escaped for a double-quoted string of PromQL, LogQL or KQL; a tree becomes
   * JSON; then all of it is percent-encoded.
   */
  readonly params?: Readonly<Record<string, JsonValue>>;
  /** Parameters as `name: text`, whose values are escaped for Kibana's RISON. */
  readonly rison?: Readonly<Record<string, string>>;
}

/** A link with its name. */
export interface Link {
  readonly name: string;
  readonly url: string;
}

/** The links of one alert. One that does not come out as an http(s) address is left out. */
export function linksOf(templates: readonly LinkTemplate[], view: TemplateView): Link[] {
  return templates.flatMap(({ name, url, params = {}, rison = {} }) => {
    const address = renderText(url, view, 'url');
    const pairs = [
      ...Object.entries(params).map(([key, value]) => [key, parameter(renderTree(value, view, { escape: 'query' }))]),
      ...Object.entries(rison).map(([key, value]) => [key, renderText(value, view, 'rison')]),
    ].map(([key, value]) => `${escapes.url(key!)}=${escapes.url(value!)}`);
    const joint = pairs.length === 0 ? '' : address.includes('?') ? '&' : '?';
    const full = withoutMarks(`${address}${joint}${pairs.join('&')}`);
    return isWeb(full) ? [{ name, url: full }] : [];
  });
}

const parameter = (value: JsonValue): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Whether it is an http(s) address. */
export function isWeb(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}
