/** Why brokers cannot be used, in words with the next step: kafkajs names the symptom only. */

const causes: readonly (readonly [RegExp, string])[] = [
  [/ENOTFOUND|EAI_AGAIN/, 'the name is not known here: check the spelling and the DNS of this machine'],
  [/ECONNREFUSED/, 'nothing listens there: check host and port, and that the broker runs'],
  [/EHOSTUNREACH|ENETUNREACH/, 'there is no way to that network from here'],
  [/ETIMEDOUT|Connection timeout/i, 'no answer: a firewall, or a broker that hangs'],
  [
    /wrong version number|before secure TLS connection|EPROTO|packet length too long/i,
    'the listener does not speak TLS: set kafka.tls to false, or use the port of its TLS listener',
  ],
  [/self.signed|unable to verify|unable to get (local )?issuer|CERT_|altname/i, 'its certificate is not trusted here'],
  [
    /authentication failed|invalid credentials|SASL_AUTHENTICATION_FAILED/i,
    'user or password is wrong: check kafka.username and kafka.password',
  ],
  [
    /ILLEGAL_SASL_STATE|not valid given the current SASL state|UNSUPPORTED_SASL|mechanism.*(not enabled|not supported|unsupported)/i,
    'the listener has no SASL of this kind: take kafka.username and kafka.password out, or use the port of its SASL listener',
  ],
  [
    /AUTHORIZATION_FAILED|not authorized/i,
    'this user may not do that: give it access to the topics and to the consumer groups',
  ],
  [
    /Closed connection|ECONNRESET|socket hang up|Request .* timed out/i,
    'the listener closes the connection: it may want TLS (kafka.tls: true) or SASL (kafka.username)',
  ],
];

/** The cause of an error of the client, or of one of its log messages; undefined where it is none of the known ones. */
export function causeOf(text: string): string | undefined {
  return causes.find(([pattern]) => pattern.test(text))?.[1];
}

/** An error with all that it was caused by, as one text. */
export function wholeText(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at instanceof Error && parts.length < 5; at = at.cause) parts.push(`${at.name}: ${at.message}`);
  return parts.length > 0 ? parts.join('; ') : String(error);
}
