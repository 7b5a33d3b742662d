/** The other end of a webhook: takes requests, verifies their Standard Webhooks signatures, and behaves as told. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';

/** One request as it came. */
export interface ReceivedRequest {
  /** Wall-clock milliseconds at which the body was complete. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The raw body: signatures are over these bytes. */
  readonly body: string;
  /** `valid`; or why not; `unchecked` without a secret. */
  readonly signature: string;
}

/** What to answer. Without a status: 200. */
export interface Behaviour {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** Wait this many milliseconds first. */
  delayMs?: number;
  /** Begin to answer, and send a byte of the body every 50 ms for ever. */
  trickle?: boolean;
  /** Never answer and keep the connection open. */
  hang?: boolean;
  /** Cut the connection without an answer. */
  reset?: boolean;
}

export interface Receiver {
  readonly url: string;
  /** Everything received so far, in order of arrival. */
  readonly requests: readonly ReceivedRequest[];
  /** From now on answers are what `decide` returns; it sees the request and how many came before it. */
  behave(decide: (request: ReceivedRequest, index: number) => Behaviour): void;
  /** Resolves with the requests once there are `count` of them that match (all by default). */
  waitFor(
    count: number,
    limits?: { ms?: number; matching?: (request: ReceivedRequest) => boolean },
  ): Promise<readonly ReceivedRequest[]>;
  stop(): Promise<void>;
}

/** Reads a request's body to its end. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

/** `valid`, or the reason for which the Standard Webhooks library refuses it. */
function verify(secret: string, body: string, headers: IncomingHttpHeaders): string {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return 'valid';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Starts a receiver on a free port of 127.0.0.1.
 *
 * @param options.secret the shared secret (base64, with or without `whsec_`); with it a request whose signature is not
 * valid is recorded and answered with 401, whatever `behave` says
 */
export async function startReceiver({ secret }: { secret?: string } = {}): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  let decide: (request: ReceivedRequest, index: number) => Behaviour = () => ({});
  const server = createServer((request, response) => {
    void (async () => {
      const body = await bodyOf(request);
      const received: ReceivedRequest = {
        at: Date.now(),
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body,
        signature: secret === undefined ? 'unchecked' : verify(secret, body, request.headers),
      };
      const index = requests.push(received) - 1;
      const refused = secret !== undefined && received.signature !== 'valid';
      const behaviour = refused ? { status: 401, body: received.signature } : decide(received, index);
      if (behaviour.delayMs !== undefined) await sleep(behaviour.delayMs);
      if (behaviour.hang) return;
      if (behaviour.reset) {
        request.socket.resetAndDestroy();
        return;
      }
      response.writeHead(behaviour.status ?? 200, behaviour.headers);
      while (behaviour.trickle && !response.destroyed) {
        response.write('.');
        await sleep(50);
      }
      response.end(behaviour.body ?? '');
    })().catch(() => {
      request.socket.destroy(); // the sender hung up before its body was complete
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    behave: (next) => {
      decide = next;
    },
    waitFor: async (count, { ms = 10_000, matching = () => true } = {}) => {
      for (const began = Date.now(); ;) {
        await sleep(10);
        const matched = requests.filter(matching);
        if (matched.length >= count) return matched;
        if (Date.now() - began > ms) {
          throw new Error(
            `the receiver got ${matched.length} of ${count} expected requests within ${ms} ms (${requests.length} in all)`,
          );
        }
      }
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
