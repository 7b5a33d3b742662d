/** Asks a running tocsin, by the same door as everybody. */
import { existsSync } from 'node:fs';
import axios, { isAxiosError } from 'axios';
import { underBase } from '../connectors/webhook/address.js';
import { StartError } from '../runtime/start-error.js';
import { readConfig } from '../service/configuration.js';
import { usualConfig } from './command-line.js';
import { readBounded } from '../config/bounded-read.js';

export interface ApiOptions {
  /** Address; that of TOCSIN_URL or of `config` where it is not given. */
  readonly url?: string;
  /** Configuration file of the process that is asked. */
  readonly config?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

interface Door {
  readonly url: string;
  readonly token?: string;
}

/** The configuration that counts: the one that is given; where no address is, that of this folder. */
export function configOf({ url, config }: ApiOptions): string | undefined {
  const given = url ?? (config === undefined ? process.env.TOCSIN_URL : undefined);
  return config ?? (given === undefined && existsSync(usualConfig) ? usualConfig : undefined);
}

/** Where a running tocsin is asked: `--url`, TOCSIN_URL, the `http` of a configuration, or the usual port. */
function doorOf(options: ApiOptions): Door {
  const { url, config: file, tokenFile } = options;
  const given = url ?? (file === undefined ? process.env.TOCSIN_URL : undefined);
  const config = configOf(options);
  const configured = config === undefined ? undefined : httpOf(config);
  const token = tokenFile === undefined ? configured?.token : tokenIn(tokenFile);
  const door = given ?? configured?.url ?? 'http://127.0.0.1:9464';
  return { url: door, ...(token === undefined ? {} : { token }) };
}

function httpOf(file: string): Door {
  const { http } = readConfig(file);
  if (http.port === 0)
    throw new StartError(`${file} has http.port: 0, a free port at every start: give the address with --url`);
  const host = http.host === '0.0.0.0' || http.host === '::' ? '127.0.0.1' : http.host;
  const url = `${http.tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${http.port}`;
  return { url, ...(http.token ? { token: http.token.reveal() } : {}) };
}

function tokenIn(file: string): string {
  try {
    return readBounded(file).trim();
  } catch (error) {
    throw new StartError(`--token-file ${file} cannot be read: ${(error as Error).message}`);
  }
}

/**
 * @throws StartError with what the server said, or that none answers
 */
export async function callApi<T>(
  method: 'get' | 'post' | 'delete',
  path: string,
  options: ApiOptions,
  body?: object,
): Promise<T> {
  const { url, token } = doorOf(options);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const { data } = await axios.request<T>({
      method,
      url: underBase(url, path),
      ...(body ? { data: body } : {}),
      headers,
      timeout: 10_000,
      proxy: false,
      maxRedirects: 0,
    });
    return data;
  } catch (error) {
    if (!isAxiosError(error)) throw error;
    const said = (error.response?.data as { error?: string; message?: string } | undefined) ?? {};
    if (error.response) throw new StartError(`refused: ${said.error ?? said.message ?? error.message}`, 'failed');
    if (/CERT|SIGNATURE|ALTNAME/.test(error.code ?? ''))
      throw new StartError(
        `${url} shows a certificate that is not trusted here (${error.code}): name the file of its authority in NODE_EXTRA_CA_CERTS`,
        'unavailable',
      );
    throw new StartError(
      `no tocsin answers at ${url} (${error.code ?? error.message}): is it running, and is this its http.port?`,
      'unavailable',
    );
  }
}
