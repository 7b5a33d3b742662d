/** The process's own HTTP: metrics, health, alerts and verdicts. */
import { timingSafeEqual, createHash } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Alert } from '../../records/alert.js';
import { verdictValues, type VerdictValue } from '../../records/verdict.js';
import type { Metrics } from './metrics.js';

/** Health as a list of what is wrong: empty means well. */
export interface Health {
  /** What makes no progress, and since when. */
  readonly live: readonly string[];
  /** What is not there yet: state, models. */
  readonly ready: readonly string[];
  /** Who waits for something outside, which a restart would not bring: told, and no reason to be restarted. */
  readonly waiting?: readonly string[];
}

/** A verdict as a person gives it; its context is looked up from the alert. */
export interface VerdictRequest {
  readonly alert: string;
  readonly value: VerdictValue;
  readonly by: string;
  /** Idempotency key; made from alert, value and author where absent. */
  readonly id?: string;
}

export interface ServerParts {
  readonly metrics: Metrics;
  readonly health: () => Health;
  readonly alerts: () => Iterable<Alert>;
  /** Writes a verdict to the log of the owning shard; returns undefined when the alert is not known. */
  readonly giveVerdict: (request: VerdictRequest) => Promise<{ id: string } | undefined>;
  /** Bearer token; without one, verdicts are taken from loopback only. */
  readonly token?: string;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function allowed(request: FastifyRequest, token: string | undefined): boolean {
  if (token === undefined)
    return request.ip === '127.0.0.1' || request.ip === '::1' || request.ip === '::ffff:127.0.0.1';
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${token}`));
}

const verdictBody = {
  type: 'object',
  additionalProperties: false,
  required: ['alert', 'value', 'by'],
  properties: {
    alert: { type: 'string', minLength: 1, maxLength: 200 },
    value: { type: 'string', enum: [...verdictValues] },
    by: { type: 'string', minLength: 1, maxLength: 200 },
    id: { type: 'string', minLength: 1, maxLength: 200 },
  },
} as const;

/** Builds the server; the caller listens and closes. Bodies are limited to 64 KiB. */
export function createServer({ metrics, health, alerts, giveVerdict, token }: ServerParts): FastifyInstance {
  const server = fastify({ bodyLimit: 64 * 1024, requestTimeout: 10_000, forceCloseConnections: true });

  server.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  server.get('/healthz', (_request, reply) => {
    const { live, waiting = [] } = health();
    return reply.code(live.length === 0 ? 200 : 503).send({ ok: live.length === 0, problems: live, waiting });
  });
  server.get('/readyz', (_request, reply) => {
    const { ready, waiting = [] } = health();
    return reply.code(ready.length === 0 ? 200 : 503).send({ ok: ready.length === 0, problems: ready, waiting });
  });
  server.get('/api/alerts', (request, reply) =>
    allowed(request, token) ? reply.send([...alerts()]) : reply.code(401).send({ error: 'bearer token needed' }),
  );
  server.post<{ Body: VerdictRequest }>('/api/verdicts', { schema: { body: verdictBody } }, async (request, reply) => {
    if (!allowed(request, token))
      return reply.code(401).send({ error: 'bearer token needed (or set http.token and send it)' });
    const given = await giveVerdict(request.body);
    if (!given)
      return reply
        .code(404)
        .send({ error: `no alert ${request.body.alert}: see /api/alerts for those that are known` });
    return reply.code(202).send(given);
  });
  return server;
}
