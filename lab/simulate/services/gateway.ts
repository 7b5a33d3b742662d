/** The edge: every request of the shop passes here. JSON lines. */
import { type ServiceSpec, debug, error, info, rare, warn } from '../service.js';

export const gateway: ServiceSpec = {
  name: 'gateway',
  format: 'json',
  share: 0.25,
  day: { swing: 0.55, peak: 15, weekend: 0.75 },
  usual: [
    info(300, 'GET /api/products/{int 1000 99999} 200 {skew 400 42000}B trace={hex 16}', { ms: 24 }),
    info(140, 'GET /api/search?q={of shoes|lamp|coat|desk|mug|tent|bike} 200 {skew 900 80000}B trace={hex 16}', {
      ms: 61,
    }),
    info(110, 'POST /api/cart 201 user={int 10000 99999} trace={hex 16}', { ms: 33 }),
    info(90, 'GET /api/cart 200 user={int 10000 99999} trace={hex 16}', { ms: 19 }),
    info(70, 'POST /api/login 200 from {ip} trace={hex 16}', { ms: 78 }),
    info(52, 'POST /api/checkout 202 order=ord-{hex 8} trace={hex 16}', { ms: 142 }),
    info(60, 'GET /static/{of app|vendor|theme}.{hex 8}.{of js|css} 304 trace={hex 16}', { ms: 3 }),
    info(48, 'GET /healthz 200 from {ip}', { ms: 1 }),
    info(24, 'GET /api/products/{int 1000 99999} 404 trace={hex 16}', { ms: 12 }),
    warn(9, 'POST /api/login 401 from {ip} attempts={skew 1 4} trace={hex 16}', { ms: 64 }),
    warn(6, 'rate limit applied to {ip} bucket={of anon|partner|mobile} remaining=0'),
    warn(5, 'upstream {of catalog|checkout|auth} slow, answered after {ms 900} ms trace={hex 16}'),
    error(2.2, 'upstream {of catalog|checkout|auth} answered 502 to trace={hex 16}', { ms: 210 }),
    error(1.4, 'client closed connection before response from {ip} trace={hex 16}', { ms: 1900 }),
    debug(30, 'route cache hit for {of products|search|cart|login} ttl={int 1 300}s'),
    debug(12, 'opened connection {int 1 4096} to {ip}:8080'),
  ],
  habits: [
    rare(3, info(0, 'certificate of shop.example.com valid for {int 20 80} more days')),
    rare(1.5, info(0, 'reloaded {int 40 60} routes from configuration revision {hex 7}')),
    rare(0.4, warn(0, 'clock differs from peer {ip} by {int 20 90} ms')),
    {
      perDay: 2,
      seconds: 40,
      messages: Array.from({ length: 6 }, () =>
        warn(0, 'retrying upstream {of catalog|checkout|auth}, attempt {int 2 3}, trace={hex 16}'),
      ),
    },
  ],
  restart: [
    info(0, 'starting gateway version 4.{int 10 14}.{int 0 9} on node-{int 1 9}'),
    info(0, 'loaded {int 40 60} routes'),
    info(0, 'listening on 0.0.0.0:8443'),
    info(0, 'ready after {ms 2300} ms'),
  ],
  ill: {
    novel: error(
      0,
      'TLS handshake with upstream checkout failed: certificate signed by unknown authority, peer {ip} trace={hex 16}',
    ),
    timeout: [error(0, 'upstream {of catalog|checkout|auth} timed out, answered 504 to trace={hex 16}', { ms: 5000 })],
    leak: [
      warn(2, 'heap at {load} percent, {int 200 900} connections open'),
      warn(1, 'garbage collection took {ms 640} ms, heap at {load} percent'),
    ],
    deploy: [
      error(4, 'TypeError: cannot read properties of undefined (reading basketId) at CartRoute.handle trace={hex 16}', {
        ms: 8,
      }),
      error(2, 'POST /api/cart 500 user={int 10000 99999} trace={hex 16}', { ms: 9 }),
    ],
  },
  rollout: info(0, 'compressed response with zstd, saved {skew 200 9000}B trace={hex 16}'),
};
