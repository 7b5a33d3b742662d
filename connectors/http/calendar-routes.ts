/** Mutes, freezes, expected changes and deploys over HTTP. */
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { calendarActions, type CalendarAction, type CalendarEntry, type Deploy } from '../../records/calendar.js';
import { deployOf, NoDeploy } from '../deploys/shapes.js';
import { allowed, authorOf, callerOf, type ApiToken } from './tokens.js';

/** What the routes need of the run. */
export interface CalendarApi {
  /** What holds or will hold. */
  entries(): readonly CalendarEntry[];
  /** Writes an entry for every shard; resolves when it is durable. */
  say(entry: CalendarEntry): Promise<void>;
  deployed(deploy: Deploy): Promise<void>;
}

interface CalendarRequest {
  readonly name: string;
  readonly action: CalendarAction;
  readonly match?: Readonly<Record<string, string>>;
  readonly from?: string;
  readonly to: string;
  readonly by?: string;
}

const body = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'action', 'to'],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 200 },
    action: { type: 'string', enum: [...calendarActions] },
    match: { type: 'object', maxProperties: 20, additionalProperties: { type: 'string', maxLength: 500 } },
    from: { type: 'string', maxLength: 40 },
    to: { type: 'string', maxLength: 40 },
    by: { type: 'string', minLength: 1, maxLength: 200 },
  },
} as const;

/** A range may last so long, ms: for ever is what a rule is for. */
const longest = 90 * 86_400_000;

const iso = (ms: number): string => new Date(ms).toISOString();
const shown = ({ from, to, at, ...entry }: CalendarEntry): object => ({
  ...entry,
  from: iso(from),
  to: iso(to),
  at: iso(at),
});

/** @param usable whether a matcher can be used; a reason where not */
export function calendarRoutes(
  server: FastifyInstance,
  calendar: () => CalendarApi | undefined,
  tokens: readonly ApiToken[],
  usable: (match: Readonly<Record<string, string>>) => string | undefined,
): void {
  const away = { error: 'starting: try again' };

  server.get('/api/calendar', { onRequest: allowed(tokens, 'read') }, (_request, reply) =>
    reply.send((calendar()?.entries() ?? []).map(shown)),
  );

  server.post<{ Body: CalendarRequest }>(
    '/api/calendar',
    { schema: { body }, onRequest: allowed(tokens, 'verdict') },
    async (request, reply) => {
      const api = calendar();
      if (!api) return reply.code(503).send(away);
      const { name, action, match = {}, by } = request.body;
      const now = Date.now();
      const from = request.body.from === undefined ? now : Date.parse(request.body.from);
      const to = Date.parse(request.body.to);
      if (!(from >= 0 && to > from && to - from <= longest))
        return reply.code(400).send({ error: 'from and to must be ISO 8601, to after from, at most 90 days' });
      const wrong = usable(match);
      if (wrong !== undefined) return reply.code(400).send({ error: wrong });
      const entry = { id: randomUUID(), name, action, match, from, to, by: authorOf(callerOf(request), by), at: now };
      await api.say(entry);
      return reply.code(202).send(shown(entry));
    },
  );

  server.delete<{ Params: { id: string } }>(
    '/api/calendar/:id',
    { onRequest: allowed(tokens, 'verdict') },
    async (request, reply) => {
      const api = calendar();
      if (!api) return reply.code(503).send(away);
      const known = api.entries().find(({ id }) => id === request.params.id);
      if (!known) return reply.code(404).send({ error: `no entry ${request.params.id}: see GET /api/calendar` });
      if (known.action === 'silence')
        return reply.code(409).send({ error: 'it is a silence of an Alertmanager: end it there' });
      const now = Date.now();
      const entry = {
        ...known,
        to: Math.max(known.from, Math.min(known.to, now)),
        by: authorOf(callerOf(request), undefined),
        at: now,
      };
      await api.say(entry);
      return reply.code(202).send(shown(entry));
    },
  );
}

/** `POST /api/deploys`. @param githubSecret with it a request that is signed by GitHub needs no token */
export function deployRoutes(
  server: FastifyInstance,
  calendar: () => CalendarApi | undefined,
  tokens: readonly ApiToken[],
  githubSecret: string | undefined,
): void {
  void server.register((scope, _options, done) => {
    // The signature is over the bytes.
    scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, raw, parsed) => parsed(null, raw));
    const mayDeploy = allowed(tokens, 'verdict');
    const isFromGithub = ({ headers }: FastifyRequest): boolean =>
      githubSecret !== undefined && typeof headers['x-hub-signature-256'] === 'string';
    const onRequest: typeof mayDeploy = async function (this: FastifyInstance, request, reply) {
      // What GitHub signs is judged by its bytes, all else by its token before they are read.
      return isFromGithub(request) ? undefined : await mayDeploy.call(this, request, reply);
    };
    scope.post('/api/deploys', { onRequest }, async (request, reply) => {
      const raw = request.body as Buffer;
      const signature = request.headers['x-hub-signature-256'];
      if (isFromGithub(request) && !isSigned(raw, signature as string, githubSecret!))
        return reply.code(401).send({ error: 'the signature is not right' });
      const api = calendar();
      if (!api) return reply.code(503).send({ error: 'starting: try again' });
      try {
        const deploy = deployOf(JSON.parse(raw.toString('utf8')), Date.now());
        await api.deployed(deploy);
        return await reply.code(202).send({ id: deploy.change.id });
      } catch (error) {
        if (error instanceof NoDeploy && error.ignored) return reply.code(200).send({ ignored: error.message });
        if (error instanceof NoDeploy || error instanceof SyntaxError)
          return reply.code(400).send({ error: `no deploy: ${error.message}` });
        throw error;
      }
    });
    done();
  });
}

/** X-Hub-Signature-256 of GitHub: HMAC-SHA-256 of the body, compared in constant time. */
function isSigned(raw: Buffer, signature: string, secret: string): boolean {
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(raw).digest('hex')}`);
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
