/** The OpenAPI 3.1 document of the API, made from the schemas by which its requests are checked. */
import { base, type ApiRoute, type JsonSchema } from './route.js';
import { otherPaths } from './other-routes.js';
import { problemSchema } from '../../connectors/http/problem.js';

const problem: JsonSchema = {
  description: 'A problem (RFC 9457).',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const problems = (...statuses: readonly number[]): Record<string, JsonSchema> =>
  Object.fromEntries(statuses.map((status) => [String(status), problem]));

const parameters = (place: 'query' | 'path', schemas: Readonly<Record<string, JsonSchema>> = {}): JsonSchema[] =>
  Object.entries(schemas).map(([name, { description, ...schema }]) => ({
    name,
    in: place,
    required: place === 'path',
    ...(description === undefined ? {} : { description }),
    schema,
  }));

/** A name for clients: `listAlerts` of GET /alerts, `postVerdictsUndo` of POST /verdicts/undo. */
function operationId({ method, path, answer }: ApiRoute): string {
  const properties = (answer?.properties ?? {}) as Record<string, unknown>;
  const verb = method === 'GET' ? ('items' in properties ? 'list' : 'get') : method.toLowerCase();
  const words = path.split(/[/:-]+/).filter((word) => word !== '');
  return verb + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
}

export function openapi(routes: readonly ApiRoute[], version: string): JsonSchema {
  const paths = otherPaths(problem);
  for (const route of routes) {
    const { method, path, summary, tag, scope, query, params, body, answer, status = 200, media } = route;
    const at = `${base}${path.replace(/:(\w+)/g, '{$1}')}`;
    const content = answer ? { content: { 'application/json': { schema: answer } } } : {};
    (paths[at] ??= {})[method.toLowerCase()] = {
      operationId: operationId(route),
      summary,
      tags: [tag],
      ...(scope ? { security: [{ bearer: [] }, { session: [] }], 'x-scope': scope } : {}),
      parameters: [...parameters('path', params), ...parameters('query', query)],
      ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: body } } } } : {}),
      responses: {
        [status]: {
          description: status === 204 ? 'Done.' : 'As asked.',
          ...(media ? { content: { [media]: { schema: { type: 'string' } } } } : content),
        },
        ...problems(
          400,
          ...(scope || path === '/session' ? [401, 403] : []),
          ...(params || body ? [404] : []),
          429,
          503,
        ),
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'tocsin',
      version,
      description:
        'Alerts, decisions and what they are made of. Lists are flat, paged by `cursor` and `limit`, times are ISO 8601, refusals are problem details.',
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: { Problem: problemSchema },
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of `http.tokens`; none is needed on this machine where there is none.',
        },
        session: { type: 'apiKey', in: 'cookie', name: 'tocsin_session', description: 'Of the console.' },
      },
    },
  };
}
