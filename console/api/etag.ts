/** Answers carry an ETag: who asks again for what has not changed gets no body (RFC 9110, 13.1.2). */
import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

export function tagAnswers(server: FastifyInstance): void {
  server.addHook('onSend', async (request, reply, payload) => {
    if (request.method !== 'GET' || reply.statusCode !== 200 || typeof payload !== 'string') return payload;
    const tag = `W/"${createHash('sha256').update(payload).digest('base64url').slice(0, 22)}"`;
    void reply.header('etag', tag).header('cache-control', 'private, no-cache');
    if (request.headers['if-none-match'] !== tag) return payload;
    void reply.code(304);
    return '';
  });
}
