/** The page of the console: a few files that the build has bundled, read once and kept compressed. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** Nothing but what this server sends: no inline script or style, no other origin, no frame. */
export const contentSecurity = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

interface Asset {
  readonly type: string;
  readonly tag: string;
  readonly plain: Buffer;
  readonly packed: Buffer;
}

/** Headers of everything that a browser shows as a page. */
export const pageHeaders = (reply: FastifyReply): FastifyReply =>
  reply
    .header('content-security-policy', contentSecurity)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .header('cross-origin-opener-policy', 'same-origin')
    .header('cross-origin-resource-policy', 'same-origin');

/** @param folder - of the bundled files; without it, in a process that runs from its sources, nothing is served */
export function serveAssets(server: FastifyInstance, folder: string): void {
  for (const name of namesIn(folder)) {
    const asset = read(join(folder, name));
    const isPage = name === 'index.html';
    server.get(isPage ? '/' : `/${name}`, { config: { uncounted: true } }, (request, reply) => {
      // The page names no versions of its parts: each is asked for again, and answered with "not changed".
      void pageHeaders(reply)
        .header('cache-control', 'no-cache')
        .header('etag', asset.tag)
        .header('vary', 'accept-encoding');
      if (request.headers['if-none-match'] === asset.tag) return reply.code(304).send();
      void reply.type(asset.type);
      return /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
        ? reply.header('content-encoding', 'gzip').send(asset.packed)
        : reply.send(asset.plain);
    });
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => (name.split('.').pop() ?? '') in types);
  } catch {
    return [];
  }
}

function read(path: string): Asset {
  const plain = readFileSync(path);
  return {
    type: types[path.split('.').pop() ?? '']!,
    tag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    plain,
    packed: gzipSync(plain, { level: 9 }),
  };
}
