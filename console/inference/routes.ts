/**
 * The Open Inference Protocol V2 over HTTP, with the binary tensors that Triton's clients ask for by default. It never
 * touches the state of the stream.
 */
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { allowed, type ApiToken } from '../../connectors/http/tokens.js';
import { HttpProblem } from '../../connectors/http/problem.js';
import { refusalOf, type Answering, type NamedModel } from './answering.js';
import { answerOf, parted } from './tensors.js';

export const maxBody = 8 * 1024 * 1024;
/** The event loop is late by so much: the stream comes first, ms. */
export const maxLate = 1000;
const lengthHeader = 'inference-header-content-length';

export function inferenceRoutes(server: FastifyInstance, answering: Answering, tokens: readonly ApiToken[]): void {
  void server.register(
    async (scope) => {
      const read = { onRequest: allowed(tokens, 'read'), config: { uncounted: true as const } };
      const { models } = answering;
      await scope.register(underPressure, {
        maxEventLoopDelay: maxLate,
        retryAfter: 5,
        pressureHandler: () => {
          throw new HttpProblem(503, 'the process is busy with its stream: try again');
        },
      });
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxBody }, (_request, body, parsed) =>
        parsed(null, body),
      );
      scope.setErrorHandler((error, _request, reply) => {
        const { status, message } = refusalOf(error);
        return reply.code(status).send({ error: message });
      });
      scope.setNotFoundHandler((request, reply) =>
        reply.code(404).send({ error: `there is no ${request.method} ${request.url}` }),
      );

      scope.get('', read, () => answering.server());
      scope.get('/health/live', read, () => ({ live: true }));
      scope.get('/health/ready', read, async (_request, reply) => {
        const ready = await models.isReady();
        return reply.code(ready ? 200 : 503).send({ ready });
      });
      scope.post('/repository/index', read, async () =>
        (await models.names()).map((name) => ({ name, state: 'READY', reason: '' })),
      );

      const infer = async (
        named: NamedModel,
        body: unknown,
        headers: Record<string, unknown>,
        reply: FastifyReply,
      ): Promise<FastifyReply> => {
        const length = headers[lengthHeader];
        const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
        const { request, rest } = parted(bytes, typeof length === 'string' ? length : undefined);
        const answered = await answering.infer(named, request, rest);
        const { body: answer, headerLength } = answerOf(request, answered, answered.outputs);
        if (headerLength === undefined) return reply.type('application/json').send(answer);
        return reply.type('application/octet-stream').header(lengthHeader, headerLength).send(answer);
      };
      for (const path of ['/models/:model', '/models/:model/versions/:version']) {
        scope.get<{ Params: NamedModel }>(path, read, ({ params }) => answering.metadata(params));
        scope.get<{ Params: NamedModel }>(`${path}/ready`, read, async ({ params }, reply) => {
          const { name } = await models.find(params.model, params.version);
          return reply.send({ name, ready: true });
        });
        scope.post<{ Params: NamedModel }>(
          `${path}/infer`,
          { ...read, bodyLimit: maxBody },
          ({ params, body, headers }, reply) => infer(params, body, headers, reply),
        );
      }
    },
    { prefix: '/v2' },
  );
}
