/** So many requests a minute from one address; what machines poll (metrics, health) is not counted. */
import type { FastifyInstance } from 'fastify';
import { steadyNow } from '../../runtime/clock.js';
import { clientOf } from './client.js';

const minuteMs = 60_000;
/** Addresses that are remembered: more than that share one allowance. */
const maxAddresses = 10_000;
const free = new Set(['/metrics', '/healthz', '/readyz']);

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Not counted: what a page is made of, and the one stream that it listens to. */
    uncounted?: true;
  }
}

/**
 * Limits a server.
 *
 * @param aMinute requests a minute and address; what is over is answered with 429
 */
export function limitRate(server: FastifyInstance, aMinute: number): void {
  let counts = new Map<string, number>();
  let since = 0;
  server.addHook('onRequest', async (request, reply) => {
    const { url = '', config } = request.routeOptions;
    if (free.has(url) || config.uncounted) return;
    const now = steadyNow();
    if (now - since >= minuteMs) {
      counts = new Map();
      since = now;
    }
    const client = clientOf(request);
    const from = counts.has(client) || counts.size < maxAddresses ? client : 'others';
    const count = (counts.get(from) ?? 0) + 1;
    counts.set(from, count);
    if (count > aMinute) {
      await reply
        .code(429)
        .header('retry-after', String(Math.ceil((since + minuteMs - now) / 1000)))
        .send({ error: `more than ${aMinute} requests a minute from ${client}` });
    }
  });
}
