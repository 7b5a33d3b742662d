/** Why what was posted is no request of OpenTelemetry that can be read: asked before it is taken, so that its sender hears of it. */
import { otlp, otlpSignal } from '../../formats/otlp.js';
import { groupsOfWire } from '../../formats/otlp/request.js';
import { WireError } from '../../records/wire/protobuf.js';

const context = { timestamp: 0, isFirst: false } as const;
/** Reasons for which a request is refused whole. */
const whole = ['not-otlp', 'other-signal', 'bad-payload'];

/** Asks a request of a signal: a sentence, or undefined where it is read. A record in it that lacks something is a dead letter. */
export function requestFault(): (request: Uint8Array, signal: 'logs' | 'metrics') => string | undefined {
  const format = otlp();
  return (request, signal) => {
    // An empty request holds nothing, and is none that is wrong.
    if (isEmpty(request)) return undefined;
    let fault: string | undefined;
    format.read(request, 0, request.length, context, {
      found: () => undefined,
      passed: () => undefined,
      refused: (reason, detail) => {
        if (whole.includes(reason)) fault ??= detail;
      },
    });
    if (fault !== undefined) return fault;
    const found = otlpSignal(request, 0, request.length);
    return found === undefined || found === signal
      ? undefined
      : `the request holds ${found}: post it to /v1/${found}, and its source has signal: ${found}`;
  };
}

function isEmpty(request: Uint8Array): boolean {
  if (request[0] !== 0x0a)
    return request.length < 64 && /^\s*(?:\{\s*\}\s*)?$/.test(Buffer.from(request).toString('latin1'));
  try {
    for (const { items } of groupsOfWire(request, 0, request.length, () => 0)) if (items.length > 0) return false;
    return otlpSignal(request, 0, request.length) === undefined;
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}
