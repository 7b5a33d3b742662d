/** Logs and metrics that are posted: OTLP, lines, and Prometheus remote write. Answered once they are durable. */
import { gunzip } from 'node:zlib';
import { promisify } from 'node:util';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { allowed, type ApiToken } from './tokens.js';
import { unzstd, ZstdRefused } from './zstd.js';

/** Takes what is posted of one signal. */
export interface PushedIntake {
  /** Largest body, packed and unpacked, bytes. */
  readonly bodyLimit: number;
  /** Why a request of OpenTelemetry cannot be read as a whole; undefined where it can. */
  fault(request: Uint8Array): string | undefined;
  /**
   * Resolves when the values are durable.
   *
   * @returns why they cannot be taken now, and in how many seconds it may be tried again; undefined where they were
   */
  take(values: readonly Uint8Array[], headers: FastifyRequest['headers']): Promise<Refusal | undefined>;
}

/** Why nothing is taken now. */
export interface Refusal {
  /** 429: this sender is too fast. 503: what was taken is not read yet, or nothing reads so far. */
  readonly code: 429 | 503;
  readonly error: string;
  readonly afterSeconds: number;
}

/** What is posted. */
export type IntakeSignal = 'logs' | 'metrics';

const unzip = promisify(gunzip);
const newline = 0x0a;
/** Lines of one value: a slice of work. */
const pieceBytes = 65_536;

interface IntakeRoute {
  readonly url: string;
  readonly signal: IntakeSignal;
  /** Content types that it understands; any where there is none. */
  readonly types?: readonly string[];
  readonly encodings: readonly string[];
  /** The body is one request of OpenTelemetry. */
  readonly isRequest?: boolean;
  readonly values: (body: Buffer) => readonly Uint8Array[];
  readonly answer: (reply: FastifyReply, type: string, values: readonly Uint8Array[]) => unknown;
}

const otlp = {
  types: ['application/x-protobuf', 'application/json'],
  encodings: ['identity', 'gzip', 'zstd'],
  isRequest: true,
} as const;
/** An empty response: all was taken. */
const otlpAnswer = (reply: FastifyReply, type: string): unknown =>
  type === 'application/json' ? reply.type(type).send('{}') : reply.type(type).send(Buffer.alloc(0));

const routes: readonly IntakeRoute[] = [
  { url: '/v1/logs', signal: 'logs', ...otlp, values: (body) => [body], answer: otlpAnswer },
  { url: '/v1/metrics', signal: 'metrics', ...otlp, values: (body) => [body], answer: otlpAnswer },
  {
    url: '/v1/lines',
    signal: 'logs',
    encodings: ['identity', 'gzip', 'zstd'],
    values: piecesOf,
    answer: (reply, _type, values) => reply.send({ lines: values.reduce((sum, value) => sum + linesIn(value), 0) }),
  },
  {
    url: '/api/v1/write',
    signal: 'metrics',
    types: ['application/x-protobuf'],
    // A block of Snappy is read as it is.
    encodings: ['identity', 'snappy'],
    values: (body) => [body],
    answer: (reply) => reply.code(204).send(),
  },
];

/** Adds the routes of the signals that a source takes; while the pipeline starts they answer 503. */
export function intakeRoutes(
  server: FastifyInstance,
  signals: ReadonlyMap<IntakeSignal, number>,
  intake: (signal: IntakeSignal) => PushedIntake | undefined,
  tokens: readonly ApiToken[],
): void {
  void server.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));
    for (const route of routes) {
      const bodyLimit = signals.get(route.signal);
      if (bodyLimit === undefined) continue;
      const options = { bodyLimit, onRequest: allowed(tokens, 'write'), config: { uncounted: true as const } };
      scope.post(route.url, options, (request, reply) => take(route, request, reply, intake(route.signal)));
    }
    done();
  });
}

async function take(
  route: IntakeRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  intake: PushedIntake | undefined,
): Promise<unknown> {
  if (!intake) return refuse(reply, { code: 503, error: 'tocsin is starting', afterSeconds: 1 });
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (route.types && !route.types.includes(type))
    return reply
      .code(415)
      .send({ error: `content-type: ${type || 'none'} is not read here: ${route.types.join(', ')}` });
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (!route.encodings.includes(encoding))
    return reply
      .code(415)
      .send({ error: `content-encoding: ${encoding} is not read here: ${route.encodings.join(', ')}` });
  let body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  if (encoding === 'gzip') {
    try {
      body = await unzip(body, { maxOutputLength: intake.bodyLimit });
    } catch (error) {
      const isLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
      const what = isLarge ? `the body has more than ${intake.bodyLimit} bytes unpacked` : 'the body is no gzip';
      return reply.code(isLarge ? 413 : 400).send({ error: what });
    }
  }
  if (encoding === 'zstd') {
    try {
      body = unzstd(body, intake.bodyLimit);
    } catch (error) {
      if (!(error instanceof ZstdRefused)) throw error;
      return reply.code(error.isLarge ? 413 : 400).send({ error: error.message });
    }
  }
  if (route.isRequest && body.length > 0) {
    if ((type === 'application/json') !== (body.toString('latin1', 0, 64).trimStart()[0] === '{'))
      return reply.code(400).send({
        error:
          type === 'application/json'
            ? 'the body is no JSON object'
            : 'the body is no Protobuf, but begins as JSON does: say content-type: application/json',
      });
    const fault = intake.fault(body);
    if (fault !== undefined) return reply.code(400).send({ error: fault });
  }
  const values = body.length === 0 ? [] : route.values(body);
  const refusal = await intake.take(values, request.headers);
  if (refusal) return refuse(reply, refusal);
  return route.answer(reply, type, values);
}

const refuse = (reply: FastifyReply, { code, error, afterSeconds }: Refusal): FastifyReply =>
  reply.code(code).header('retry-after', String(afterSeconds)).send({ error });

/** Lines in pieces: what one holds is read in one go. */
function piecesOf(body: Buffer): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let from = 0; from < body.length;) {
    const last = body.lastIndexOf(newline, from + pieceBytes - 1);
    const next = last < from ? body.indexOf(newline, from) : last;
    const to = next < 0 || body.length - from <= pieceBytes ? body.length : next + 1;
    const piece = body.subarray(from, to);
    if (!isBlank(piece)) pieces.push(piece);
    from = to;
  }
  return pieces;
}

const isBlank = (piece: Buffer): boolean => piece.every((byte) => byte === newline || byte === 0x0d);

function linesIn(value: Uint8Array): number {
  let lines = value.at(-1) === newline ? 0 : 1;
  for (const byte of value) if (byte === newline) lines++;
  return lines;
}
