/** Errors of the API as problem details (RFC 9457). */
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** An answer that is no success; its message is for the person who asked. */
export class HttpProblem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const titleOf = (status: number): string => STATUS_CODES[status] ?? 'Error';

/** The body of a problem. `error` is what clients of earlier releases read. */
export const problemOf = (status: number, detail: string): Record<string, string | number> => ({
  type: 'about:blank',
  title: titleOf(status),
  status,
  detail,
  error: detail,
});

/**
 * Answers with a problem.
 *
 * @param detail for the person who asked
 */
export const sendProblem = (reply: FastifyReply, status: number, detail: string): FastifyReply =>
  reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify(problemOf(status, detail)));

/** JSON schema of a problem. */
export const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What was wrong, and what to do.' },
  },
} as const;

/** What handlers throw becomes a problem; of what nobody expected the message stays here. */
export function answerProblems(server: FastifyInstance, report: (error: Error) => void): void {
  server.setErrorHandler((error: FastifyError, _request, reply) => {
    if (error instanceof HttpProblem) return sendProblem(reply, error.status, error.message);
    const { statusCode = 500, message } = error;
    if (statusCode < 500) return sendProblem(reply, statusCode, message);
    report(error);
    return sendProblem(reply, statusCode === 503 ? 503 : 500, 'tocsin failed at this: its log says why');
  });
}

/** Every refusal under /api is a problem, also of routes that answer with an `error` alone, and of the server itself. */
export function refusalsAreProblems(server: FastifyInstance): void {
  server.addHook('preSerialization', async (request, reply, payload: unknown) => {
    if (reply.statusCode < 400 || !isApi(request)) return payload;
    if (typeof payload !== 'object' || payload === null || 'type' in payload) return payload;
    const { error, message } = payload as { error?: string; message?: string };
    void reply.type('application/problem+json');
    return { ...payload, ...problemOf(reply.statusCode, message ?? error ?? titleOf(reply.statusCode)) };
  });
  // What the server says by itself, of a body that is no JSON for example, passes no hook.
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const { statusCode = 500, message } = error;
    if (!isApi(request) || statusCode >= 500) return reply.send(error);
    return sendProblem(reply, statusCode, message);
  });
  server.setNotFoundHandler((request, reply) => {
    const what = `there is no ${request.method} ${request.url.split('?')[0]}`;
    if (isApi(request)) return sendProblem(reply, 404, `${what}: see /openapi.json`);
    return reply.code(404).send({ error: what });
  });
}

const isApi = ({ url }: FastifyRequest): boolean => url.startsWith('/api/');
