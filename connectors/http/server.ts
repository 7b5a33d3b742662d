/** The process's own HTTP: metrics, health, alerts and verdicts. */
import fastify, { type FastifyInstance } from 'fastify';
import type { Alert } from '../../records/alert.js';
import { calendarRoutes, deployRoutes, type CalendarApi } from './calendar-routes.js';
import { alertPage } from './alert-page.js';
import { alertmanagerRoutes } from './alertmanager-routes.js';
import { acceptForms } from './form.js';
import { healingRoutes, type HealingApi } from './healing-routes.js';
import { modelRoutes, type CanaryApi, type ModelNamesApi, type ShadowsApi } from './model-routes.js';
import { linkRoutes, type LinkApi } from './link-routes.js';
import { intakeRoutes, type PushedIntake, type IntakeSignal } from './intake-routes.js';
import type { Metrics } from './metrics.js';
import { openMetricsOf, openMetricsType } from './open-metrics.js';
import { auditRequests, type AuditedRequest } from './request-audit.js';
import { refusalsAreProblems } from './problem.js';
import { limitRate } from './rate-limit.js';
import { snapshotRoutes, type SnapshotApi } from './snapshot-routes.js';
import { slackRoutes } from './slack-routes.js';
import { allowed, tokenHash, type ApiToken } from './tokens.js';
import type { VerdictRequest } from './verdict-request.js';
import { watermarkRoutes, type WatermarkApi } from './watermark-routes.js';
import { verdictRoutes, type VerdictDoors } from './verdict-routes.js';

export type { VerdictRequest };

/** Health as a list of what is wrong: empty means well. */
export interface HealthReport {
  /** What makes no progress, and since when. */
  readonly live: readonly string[];
  /** What is not there yet: state, models. */
  readonly ready: readonly string[];
  /** Tasks that wait for something outside, which a restart would not bring: reported, and no reason for a restart. */
  readonly waiting?: readonly string[];
}

/** What the server needs of the run. */
export interface ServerParts extends VerdictDoors {
  readonly metrics: Metrics;
  readonly health: () => HealthReport;
  readonly alerts: () => Iterable<Alert>;
  /** A bearer token that may do all. */
  readonly token?: string;
  /** More tokens. Without any, the API is open to this machine only. */
  readonly tokens?: readonly ApiToken[];
  readonly calendar?: () => CalendarApi | undefined;
  /** Why a matcher of an entry cannot be used; undefined where it can. */
  readonly usableMatch?: (match: Readonly<Record<string, string>>) => string | undefined;
  /** Key of the signatures on GitHub's webhooks. */
  readonly githubSecret?: string;
  readonly healing?: () => HealingApi | undefined;
  readonly watermarks?: () => WatermarkApi | undefined;
  readonly models?: () => (ModelNamesApi & CanaryApi & ShadowsApi) | undefined;
  readonly snapshots?: () => SnapshotApi | undefined;
  readonly links?: () => LinkApi | undefined;
  /** Signing secret of the Slack app whose buttons answer. */
  readonly slackSecret?: string;
  /** PEM of certificate chain and key: HTTPS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** How long a request may take to come, ms: headers and body. Default 10 s. */
  readonly requestLimitMs?: number;
  /** Ranges of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies?: readonly string[];
  /** Writes down who changed something, and who was refused. */
  readonly audited?: (request: AuditedRequest) => void;
  /** Requests a minute from one address. */
  readonly rateLimit?: number;
  /** /metrics needs a token with the scope `read`. */
  readonly protectMetrics?: boolean;
  /** Whether a console is served, which shows alerts. */
  readonly hasConsole?: boolean;
  /** What the process is doing, as JSON. */
  readonly status?: () => Promise<object>;
  /** Signals that are posted to this process, each with its largest body, bytes. */
  readonly pushed?: ReadonlyMap<IntakeSignal, number>;
  readonly intake?: (signal: IntakeSignal) => PushedIntake | undefined;
  /** Adds routes of other rooms. */
  readonly extend?: (server: FastifyInstance, tokens: readonly ApiToken[]) => void;
}

