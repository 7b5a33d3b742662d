/** The TLS settings of a bus as files: `kafka.tls`, `nats.tls`. */

/** Paths of PEM files, and the name to expect. */
export interface TlsFiles {
  /** PEM of the authorities that are trusted instead of the usual ones. */
  readonly ca?: string | undefined;
  /** PEM of the certificate of this client, with its chain, and of its key. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly passphrase?: { reveal(): string } | undefined;
  /** Name that the certificates of the servers must have, instead of the one that is connected to. */
  readonly server_name?: string | undefined;
}
