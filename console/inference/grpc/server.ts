/** The inference protocol over gRPC: the same answers as over HTTP, at a port of its own, with the same tokens. */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { sendUnaryData, ServerCredentials, ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Config } from '../../../config/schema.js';
import { HttpProblem } from '../../../connectors/http/problem.js';
import { callerBy, mayDo, tokenNeeded, type ApiToken } from '../../../connectors/http/tokens.js';
import { StartError } from '../../../runtime/start-error.js';
import { refusalOf, type Answering, type NamedModel } from '../answering.js';
import { maxBody, maxLate } from '../routes.js';
import { bytesOf } from '../tensors.js';
import { asInferRequest, message, type GrpcRequest } from './protocol.js';

export interface GrpcDoor {
  readonly port: number;
  close(): void;
}

interface NamedRequest {
  readonly name: string;
  readonly version: string;
}

/** One of the two, by the method that was called. */
type AnyRequest = NamedRequest & GrpcRequest;
type Call = ServerUnaryCall<AnyRequest, object>;
type Method = (request: AnyRequest) => object | Promise<object>;

/** Codes of gRPC by HTTP status; others are internal. */
const codes = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'FAILED_PRECONDITION',
  413: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
} as const;
const codeOf = (status: number) => (status in codes ? codes[status as keyof typeof codes] : 'INTERNAL');

/** Largest part of a message beside the tensors, bytes. */
const envelope = 64 * 1024;

/**
 * Listens at `http.grpc_port` of `http.host`, with `http.tls` where there is one. The library is loaded by this alone.
 *
 * @throws StartError where the port cannot be had
 */
export async function openGrpc(
  { host, grpc_port: port = 0, tls }: Pick<Config['http'], 'host' | 'grpc_port' | 'tls'>,
  answering: Answering,
  tokens: readonly ApiToken[],
): Promise<GrpcDoor> {
  const { logVerbosity, Server, ServerCredentials, setLogVerbosity, status: statuses } = await import('@grpc/grpc-js');
  // What it has to say is in the errors that are thrown here.
  setLogVerbosity(logVerbosity.NONE);
  const late = monitorEventLoopDelay({ resolution: 20 });
  late.enable();
  /** Median of the last second or so, ms. */
  let lateness = 0;
  const looking = setInterval(() => {
    lateness = late.percentile(50) / 1e6;
    late.reset();
  }, 1000).unref();
  const server = new Server({
    'grpc.max_receive_message_length': maxBody + envelope,
    'grpc.max_concurrent_streams': 128,
  });
  const methods = methodsOf(answering);
  const implementation: UntypedServiceImplementation = {};
  const definition: Record<string, ReturnType<typeof described>> = {};
  for (const [name, method] of Object.entries(methods)) {
    definition[name] = described(name);
    implementation[name] = (call: Call, done: sendUnaryData<object>): void => {
      const answer = async (): Promise<object> => {
        refuseStranger(call, tokens);
        if (lateness > maxLate) throw new HttpProblem(503, 'the process is busy with its stream: try again');
        return method(call.request);
      };
      answer().then(
        (response) => done(null, response),
        (error: unknown) => {
          const { status, message: details } = refusalOf(error);
          done({ code: statuses[codeOf(status)], details });
        },
      );
    };
  }
  server.addService(definition, implementation);
  const close = (): void => {
    clearInterval(looking);
    late.disable();
    server.forceShutdown();
  };
  const credentials: ServerCredentials = tls
    ? ServerCredentials.createSsl(null, [{ cert_chain: readFileSync(tls.cert), private_key: readFileSync(tls.key) }])
    : ServerCredentials.createInsecure();
  try {
    const bound = await new Promise<number>((resolve, reject) => {
      const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
      server.bindAsync(address, credentials, (error, at) => (error ? reject(error) : resolve(at)));
    });
    return { port: bound, close };
  } catch (error) {
    close();
    throw new StartError(
      `gRPC cannot listen on ${host}:${port} (${(error as Error).message}): set http.grpc_port to a free one (0 takes any)`,
      'failed',
    );
  }
}

function methodsOf(answering: Answering): Readonly<Record<string, Method>> {
  const named = ({ name, version }: NamedRequest): NamedModel => ({
    model: name,
    ...(version === '' ? {} : { version }),
  });
  return {
    ServerLive: () => ({ live: true }),
    ServerReady: async () => ({ ready: await answering.models.isReady() }),
    ModelReady: async (request: NamedRequest) => {
      const { model, version } = named(request);
      try {
        await answering.models.find(model, version);
        return { ready: true };
      } catch (error) {
        if (error instanceof HttpProblem && error.status === 503) return { ready: false };
        throw error;
      }
    },
    ServerMetadata: () => answering.server(),
    ModelMetadata: (request: NamedRequest) => answering.metadata(named(request)),
    ModelInfer: async (grpc: GrpcRequest) => {
      const asked = asInferRequest(grpc);
      if (!asked) throw new HttpProblem(400, 'raw_input_contents needs an entry for each input, or none at all');
      const { name, version, outputs } = await answering.infer(
        named({ name: grpc.model_name, version: grpc.model_version }),
        asked.request,
        asked.rest,
      );
      return {
        ...{ model_name: name, model_version: version, id: grpc.id },
        outputs: outputs.map(({ name: output, datatype, shape }) => ({ name: output, datatype, shape })),
        raw_output_contents: outputs.map(bytesOf),
      };
    },
  };
}

/** @throws Problem where the caller may not read */
function refuseStranger(call: Call, tokens: readonly ApiToken[]): void {
  const headers = call.metadata.getMap();
  const peer = call.getPeer();
  const caller = callerBy(
    {
      headers,
      authorization: String(headers.authorization ?? ''),
      host: call.getHost(),
      // Address and port.
      ip: peer.slice(0, peer.lastIndexOf(':')).replace(/^\[|\]$/g, ''),
    },
    tokens,
  );
  if (!caller) throw new HttpProblem(401, tokenNeeded);
  if (!mayDo(caller, 'read')) throw new HttpProblem(403, `token ${caller.name} has no scope read`);
}

function described(method: string) {
  const [request, response] = [message(`${method}Request`), message(`${method}Response`)];
  return {
    path: `/inference.GRPCInferenceService/${method}`,
    requestStream: false as const,
    responseStream: false as const,
    requestSerialize: (value: object) => request.write(value),
    requestDeserialize: (bytes: Buffer) => request.read(bytes),
    responseSerialize: (value: object) => response.write(value),
    responseDeserialize: (bytes: Buffer) => response.read(bytes),
  };
}
