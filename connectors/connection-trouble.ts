/** What is wrong with a connection, as far as its errors say so for any bus: their messages, and faults of certificates. */

/** Messages of an error and of its causes. */
export function messagesOf(error: unknown): string {
  const messages: string[] = [];
  for (
    let at = error, depth = 0;
    at instanceof Error && depth < 8;
    at = at.cause ?? (at as { originalError?: unknown }).originalError, depth++
  )
    messages.push(`${at.name} ${(at as { code?: string }).code ?? ''} ${at.message}`);
  return messages.length === 0 ? String(error) : messages.join(' | ');
}

/** What the messages of an error say of a certificate. */
const sayings: readonly (readonly [RegExp, (at: string, settings: string) => string])[] = [
  [/CERT_HAS_EXPIRED|certificate has expired/i, (at) => `the certificate of ${at} has expired`],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID|does not match certificate's altnames/,
    (at, tls) => `the certificate of ${at} is for other names: use one of them, or set ${tls}.server_name`,
  ],
  [
    /SELF_SIGNED|self[- ]signed certificate|UNABLE_TO_VERIFY_LEAF|UNABLE_TO_GET_ISSUER|unable to (?:verify|get)/i,
    (at, tls) =>
      `the certificate of ${at} is not signed by an authority that is trusted here: set ${tls}.ca to the PEM of its authority`,
  ],
  [
    /alert (?:bad )?certificate|certificate required|alert unknown ca|alert number (?:42|46|48|116)|bad certificate/i,
    (at, tls) => `${at} does not accept the certificate of this client: see ${tls}.certificate and ${tls}.key`,
  ],
];

/**
 * A line of what is wrong with a certificate; undefined where nothing is.
 *
 * @param text - messages of the error
 * @param at - what was connected to, in words
 * @param tls - path of the settings: `kafka.tls`
 */
export function certificateTrouble(text: string, at: string, tls: string): string | undefined {
  const found = sayings.find(([pattern]) => pattern.test(text));
  return found?.[1](at, tls);
}