/** Builds the server; the caller listens and closes. Bodies are limited to 64 KiB. */
export function createServer(parts: ServerParts): FastifyInstance {
  const { metrics, health, alerts, giveVerdict, healing, links, tls, rateLimit = 300, requestLimitMs = 10_000 } = parts;
  const tokens: ApiToken[] = [...(parts.tokens ?? [])];
  if (parts.token !== undefined) tokens.push({ name: 'token', sha256: tokenHash(parts.token), scopes: ['admin'] });
  const options = {
    bodyLimit: 64 * 1024,
    requestTimeout: requestLimitMs,
    // How often the limit is looked at; by default only each half minute.
    http: { connectionsCheckingInterval: Math.min(1000, requestLimitMs), headersTimeout: requestLimitMs },
    forceCloseConnections: true,
    trustProxy: parts.trustedProxies && parts.trustedProxies.length > 0 ? [...parts.trustedProxies] : false,
    routerOptions: { maxParamLength: 2100 },
    // What is not known is refused, not dropped in silence.
    ajv: { customOptions: { removeAdditional: false as const } },
  };
  const server = (
    tls ? fastify({ ...options, https: { ...options.http, ...tls } }) : fastify(options)
  ) as FastifyInstance;
  server.addHook('onRequest', async (request, reply) => {
    // Which of two a proxy means and which is checked here may differ.
    const hosts = request.raw.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
    if (hosts.length > 1) await reply.code(400).send({ error: 'more than one Host header' });
    // A whole address is for a proxy, and names a host of its own beside the one that is checked.
    else if (request.raw.url?.startsWith('/') === false)
      await reply.code(400).send({ error: 'the target of a request is a path: this is no proxy' });
  });
  refusalsAreProblems(server);
  if (parts.audited) auditRequests(server, parts.audited);
  limitRate(server, rateLimit);
  acceptForms(server);

  const metricsHook = parts.protectMetrics ? { onRequest: allowed(tokens, 'read') } : {};
  server.get('/metrics', metricsHook, async ({ headers }, reply) => {
    metrics.ready.set(health().ready.length === 0 ? 1 : 0);
    const text = await metrics.registry.metrics();
    if (headers.accept?.includes('application/openmetrics-text') !== true)
      return reply.type(metrics.registry.contentType).send(text);
    return reply.type(openMetricsType).send(openMetricsOf(text, metrics.decisionDelay.exemplars));
  });
  server.get('/healthz', (_request, reply) => {
    const { live, waiting = [] } = health();
    return reply.code(live.length === 0 ? 200 : 503).send({ ok: live.length === 0, problems: live, waiting });
  });
  server.get('/readyz', (_request, reply) => {
    const { ready, waiting = [] } = health();
    return reply.code(ready.length === 0 ? 200 : 503).send({ ok: ready.length === 0, problems: ready, waiting });
  });
  server.get('/api/alerts', { onRequest: allowed(tokens, 'read') }, (_request, reply) => reply.send([...alerts()]));
  const { status } = parts;
  if (status)
    server.get('/api/status', { onRequest: allowed(tokens, 'read') }, async (_request, reply) =>
      reply.send(await status()),
    );
  alertPage(server, { alerts, ...(links ? { links } : {}), hasConsole: parts.hasConsole === true }, tokens);
  verdictRoutes(server, parts, tokens);
  const { calendar, usableMatch = () => undefined, githubSecret } = parts;
  if (calendar) {
    calendarRoutes(server, calendar, tokens, usableMatch);
    deployRoutes(server, calendar, tokens, githubSecret);
  }
  if (healing) healingRoutes(server, healing, tokens);
  if (parts.watermarks) watermarkRoutes(server, parts.watermarks, tokens);
  if (parts.models) modelRoutes(server, parts.models, tokens);
  if (parts.snapshots) snapshotRoutes(server, parts.snapshots, tokens);
  if (links) linkRoutes(server, links);
  alertmanagerRoutes(server, { alerts, giveVerdict }, tokens);
  if (parts.slackSecret !== undefined)
    slackRoutes(server, parts.slackSecret, { giveVerdict, healing: healing ?? (() => undefined) });
  if (parts.pushed && parts.pushed.size > 0)
    intakeRoutes(server, parts.pushed, parts.intake ?? (() => undefined), tokens);
  parts.extend?.(server, tokens);
  return server;
}
