/** Snapshots of what was learnt over HTTP: which there are, taking one, going back to one. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { allowed, authorOf, callerOf, type ApiToken } from './tokens.js';

interface TimeQuery {
  readonly from: number;
  readonly to: number;
}

type SnapshotReply =
  | { readonly done: true; readonly id: string; readonly artefact: string }
  | { readonly done: false; readonly kind: 'wrong' | 'conflict'; readonly why: string };

/** What the routes need of the run. */
export interface SnapshotApi {
  /** Oldest first. */
  snapshots(): readonly object[];
  snapshot(request: { readonly id?: string; readonly by: string; readonly why: string }): Promise<SnapshotReply>;
  revert(request: {
    readonly snapshot: string;
    readonly without: readonly TimeQuery[];
    readonly by: string;
    readonly why: string;
  }): Promise<SnapshotReply>;
}

const said = {
  by: { type: 'string', minLength: 1, maxLength: 200 },
  why: { type: 'string', maxLength: 500 },
} as const;
const name = { type: 'string', minLength: 1, maxLength: 60 } as const;
const ms = { type: 'integer', minimum: 0, maximum: 8_640_000_000_000_000 } as const;
const object = { type: 'object', additionalProperties: false } as const;
const range = { ...object, required: ['from', 'to'], properties: { from: ms, to: ms } } as const;
const snapshotBody = { ...object, properties: { id: name, ...said } } as const;
const revertBody = {
  ...object,
  required: ['snapshot'],
  properties: { snapshot: name, without: { type: 'array', maxItems: 100, items: range }, ...said },
} as const;

interface AuthorFields {
  readonly by?: string;
  readonly why?: string;
}

/** Adds the routes; while the pipeline starts they answer 503. */
export function snapshotRoutes(
  server: FastifyInstance,
  api: () => SnapshotApi | undefined,
  tokens: readonly ApiToken[],
): void {
  const away = { error: 'starting: try again' };
  const answer = (reply: FastifyReply, outcome: SnapshotReply): FastifyReply =>
    outcome.done
      ? reply.code(202).send(outcome)
      : reply.code(outcome.kind === 'conflict' ? 409 : 400).send({ error: outcome.why });

  server.get('/api/snapshots', { onRequest: allowed(tokens, 'read') }, (_request, reply) => {
    const served = api();
    return served ? reply.send(served.snapshots()) : reply.code(503).send(away);
  });

  server.post<{ Body: AuthorFields & { readonly id?: string } }>(
    '/api/snapshots',
    { schema: { body: snapshotBody }, onRequest: allowed(tokens, 'admin') },
    async (request, reply) => {
      const served = api();
      if (!served) return reply.code(503).send(away);
      const { id, by, why = '' } = request.body;
      const asked = { ...(id === undefined ? {} : { id }), why, by: authorOf(callerOf(request), by) };
      return answer(reply, await served.snapshot(asked));
    },
  );

  server.post<{ Body: AuthorFields & { readonly snapshot: string; readonly without?: readonly TimeQuery[] } }>(
    '/api/snapshots/revert',
    { schema: { body: revertBody }, onRequest: allowed(tokens, 'admin') },
    async (request, reply) => {
      const served = api();
      if (!served) return reply.code(503).send(away);
      const { snapshot, without = [], by, why = '' } = request.body;
      return answer(reply, await served.revert({ snapshot, without, why, by: authorOf(callerOf(request), by) }));
    },
  );
}
