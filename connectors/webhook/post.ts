/** One bounded HTTP POST, and what its outcome means for a retry. */
import axios, { isAxiosError, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import type { Readable } from 'node:stream';
import { EgressError, type EgressAgents } from './egress.js';

/** What became of a POST. `retryable`: the same body may succeed later. `sent`: it may have reached the receiver. */
export type PostOutcome =
  | { readonly ok: true; readonly status: number }
  | {
      readonly ok: false;
      readonly retryable: boolean;
      readonly sent: boolean;
      readonly error: string;
      readonly retryAfterMs?: number;
    };

/** How a request is sent. */
export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Limit of the whole exchange, ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Where it may go; anywhere without. */
  readonly agents?: EgressAgents;
}

/** Maximum bytes that are read of an answer: no more is needed to know the outcome. */
const answerLimit = 64 * 1024;

/**
 * POSTs JSON. Redirects are refused, answers are cut at 64 KiB. Retryable are: no connection, time-out, 408, 425, 429
 * and 5xx (RFC 9110); 410 Gone and the other 4xx are final.
 */
export async function postJson(
  url: string,
  body: string,
  { headers, timeoutMs, signal, agents }: PostOptions,
): Promise<PostOutcome> {
  return outcomeOf(timeoutMs, signal, async (limited) => {
    const answer = await axios.post<Readable>(url, body, {
      headers: { 'content-type': 'application/json', 'user-agent': 'tocsin', ...headers },
      responseType: 'stream',
      ...agents,
      ...limited,
      maxContentLength: Number.POSITIVE_INFINITY,
    });
    await discard(answer.data);
    return answer;
  });
}

/** Reads an answer up to the limit and closes it: what was answered is in its first line, however long the rest is. */
async function discard(body: Readable): Promise<void> {
  let bytes = 0;
  try {
    for await (const piece of body) {
      bytes += (piece as Buffer).length;
      if (bytes > answerLimit) break;
    }
  } catch {
    // The status has come: it counts.
  } finally {
    body.destroy();
  }
}

/**
 * GETs JSON, in full up to `limit` bytes, with the same bounds.
 *
 * @throws Error in words: no answer, an answer that is no success, one that is too long or no JSON
 */
export async function getJson(
  url: string,
  { timeoutMs, limit }: { timeoutMs: number; limit: number },
): Promise<unknown> {
  let text = '';
  const outcome = await outcomeOf(timeoutMs, undefined, async (limited) => {
    const answer = await axios.get<string>(url, {
      headers: { accept: 'application/json', 'user-agent': 'tocsin' },
      responseType: 'text',
      transformResponse: (body: unknown) => body,
      ...limited,
      maxContentLength: limit,
    });
    text = answer.data;
    return answer;
  });
  if (!outcome.ok) throw new Error(outcome.error);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error('answered something else than JSON');
  }
}

/**
 * What an exchange came to. `exchange` gets the bounds that every call to the outside has.
 *
 * @param timeoutMs limit of the whole exchange
 */
export async function outcomeOf(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  exchange: (limited: AxiosRequestConfig) => Promise<Pick<AxiosResponse, 'status' | 'headers'>>,
): Promise<PostOutcome> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const { status, headers: answer } = await exchange({
      timeout: timeoutMs,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      maxRedirects: 0,
      maxContentLength: answerLimit,
      maxBodyLength: Number.POSITIVE_INFINITY,
      proxy: false,
      validateStatus: () => true,
    });
    if (status >= 200 && status < 300) return { ok: true, status };
    if (status >= 300 && status < 400)
      return { ok: false, retryable: false, sent: true, error: `${status}: redirects are not followed` };
    const retryable = status === 408 || status === 425 || status === 429 || status >= 500;
    const retryAfterMs = parseRetryAfter(String(answer['retry-after'] ?? ''), Date.now());
    return {
      ok: false,
      retryable,
      sent: true,
      error: `answered ${status}`,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  } catch (error) {
    if (limit.aborted) return { ok: false, retryable: true, sent: true, error: `no answer within ${timeoutMs} ms` };
    const cause = (error as Error).cause;
    if (error instanceof EgressError || cause instanceof EgressError)
      return { ok: false, retryable: false, sent: false, error: (error as Error).message };
    const code = isAxiosError(error) ? error.code : undefined;
    const neverSent = code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN';
    return { ok: false, retryable: true, sent: !neverSent, error: code ?? (error as Error).message };
  }
}

/** Milliseconds of a Retry-After header (RFC 9110, 10.2.3): seconds or a date; undefined where it is neither. */
export function parseRetryAfter(text: string, now: number): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
