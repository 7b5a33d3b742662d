/** Asks a running tocsin, by the same door as everybody. */
import { readFileSync } from 'node:fs';
import axios, { isAxiosError } from 'axios';
import { underBase } from '../connectors/webhook/address.js';
import { StartError } from '../runtime/start-error.js';

export interface ApiOptions {
  readonly url: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

/**
 * @throws StartError with what the server said, or that none answers
 */
export async function callApi<T>(
  method: 'get' | 'post' | 'delete',
  path: string,
  { url, tokenFile }: ApiOptions,
  body?: object,
): Promise<T> {
  const headers = tokenFile ? { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` } : {};
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
