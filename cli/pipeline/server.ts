/** The HTTP side of a run. */
import type { FastifyInstance } from 'fastify';
import type { Config } from '../../config/schema.js';
import type { Metrics } from '../../connectors/http/metrics.js';
import { createServer } from '../../connectors/http/server.js';
import { exitCodes, UserError } from '../exit-codes.js';
import type { Pipeline } from './pipeline.js';

/** What is served; the pipeline may come later than the server. */
export type Served = Pick<Pipeline, 'health' | 'knownAlerts' | 'giveVerdict'>;

/** Listens and gives the server and its address. */
export async function listen(
  { http }: Config,
  metrics: Metrics,
  pipeline: () => Served | undefined,
): Promise<{ server: FastifyInstance; url: string }> {
  const starting = { live: [], ready: ['starting'] };
  const server = createServer({
    metrics,
    health: () => pipeline()?.health() ?? starting,
    alerts: () => pipeline()?.knownAlerts() ?? [],
    giveVerdict: async (request) => pipeline()?.giveVerdict(request),
    ...(http.token ? { token: http.token.reveal() } : {}),
  });
  try {
    return { server, url: await server.listen({ host: http.host, port: http.port }) };
  } catch (error) {
    throw new UserError(
      `http cannot listen on ${http.host}:${http.port}: ${(error as Error).message}; set http.port to a free one (0 takes any)`,
      exitCodes.failed,
    );
  }
}
