/** The stream of changes as server-sent events (WHATWG HTML, 9.2). */
import { HttpProblem } from '../../connectors/http/problem.js';
import { route, type ApiRoute } from '../api/route.js';
import type { Hub, LiveEvent } from './hub.js';

const heartbeatMs = 15_000;
/** Streams at once: a browser needs one. */
const maxStreams = 200;
/** Bytes that may wait for a reader that does not read. */
const maxWaiting = 256 * 1024;

const frame = ({ id, event, data }: LiveEvent): string =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify({
    topics: data.topics,
    decidedTo: data.decidedTo > 0 ? new Date(data.decidedTo).toISOString() : null,
  })}\n\n`;

/** @param heartbeat - ms between two comments that keep proxies and browsers from giving up */
export function streamRoute(hub: Hub, heartbeat = heartbeatMs): ApiRoute {
  return route({
    method: 'GET',
    path: '/stream',
    tag: 'live',
    scope: 'read',
    uncounted: true,
    media: 'text/event-stream',
    summary: 'Server-sent events: which lists have changed. After a break, Last-Event-ID brings what was missed.',
    handle: ({ request, reply }) => {
      if (hub.size >= maxStreams) throw new HttpProblem(503, `${maxStreams} browsers listen already`);
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      raw.write('retry: 1000\n: listening\n\n');
      let leave = (): void => undefined;
      const end = (): void => {
        clearInterval(beat);
        leave();
        raw.destroy();
      };
      const write = (text: string): void => {
        // Who does not read is let go, and comes back with its last id.
        if (raw.writableLength > maxWaiting) end();
        else raw.write(text);
      };
      const beat = setInterval(() => write(': still here\n\n'), heartbeat).unref();
      const last = request.headers['last-event-id'];
      leave = hub.listen(typeof last === 'string' ? last : undefined, (event) => write(frame(event)));
      raw.on('close', end);
      return reply;
    },
  });
}
