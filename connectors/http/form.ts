/** Forms as browsers and Slack send them: kept as they came, since signatures are over the bytes. */
import type { FastifyInstance } from 'fastify';

export function acceptForms(server: FastifyInstance): void {
  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
}

export const formOf = (body: unknown): URLSearchParams => new URLSearchParams(typeof body === 'string' ? body : '');
