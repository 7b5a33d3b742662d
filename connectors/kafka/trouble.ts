/** What is wrong between us and the brokers, in one line that says what to look at. */
import { certificateTrouble, messagesOf } from '../connection-trouble.js';

/** What of the settings the advice depends on. */
export interface TroubleContext {
  readonly brokers: readonly string[];
  readonly tls: boolean;
  /** Mechanism of SASL, where there is one. */
  readonly mechanism?: string;
  readonly username?: string;
}

/** The address that an error is about, where it says so. */
function brokerOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const { broker } = at as { broker?: unknown };
    if (typeof broker === 'string' && broker !== '') return broker;
  }
  return undefined;
}

/**
 * A line of what is wrong; undefined where the error is none of connecting or signing in.
 *
 * @example
 * kafkaTrouble(error, { brokers: ['b:9092'], tls: false });
 * // 'Kafka at b:9092 is not reachable (ECONNREFUSED): does it run there, and is the port that of a listener?'
 */
export function kafkaTrouble(error: unknown, context: TroubleContext): string | undefined {
  const text = messagesOf(error);
  const { tls, mechanism, username } = context;
  const at = `Kafka at ${brokerOf(error) ?? context.brokers.join(', ')}`;
  const who = `${username === undefined ? '' : `user ${username} `}(${mechanism ?? 'no SASL'})`;
  if (/the token (?:command|server)|bearer token for Kafka|no token for Amazon|TLS files of kafka\.tls/.test(text))
    return /(?:the token (?:command|server)|the bearer token for Kafka|no token for Amazon|the TLS files of kafka\.tls)[^|]*/
      .exec(text)![0]
      .trim();
  if (
    /UNSUPPORTED_SASL_MECHANISM|(?:does not|doesn't) support the (?:requested )?(?:SASL )?mechanism|not supported by (?:the )?server|not enabled/i.test(
      text,
    )
  )
    return `${at} does not offer ${mechanism}: see kafka.sasl.mechanism and the listener's sasl.enabled.mechanisms`;
  if (/ILLEGAL_SASL_STATE|not valid given the current SASL state/.test(text))
    return mechanism === undefined
      ? `${at} wants SASL and kafka.sasl is not set`
      : `${at} has a listener without SASL, and kafka.sasl is set: another port may be the one with SASL`;
  if (/SASLAuthenticationError|SASL_AUTHENTICATION_FAILED|authentication failed/i.test(text))
    return mechanism === 'oauthbearer' || mechanism === 'aws-msk-iam'
      ? `${at} refuses the bearer token: expired, or of an issuer or audience that it does not accept`
      : `${at} refuses ${who}: wrong user or password`;
  const certificate = certificateTrouble(text, at, 'kafka.tls');
  if (certificate !== undefined) return certificate;
  if (
    tls &&
    /wrong version number|EPROTO|packet length too long|before secure TLS connection|ssl3_get_record/i.test(text)
  )
    return `${at} does not speak TLS, and kafka.tls is set: another port may be the one with TLS`;
  if (/AUTHORIZATION_FAILED|not authorized/i.test(text))
    return `${at} does not let ${who} do that: give it access to the topics and to the consumer groups`;
  const reached = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/.exec(text)?.[0];
  if (reached === 'ENOTFOUND' || reached === 'EAI_AGAIN') return `the name of ${at} is not known (${reached})`;
  if (reached !== undefined || /Connection timeout/.test(text))
    return `${at} is not reachable (${reached ?? 'timeout'}): does it run there, and is the port that of a listener?`;
  if (/No brokers in the broker pool/.test(text) && mechanism !== undefined)
    return `${at} ends the connection while ${who} signs in: see kafka.sasl`;
  if (
    /ECONNRESET|EPIPE|ConnectionClosed|Closed connection|socket hang up|ERR_INVALID_ARG_VALUE|out of range|invalid response/i.test(
      text,
    )
  ) {
    if (tls)
      return `${at} closes the connection at once: it may want a client certificate (kafka.tls.certificate), or SASL (kafka.sasl)`;
    return `${at} closes the connection at once: its listener may speak TLS (kafka.tls), or want SASL (kafka.sasl)`;
  }
  return undefined;
}
