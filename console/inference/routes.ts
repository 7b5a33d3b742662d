/**
 * The Open Inference Protocol V2 over HTTP, with the binary tensors that Triton's clients ask for by default: each
 * detector as a model. It never touches the state of the stream.
 */
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { allowed, type ApiToken } from '../../connectors/http/tokens.js';
import { ScoringError } from '../../models/onnx/session.js';
import { onFeatureGrid } from '../../models/detectors/feature-grid.js';
import { Problem } from '../api/problem.js';
import type { ServedModels } from './served-models.js';
import { answerOf, parted, rowsOf } from './tensors.js';

const maxBody = 8 * 1024 * 1024;
const maxRows = 4096;
/** Requests that are answered at once; more are told to come again. */
const maxAtOnce = 64;
const lengthHeader = 'inference-header-content-length';

interface Named {
  readonly model: string;
  readonly version?: string;
}

export function inferenceRoutes(
  server: FastifyInstance,
  models: ServedModels,
  tokens: readonly ApiToken[],
  release: string,
): void {
  void server.register(
    (scope, _options, done) => {
      const read = { onRequest: allowed(tokens, 'read'), config: { uncounted: true as const } };
      let underWay = 0;
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

      const metadata = async ({ model, version }: Named): Promise<object> => {
        const found = await models.find(model, version);
        const { columns } = found.detector.card;
        return {
          name: found.name,
          versions: version === undefined ? await models.versions(found.name) : [found.version],
          platform: 'onnx',
          inputs: [{ name: 'features', datatype: 'FP64', shape: [-1, columns.length] }],
          outputs: [{ name: 'score', datatype: 'FP64', shape: [-1] }],
        };
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
          const { request, rest } = parted(body as Buffer, typeof length === 'string' ? length : undefined);
          const found = await models.find(model, version);
          const { columns } = found.detector.card;
          const { rows, data } = rowsOf(request, rest, columns.length, maxRows);
          // As the stream rounds them: the same row has the same score there and here.
          const scores = await found.detector.score({ rows, columns: columns.length, data: data.map(onFeatureGrid) });
          const { body: answer, headerLength } = answerOf(request, found, scores);
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
      done();
    },
    { prefix: '/v2' },
  );
}
