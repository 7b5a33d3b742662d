/** Forms as browsers and Slack send them: kept as they came, since signatures are over the bytes. */
import type { FastifyInstance } from 'fastify';

/** Lets a server take forms: their body is the text as it came. */
export function acceptForms(server: FastifyInstance): void {
  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
}

/** The fields of a form; none where the body is no form. */
export const formOf = (body: unknown): URLSearchParams => new URLSearchParams(typeof body === 'string' ? body : '');
