/** Which requests changed something, and which were refused: who asked, and from where. */
import type { FastifyInstance } from 'fastify';
import { steadyNow } from '../../runtime/clock.js';
import { clientOf } from './client.js';
import { callerIfKnown } from './tokens.js';

/** A request that is logged. */
export interface AuditedRequest {
  readonly method: string;
  /** The route as it is declared: what a client writes into a path is not in it. */
  readonly route: string;
  readonly status: number;
  readonly client: string;
  /** Name of the token; undefined where none was shown or needed. */
  readonly by?: string;
}

const minuteMs = 60_000;
/** Refusals that are logged a minute: a client that is refused can ask any number of times. */
const maxRefusals = 20;
const reads = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Posts that change nothing but what they are for: lines, metrics, and rows to be scored. */
const isTraffic = (route: string, uncounted = false): boolean => uncounted || route.startsWith('/v2/');
const refusals = new Set([401, 403, 429]);

/** @param audited - takes each request that changed something, and the first refusals of a minute */
export function auditRequests(server: FastifyInstance, audited: (request: AuditedRequest) => void): void {
  let since = 0;
  let refused = 0;
  server.addHook('onResponse', async (request, reply) => {
    const { method } = request;
    const { statusCode: status } = reply;
    const { url: route = 'unknown', config } = request.routeOptions;
    if (refusals.has(status)) {
      const now = steadyNow();
      if (now - since >= minuteMs) {
        since = now;
        refused = 0;
      }
      if (++refused > maxRefusals) return;
    } else if (reads.has(method) || status >= 400 || isTraffic(route, config.uncounted)) return;
    const by = callerIfKnown(request)?.name;
    audited({ method, route, status, client: clientOf(request), ...(by === undefined ? {} : { by }) });
  });
}
