/**
 * Transitions of alerts as log lines in Loki, by its push API:
 * <https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs>.
 *
 * Labels are few, since each combination of them is a stream of Loki; what tells alerts apart is structured metadata.
 */
import { alertDocument } from '../kafka/alert-document.js';
import { presentedLinks, type Presentation } from '../webhook/alert-view.js';
import { underBase } from '../webhook/address.js';
import { postJson, type PostOutcome } from '../webhook/post.js';
import { alertLabels, type Alert } from '../../records/alert.js';

/** Which Loki is written to. */
export interface LokiOptions {
  /** Base address, for example http://loki:3100. */
  readonly url: string;
  /** Tenant of a Loki that has several. */
  readonly tenant?: string;
  readonly token?: string;
  /** Labels of every line, beside `job` and `severity`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly presentation: Presentation;
}

/** Loki refuses longer ones by default, bytes. */
const longestLine = 200_000;

/** The body of a push: times are texts of nanoseconds, values of structured metadata are texts. */
export function pushOf(alert: Alert, { labels, presentation }: Pick<LokiOptions, 'labels' | 'presentation'>): object {
  const { fingerprint, severity, status, at, entity, key, u, threshold, annotations, explanation } = {
    ...alert,
    threshold: alert.context.threshold,
  };
  const { service } = alertLabels(alert);
  const links = Object.fromEntries(presentedLinks(alert, presentation).map(({ name, url }) => [name, url]));
  const document = JSON.stringify(alertDocument(alert, links));
  const line =
    Buffer.byteLength(document) <= longestLine
      ? document
      : JSON.stringify({ fingerprint, status, severity, entity, summary: explanation.summary.slice(0, 10_000) });
  const metadata: Record<string, string> = {
    fingerprint,
    status,
    entity,
    ...(service ? { service } : {}),
    ...(key === '' ? {} : { session: key }),
    ...(annotations.incident ? { incident: annotations.incident } : {}),
    return_level: String(u),
    threshold: String(threshold),
  };
  return {
    streams: [
      { stream: { ...labels, job: 'tocsin', severity }, values: [[`${BigInt(at) * 1_000_000n}`, line, metadata]] },
    ],
  };
}

/** Writes one transition. A repeat is the same line at the same time, which Loki keeps once. */
export function pushToLoki(alert: Alert, options: LokiOptions, signal?: AbortSignal): Promise<PostOutcome> {
  const { url, tenant, token, timeoutMs } = options;
  return postJson(underBase(url, '/loki/api/v1/push'), JSON.stringify(pushOf(alert, options)), {
    timeoutMs,
    ...(signal ? { signal } : {}),
    headers: {
      ...(tenant === undefined ? {} : { 'x-scope-orgid': tenant }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
  });
}
