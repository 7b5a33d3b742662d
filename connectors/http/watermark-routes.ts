/** Repairs event time over HTTP: a source whose clock was wrong goes on where a person says. */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Control } from '../../records/control.js';
import { allowed, authorOf, callerOf, type ApiToken } from './tokens.js';

/** What the routes need of the run. */
export interface WatermarkApi {
  /** Makes a control durable, for every process. */
  say(control: Control): Promise<void>;
}

interface ResetRequest {
  readonly source?: string;
  /** ISO 8601; now where it is left out. */
  readonly to?: string;
  readonly by?: string;
  readonly why?: string;
}

const body = {
  type: 'object',
  additionalProperties: false,
  properties: {
    source: { type: 'string', minLength: 1, maxLength: 300 },
    to: { type: 'string', minLength: 1, maxLength: 40 },
    by: { type: 'string', minLength: 1, maxLength: 200 },
    why: { type: 'string', maxLength: 500 },
  },
} as const;

/** Adds the route; while the pipeline starts it answers 503. */
export function watermarkRoutes(
  server: FastifyInstance,
  api: () => WatermarkApi | undefined,
  tokens: readonly ApiToken[],
): void {
  server.post<{ Body: ResetRequest }>(
    '/api/watermark',
    { schema: { body }, onRequest: allowed(tokens, 'admin') },
    async (request, reply) => {
      const watermarks = api();
      if (!watermarks) return reply.code(503).send({ error: 'tocsin is starting' });
      const { source = '', to, by, why = '' } = request.body;
      const now = Date.now();
      const time = to === undefined ? now : Date.parse(to);
      if (!Number.isFinite(time) || time < 0)
        return reply.code(400).send({ error: `to: ${JSON.stringify(to)} is no time of ISO 8601` });
      if (time > now) return reply.code(400).send({ error: 'to: event time cannot be ahead of now' });
      const id = randomUUID();
      await watermarks.say({
        id,
        command: 'watermark',
        about: source,
        value: String(time),
        by: authorOf(callerOf(request), by),
        via: 'api',
        why,
        at: now,
      });
      return reply.code(202).send({ id, source, to: new Date(time).toISOString() });
    },
  );
}
