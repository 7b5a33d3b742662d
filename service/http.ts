/** The HTTP side of a run. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import type { Metrics } from '../connectors/http/metrics.js';
import type { CanaryApi, ModelNamesApi, ShadowsApi } from '../connectors/http/model-routes.js';
import type { SnapshotApi } from '../connectors/http/snapshot-routes.js';
import { createServer, type ServerParts } from '../connectors/http/server.js';
import { compileMatch } from '../operators/match/match.js';
import { StartError } from '../runtime/start-error.js';
import { healingApi, linkApi } from './people/people.js';
import type { Pipeline } from './node.js';
import { statusOf } from './status.js';
import type { TrainingStatus } from './training/status.js';

/** What is served; the pipeline may come later than the server. */
export type Served = Pick<Pipeline, 'health' | 'healer' | 'links' | 'wiring'> & {
  readonly trainer?: {
    status(): TrainingStatus;
    readonly doors: ModelNamesApi & CanaryApi & ShadowsApi & SnapshotApi;
  };
};

/** Listens and gives the server and its address. @param extend - adds routes of other rooms */
export async function listen(
  config: Config,
  metrics: Metrics,
  pipeline: () => Served | undefined,
  extend?: ServerParts['extend'],
  intake?: ServerParts['intake'],
  log?: Pick<Logger, 'info'>,
): Promise<{ server: FastifyInstance; url: string }> {
  const { http, deploys } = config;
  const starting = { live: [], ready: ['starting'] };
  const startedAt = Date.now();
  const server = createServer({
    metrics,
    health: () => pipeline()?.health() ?? starting,
    status: () =>
      statusOf({
        config,
        metrics,
        health: pipeline()?.health() ?? starting,
        training: pipeline()?.trainer?.status(),
        startedAt,
        now: Date.now(),
      }),
    alerts: () => pipeline()?.wiring.knownAlerts() ?? [],
    giveVerdict: async (request) => pipeline()?.wiring.verdicts.give(request),
    verdicts: () => pipeline()?.wiring.verdicts,
    ...(http.token ? { token: http.token.reveal() } : {}),
    tokens: http.tokens,
    hasConsole: extend !== undefined,
    ...(http.slack_signing_secret ? { slackSecret: http.slack_signing_secret.reveal() } : {}),
    rateLimit: http.rate_limit,
    trustedProxies: http.trusted_proxies,
    ...(log ? { audited: (request) => log.info(request, request.status < 400 ? 'request' : 'request refused') } : {}),
    protectMetrics: http.protect_metrics,
    calendar: () => pipeline()?.wiring.calendar,
    ...(deploys.github_secret ? { githubSecret: deploys.github_secret.reveal() } : {}),
    usableMatch,
    healing: () => {
      const served = pipeline();
      return served && healingApi(served.healer);
    },
    watermarks: () => pipeline()?.healer.controls,
    models: () => pipeline()?.trainer?.doors,
    snapshots: () => pipeline()?.trainer?.doors,
    links: () => {
      const served = pipeline();
      return served && linkApi(served);
    },
    ...(http.tls ? { tls: certified(http.tls) } : {}),
    ...(extend ? { extend } : {}),
    pushed: pushedSignals(config),
    ...(intake ? { intake } : {}),
  });
  try {
    return { server, url: await server.listen({ host: http.host, port: http.port }) };
  } catch (error) {
    throw cannotListen(http, error as NodeJS.ErrnoException);
  }
}

/** Signals that sources take, each with its largest body, bytes. */
const pushedSignals = ({ sources }: Config): ReadonlyMap<'logs' | 'metrics', number> =>
  new Map(sources.flatMap((source) => (source.type === 'http' ? [[source.signal, source.body_limit] as const] : [])));

function cannotListen({ host, port }: Config['http'], { code, message }: NodeJS.ErrnoException): StartError {
  if (code === 'EADDRINUSE')
    return new StartError(
      `http cannot listen on ${host}:${port}: another process has this port; set http.port to a free one (0 takes any)`,
      'failed',
    );
  if (code === 'EACCES')
    return new StartError(`http cannot listen on ${host}:${port}: ports below 1024 are for root; set http.port`);
  return new StartError(
    `http.host: ${host} is no address of this machine (${code ?? message}): write 127.0.0.1 for this machine, 0.0.0.0 for all`,
  );
}

/** Why a matcher cannot be used; undefined where it can. */
function usableMatch(match: Readonly<Record<string, string>>): string | undefined {
  try {
    compileMatch(match);
    return undefined;
  } catch (error) {
    return `match: a pattern is not of the RE2 syntax: ${(error as Error).message}`;
  }
}

/** Certificate and key, tried: what is no pair of both is refused here, where it has a name. */
function certified({ cert, key }: NonNullable<Config['http']['tls']>): { cert: string; key: string } {
  const pair = { cert: pem('cert', cert), key: pem('key', key) };
  for (const [name, parts] of Object.entries({ cert: { cert: pair.cert }, key: { key: pair.key }, '': pair }))
    try {
      createSecureContext(parts);
    } catch (error) {
      const what =
        name === '' ? `${cert} and ${key} do not belong together` : `${name === 'cert' ? cert : key} is no PEM`;
      throw new StartError(`http.tls${name && `.${name}`}: ${what}: ${(error as Error).message}`);
    }
  return pair;
}

function pem(key: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new StartError(`http.tls.${key}: ${path} cannot be read: ${(error as Error).message}`);
  }
}
