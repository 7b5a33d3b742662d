/** Gives a verdict to a running tocsin, by the same door as everybody. */
import { readFileSync } from 'node:fs';
import axios, { isAxiosError } from 'axios';
import { verdictValues, type VerdictValue } from '../../records/verdict.js';
import { exitCodes, UserError } from '../exit-codes.js';

interface FeedbackOptions {
  readonly url: string;
  readonly by: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

export async function feedback(
  alert: string,
  value: string,
  { url, by, tokenFile, json }: FeedbackOptions,
): Promise<void> {
  if (!(verdictValues as readonly string[]).includes(value)) {
    throw new UserError(`${value} is no verdict: say ${verdictValues.join(', ')}`);
  }
  const headers = tokenFile ? { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` } : {};
  try {
    const body = { alert, value: value as VerdictValue, by };
    const { data } = await axios.post<{ id: string }>(`${url.replace(/\/$/, '')}/api/verdicts`, body, {
      headers,
      timeout: 10_000,
      proxy: false,
    });
    console.log(json ? JSON.stringify(data) : `noted: ${alert} was ${value}`);
  } catch (error) {
    if (!isAxiosError(error)) throw error;
    const said = (error.response?.data as { error?: string; message?: string } | undefined) ?? {};
    if (error.response)
      throw new UserError(`refused: ${said.error ?? said.message ?? error.message}`, exitCodes.failed);
    throw new UserError(
      `no tocsin answers at ${url} (${error.code ?? error.message}): is it running, and is this its http.port?`,
      exitCodes.unavailable,
    );
  }
}
