/** Names of artefact sets over HTTP: which set is champion, and moving it. */
import type { FastifyInstance } from 'fastify';
import { allowed, authorOf, callerOf, type ApiToken } from './tokens.js';

/** What the routes of names need of the run. */
export interface ModelNamesApi {
  /** By alias. */
  names(): Readonly<Record<string, string>>;
  move(request: {
    readonly alias: string;
    readonly artefact: string;
    readonly expected?: string;
    readonly by: string;
    readonly why: string;
  }): Promise<
    | { readonly moved: true; readonly before: string; readonly from?: number }
    | { readonly moved: false; readonly kind: 'wrong' | 'conflict'; readonly why: string }
  >;
}

/** What the routes of canaries need of the run. */
export interface CanaryApi {
  canary(): object;
  setCanary(request: {
    readonly artefact: string;
    readonly share: number;
    readonly by: string;
    readonly why: string;
  }): Promise<
    | { readonly done: true; readonly artefact: string; readonly share: number }
    | { readonly done: false; readonly kind: 'wrong' | 'conflict'; readonly why: string }
  >;
}

/** What the routes of shadows need of the run. */
export interface ShadowsApi {
  /** One report a shadow. */
  shadows(): Promise<readonly object[]>;
}

interface ShareRequest {
  readonly artefact?: string;
  readonly share: number;
  readonly by?: string;
  readonly why?: string;
}

interface MoveRequest {
  readonly alias: string;
  readonly artefact: string;
  readonly expected?: string;
  readonly by?: string;
  readonly why?: string;
}

const set = { type: 'string', pattern: '^([0-9a-f]{32})?$' } as const;
const body = {
  type: 'object',
  additionalProperties: false,
  required: ['alias', 'artefact'],
  properties: {
    alias: { type: 'string', minLength: 1, maxLength: 40 },
    artefact: set,
    expected: set,
    by: { type: 'string', minLength: 1, maxLength: 200 },
    why: { type: 'string', maxLength: 500 },
  },
} as const;

const shareBody = {
  type: 'object',
  additionalProperties: false,
  required: ['share'],
  properties: {
    artefact: set,
    share: { type: 'integer', minimum: 0, maximum: 1000 },
    by: { type: 'string', minLength: 1, maxLength: 200 },
    why: { type: 'string', maxLength: 500 },
  },
} as const;

/** Adds the routes; while the pipeline starts they answer 503. */
export function modelRoutes(
  server: FastifyInstance,
  api: () => (ModelNamesApi & CanaryApi & ShadowsApi) | undefined,
  tokens: readonly ApiToken[],
): void {
  const away = { error: 'starting: try again' };

  server.get('/api/models/aliases', { onRequest: allowed(tokens, 'read') }, (_request, reply) => {
    const models = api();
    return models ? reply.send(models.names()) : reply.code(503).send(away);
  });

  server.post<{ Body: MoveRequest }>(
    '/api/models/aliases',
    { schema: { body }, onRequest: allowed(tokens, 'admin') },
    async (request, reply) => {
      const models = api();
      if (!models) return reply.code(503).send(away);
      const { by, why = '', ...asked } = request.body;
      const outcome = await models.move({ ...asked, why, by: authorOf(callerOf(request), by) });
      if (outcome.moved) return reply.code(202).send(outcome);
      return reply.code(outcome.kind === 'conflict' ? 409 : 400).send({ error: outcome.why });
    },
  );

  server.get('/api/models/canary', { onRequest: allowed(tokens, 'read') }, (_request, reply) => {
    const models = api();
    return models ? reply.send(models.canary()) : reply.code(503).send(away);
  });

  server.get('/api/models/shadows', { onRequest: allowed(tokens, 'read') }, async (_request, reply) => {
    const models = api();
    return models ? reply.send(await models.shadows()) : reply.code(503).send(away);
  });

  server.post<{ Body: ShareRequest }>(
    '/api/models/canary',
    { schema: { body: shareBody }, onRequest: allowed(tokens, 'admin') },
    async (request, reply) => {
      const models = api();
      if (!models) return reply.code(503).send(away);
      const { artefact = '', share, by, why = '' } = request.body;
      const outcome = await models.setCanary({ artefact, share, why, by: authorOf(callerOf(request), by) });
      if (outcome.done) return reply.code(202).send(outcome);
      return reply.code(outcome.kind === 'conflict' ? 409 : 400).send({ error: outcome.why });
    },
  );
}
