/**
 * The Open Inference Protocol V2 over HTTP, with the binary tensors that Triton's clients ask for by default. It never
 * touches the state of the stream.
 */
import underPressure from '@fastify/under-pressure';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { allowed, type ApiToken } from '../../connectors/http/tokens.js';
import { ScoringError } from '../../models/onnx/session.js';
import { Problem } from '../../connectors/http/problem.js';
import type { ServedModel } from './model.js';
import { answerOf, inputsOf, parted } from './tensors.js';

const maxBody = 8 * 1024 * 1024;
/** Requests that are answered at once; more are told to come again. */
const maxAtOnce = 64;
/** The event loop is late by so much: the stream comes first, ms. */
const maxLate = 1000;
const lengthHeader = 'inference-header-content-length';

interface Named {
  readonly model: string;
  readonly version?: string;
}

export interface Catalogue {
  /** @throws Problem where there is no such model or version, or none can answer yet */
  find(name: string, version: string | undefined): Promise<ServedModel>;
  versions(name: string): Promise<string[]>;
  names(): Promise<string[]>;
  /** Whether it can answer. */
  isReady(): Promise<boolean>;
}

export function inferenceRoutes(
  server: FastifyInstance,
  models: Catalogue,
  tokens: readonly ApiToken[],
  release: string,
): void {
  void server.register(
    async (scope) => {
      const read = { onRequest: allowed(tokens, 'read'), config: { uncounted: true as const } };
      let underWay = 0;
      await scope.register(underPressure, {
        maxEventLoopDelay: maxLate,
        retryAfter: 5,
        pressureHandler: () => {
          throw new Problem(503, 'the process is busy with its stream: try again');
        },
      });
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxBody }, (_request, body, parsed) =>
        parsed(null, body),
      );
      scope.setErrorHandler((error: FastifyError, _request, reply) => {
        const status =
          error instanceof Problem ? error.status : error instanceof ScoringError ? 400 : (error.statusCode ?? 500);
        return reply
          .code(status)
          .send({ error: status < 500 || error instanceof Problem ? error.message : 'the model failed' });
      });
      scope.setNotFoundHandler((request, reply) =>
        reply.code(404).send({ error: `there is no ${request.method} ${request.url}` }),
      );

      scope.get('', read, () => ({ name: 'tocsin', version: release, extensions: ['binary_tensor_data'] }));
      scope.get('/health/live', read, () => ({ live: true }));
      scope.get('/health/ready', read, async (_request, reply) => {
        const ready = await models.isReady();
        return reply.code(ready ? 200 : 503).send({ ready });
      });
      scope.post('/repository/index', read, async () =>
        (await models.names()).map((name) => ({ name, state: 'READY', reason: '' })),
      );

      const metadata = async ({ model, version }: Named): Promise<object> => {
        const { name, version: its, platform, inputs, outputs } = await models.find(model, version);
        const versions = version === undefined ? await models.versions(name) : [its];
        return { name, versions, platform, inputs, outputs };
      };
      const infer = async (
        { model, version }: Named,
        body: unknown,
        headers: Record<string, unknown>,
        reply: FastifyReply,
      ): Promise<FastifyReply> => {
        if (underWay >= maxAtOnce) throw new Problem(503, `${maxAtOnce} requests are under way: try again`);
        underWay++;
        try {
          const length = headers[lengthHeader];
          const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
          const { request, rest } = parted(bytes, typeof length === 'string' ? length : undefined);
          const inputs = inputsOf(request, rest);
          const found = await models.find(model, version);
          const { outputs, version: its = found.version } = await found.infer(inputs, request.parameters ?? {});
          const { body: answer, headerLength } = answerOf(request, { name: found.name, version: its }, outputs);
          if (headerLength === undefined) return await reply.type('application/json').send(answer);
          return await reply.type('application/octet-stream').header(lengthHeader, headerLength).send(answer);
        } finally {
          underWay--;
        }
      };
      for (const path of ['/models/:model', '/models/:model/versions/:version']) {
        scope.get<{ Params: Named }>(path, read, ({ params }) => metadata(params));
        scope.get<{ Params: Named }>(`${path}/ready`, read, async ({ params }, reply) => {
          const { name } = await models.find(params.model, params.version);
          return reply.send({ name, ready: true });
        });
        scope.post<{ Params: Named }>(
          `${path}/infer`,
          { ...read, bodyLimit: maxBody },
          ({ params, body, headers }, reply) => infer(params, body, headers, reply),
        );
      }
    },
    { prefix: '/v2' },
  );
}
