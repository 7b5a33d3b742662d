/** What is wrong between us and the servers of NATS, in one line that says what to look at. */
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { certificateTrouble, messagesOf } from '../connection-trouble.js';

/** What of the settings the advice depends on. */
export interface NatsContext {
  readonly servers: readonly string[];
  /** How this client signs in. */
  readonly who: string;
  /** It speaks TLS and shows no certificate. */
  readonly isUnshown?: boolean;
}

/**
 * A line of what is wrong.
 *
 * @example
 * natsTrouble(error, { servers: ['nats://n:4222'], who: 'without a user' });
 * // 'NATS at nats://n:4222 is not reachable (ECONNREFUSED): does it run there?'
 */
export function natsTrouble(error: unknown, { servers, who, isUnshown = false }: NatsContext): string {
  const text = messagesOf(error);
  const at = `NATS at ${servers.join(', ')}`;
  if (/Authorization Violation|AuthorizationError|Authentication (?:Timeout|Expired)/i.test(text))
    return `${at} refuses this client (${who}): see username and password, token, nkey or credentials under nats`;
  if (/PermissionViolation|Permissions Violation/i.test(text))
    return `${at} does not let this client do that (${/"[^"]*"/.exec(text)?.[0] ?? who}): give it the permissions that docs/nats.md lists`;
  const certificate = certificateTrouble(text, at, 'nats.tls');
  if (certificate !== undefined) return certificate;
  if (/server does not support 'tls'/.test(text)) return `${at} does not speak TLS, and nats.tls is set`;
  if (/ENOENT|doesn't exist|PEM|ERR_OSSL/.test(text))
    return `a file of nats.tls or nats.credentials cannot be used: ${(error as Error).message}`;
  if (/JetStreamNotEnabled|jetstream (?:is )?not enabled/i.test(text))
    return `${at} has no JetStream for this account: start nats-server with -js, or enable it for the account`;
  const reached = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ECONNRESET/.exec(text)?.[0];
  if (reached === 'ENOTFOUND' || reached === 'EAI_AGAIN') return `the name of ${at} is not known (${reached})`;
  if (/TimeoutError|timeout/i.test(text))
    return `${at} does not answer (timeout): ${isUnshown ? 'it may want a certificate of this client (nats.tls.certificate and nats.tls.key)' : 'is it NATS, and not busy?'}`;
  if (reached !== undefined || /connection refused/i.test(text))
    return `${at} is not reachable (${reached ?? 'ECONNREFUSED'}): does it run there?`;
  return `${at} cannot be used: ${(error as Error).message}`;
}

/** Whether a stream is not there. */
export const isStreamMissing = (error: unknown): boolean =>
  error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;

/** What does not get better by trying again; its message is for people. */
export class StreamFault extends Error {
  override readonly name = 'StreamFault';
}
