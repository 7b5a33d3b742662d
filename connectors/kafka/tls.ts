/** TLS to the brokers with files that are read again when they have changed: certificates are renewed under a running process. */
import { readFileSync, statSync } from 'node:fs';
import { connect as connectPlain, isIP } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';
import type { TlsFiles } from '../tls-files.js';

const keepAliveMs = 60_000;

/** The files of a setting as a context, made again when one of them has changed. */
export class ReloadedContext {
  private context: SecureContext | undefined;
  private stamp = '';

  constructor(
    private readonly files: TlsFiles,
    /** Told where changed files cannot be used: what was there before is used on. */
    private readonly warn: (message: string) => void,
  ) {}

  /** @throws Error at the first time, where a file cannot be read or is no PEM */
  get(): SecureContext {
    try {
      const stamp = this.stampOf();
      if (this.context && stamp === this.stamp) return this.context;
      const { ca, certificate, key, passphrase } = this.files;
      const read = (path: string | undefined): Buffer | undefined =>
        path === undefined ? undefined : readFileSync(path);
      this.context = createSecureContext({
        ca: read(ca),
        cert: read(certificate),
        key: read(key),
        ...(passphrase ? { passphrase: passphrase.reveal() } : {}),
      });
      this.stamp = stamp;
    } catch (error) {
      const { ca, certificate, key } = this.files;
      const names = [ca, certificate, key].filter((path) => path !== undefined).join(', ');
      const message = `the TLS files of kafka.tls cannot be used (${names}): ${(error as Error).message}`;
      if (!this.context) throw new Error(message, { cause: error });
      this.warn(`${message}; those that were read before are used on`);
    }
    return this.context;
  }

  private stampOf(): string {
    return [this.files.ca, this.files.certificate, this.files.key]
      .map((path) => {
        if (path === undefined) return '';
        const { mtimeMs, size, ino } = statSync(path);
        return `${mtimeMs} ${size} ${ino}`;
      })
      .join('|');
  }
}

/** Opens sockets to brokers: with TLS where there are settings of it. */
export function socketFactory(tls: TlsFiles | undefined, warn: (message: string) => void): ISocketFactory {
  const context = tls && new ReloadedContext(tls, warn);
  return ({ host, port, onConnect }) => {
    const secure = context && {
      secureContext: context.get(),
      ...(tls.server_name !== undefined
        ? { servername: tls.server_name }
        : isIP(host) === 0
          ? { servername: host }
          : {}),
    };
    const socket = secure ? connectTls({ host, port, ...secure }, onConnect) : connectPlain({ host, port }, onConnect);
    socket.setKeepAlive(true, keepAliveMs);
    return socket;
  };
}
