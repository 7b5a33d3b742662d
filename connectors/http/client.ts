/** Who is at the other end of a request, behind the proxies that are trusted. */
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/** Some proxies write the port of the client, too: `203.0.113.9:51234`, `[2001:db8::9]:51234`. */
const withPort = /^(?:\[([^\]]+)\]|([0-9.]+))(?::\d{1,5})?$/;

/**
 * The address of the client: the right-most in `X-Forwarded-For` that is no trusted proxy, where one has brought the request;
 * else that of the connection. What is no address there is not believed.
 */
export function clientOf({ ip, socket }: FastifyRequest): string {
  const [, v6, v4] = withPort.exec(ip) ?? [];
  const address = v6 ?? v4 ?? ip;
  return isIP(address) > 0 ? address : (socket.remoteAddress ?? '');
}
