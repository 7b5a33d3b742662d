/** Login and logout of the console, and the check of the cookie before any route. */
import type { FastifyInstance } from 'fastify';
import { isSameOrigin, recognise, whoAsks, type ApiToken } from '../../connectors/http/tokens.js';
import { listOf, row, text, yes } from '../api/filter.js';
import { HttpProblem, sendProblem } from '../../connectors/http/problem.js';
import { route, type ApiRoute } from '../api/route.js';
import { cookieHeader, type Sessions } from './sessions.js';

const safe = new Set(['GET', 'HEAD', 'OPTIONS']);
export const csrfHeader = 'x-csrf-token';

/**
 * Recognises who has a session. What changes something must come from a page of this server (Origin) and carry the
 * token of the session, which other pages cannot read.
 */
export function recogniseSessions(server: FastifyInstance, sessions: Sessions): void {
  server.addHook('onRequest', async (request, reply) => {
    if (request.headers.authorization !== undefined) return undefined;
    const session = sessions.open(request.headers.cookie, Date.now());
    if (!session) return undefined;
    if (!safe.has(request.method)) {
      const given = request.headers[csrfHeader];
      if (!isSameOrigin(request) || !sessions.mayChange(session, typeof given === 'string' ? given : undefined))
        return sendProblem(reply, 403, `this request does not come from the console: it lacks the right ${csrfHeader}`);
    }
    recognise(request, session.caller);
    return undefined;
  });
}

const state = row({
  name: { ...text, description: 'Who is logged in.' },
  scopes: listOf(text),
  csrf: {
    ...text,
    description: `To be sent as ${csrfHeader} with what changes something; empty where none is needed.`,
  },
  login: { ...yes, description: 'Whether a token is needed at all.' },
});

export function sessionRoutes(sessions: Sessions, tokens: readonly ApiToken[], isSecure: boolean): ApiRoute[] {
  const login = tokens.length > 0;
  return [
    route({
      method: 'GET',
      path: '/session',
      tag: 'session',
      summary: 'Who asks, and what they may do.',
      answer: state,
      handle: ({ request }) => {
        const caller = whoAsks(request, tokens);
        if (!caller)
          throw new HttpProblem(401, login ? 'log in with a token' : 'without http.tokens only this machine may ask');
        return { ...caller, csrf: sessions.open(request.headers.cookie, Date.now())?.csrf ?? '', login };
      },
    }),
    route<unknown, unknown, { token: string }>({
      method: 'POST',
      path: '/session',
      tag: 'session',
      summary: 'Trades a token for a session: an HttpOnly cookie, for 12 hours.',
      body: {
        type: 'object',
        additionalProperties: false,
        required: ['token'],
        properties: { token: { type: 'string', minLength: 1, maxLength: 1000 } },
      },
      answer: state,
      handle: ({ body, request, reply }) => {
        if (!isSameOrigin(request)) throw new HttpProblem(403, 'log in from the console itself');
        const value = sessions.begin(body.token.trim(), Date.now());
        if (value === undefined)
          throw new HttpProblem(401, 'this token is not known: `tocsin token` makes one for http.tokens');
        void reply.header('set-cookie', cookieHeader(value, isSecure));
        const { caller, csrf } = sessions.open(cookieHeader(value, false), Date.now())!;
        return { ...caller, csrf, login };
      },
    }),
    route({
      method: 'DELETE',
      path: '/session',
      tag: 'session',
      summary: 'Ends the session of this browser.',
      status: 204,
      handle: ({ reply }) => {
        void reply.header('set-cookie', cookieHeader('', isSecure));
        return null;
      },
    }),
  ];
}
