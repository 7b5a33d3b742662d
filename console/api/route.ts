/** A route of the API: its schemas are what requests are checked by, what answers are cut to, and its documentation. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { allowed, callerOf, whoAsks, type ApiToken, type Caller, type Scope } from '../../connectors/http/tokens.js';

/** A JSON schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface RouteRequest<Q, P, B> {
  readonly query: Q;
  readonly params: P;
  readonly body: B;
  /** Who asks; of routes without a scope undefined where nobody is known. */
  readonly caller: Caller | undefined;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export interface ApiRoute<Q = unknown, P = unknown, B = unknown> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/api/v1`, parameters as `:id`. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  /** What its caller must have; undefined where anybody may ask. */
  readonly scope?: Scope;
  readonly query?: Readonly<Record<string, JsonSchema>>;
  readonly params?: Readonly<Record<string, JsonSchema>>;
  readonly body?: JsonSchema;
  readonly answer?: JsonSchema;
  /** Of a good answer; 200 by default. */
  readonly status?: number;
  /** What it answers with, application/json by default. */
  readonly media?: string;
  /** Not counted by the limit of requests. */
  readonly uncounted?: true;
  readonly handle: (asked: RouteRequest<Q, P, B>) => unknown;
}

/** Keeps the types of a route's parts together. */
export const route = <Q = unknown, P = unknown, B = unknown>(made: ApiRoute<Q, P, B>): ApiRoute =>
  made as unknown as ApiRoute;

export const base = '/api/v1';

const objectOf = (properties: Readonly<Record<string, JsonSchema>>, required: readonly string[] = []): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  ...(required.length > 0 ? { required } : {}),
  properties,
});

export function addRoutes(server: FastifyInstance, routes: readonly ApiRoute[], tokens: readonly ApiToken[]): void {
  for (const { method, path, scope, query, params, body, answer, status = 200, uncounted, handle } of routes)
    server.route({
      method,
      url: `${base}${path}`,
      ...(uncounted ? { config: { uncounted } } : {}),
      ...(scope ? { onRequest: allowed(tokens, scope) } : {}),
      schema: {
        querystring: objectOf(query ?? {}),
        ...(params ? { params: objectOf(params, Object.keys(params)) } : {}),
        ...(body ? { body } : {}),
        ...(answer ? { response: { [status]: answer } } : {}),
      },
      handler: async (request, reply) => {
        const caller = scope ? callerOf(request) : whoAsks(request, tokens);
        const made = await handle({
          query: request.query,
          params: request.params,
          body: request.body,
          caller,
          request,
          reply,
        });
        if (reply.sent || made === reply) return reply;
        return reply.code(status).send(made);
      },
    });
}
