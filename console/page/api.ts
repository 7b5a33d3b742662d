/** Asks the API, by the address that the page came from. */
export type Query = Readonly<Record<string, string | number | boolean | readonly (string | number)[] | undefined>>;

/** A refusal (RFC 9457), or that no server answers (status 0). */
export class RequestRefused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

let csrf = '';
/** What a session has to send along with what changes something. */
export const setCsrf = (value: string): void => void (csrf = value);

/** A path with its query: what answers are remembered by. */
export function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === '') continue;
    for (const one of Array.isArray(value) ? (value as readonly (string | number)[]) : [value as string])
      search.append(name, String(one));
  }
  const text = search.toString();
  return `${path}${text === '' ? '' : `?${text}`}`;
}

async function ask<T>(method: string, path: string, body?: object, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: {
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(csrf === '' ? {} : { 'x-csrf-token': csrf }),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RequestRefused(0, 'tocsin does not answer: it may be restarting');
  }
  if (response.status === 204) return undefined as T;
  // Cut off on its way, by the server or by a view that is left: it is no answer.
  if (response.ok) return (await response.json()) as T;
  const problem = (await response.json().catch(() => ({}))) as { detail?: string };
  throw new RequestRefused(response.status, problem.detail ?? `refused with status ${response.status}`);
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> =>
  ask<T>('GET', path.startsWith('api/') ? path : `api/v1/${path}`, undefined, signal);
export const post = <T>(path: string, body: object): Promise<T> =>
  ask<T>('POST', path.startsWith('api/') ? path : `api/v1/${path}`, body);
export const remove = <T>(path: string): Promise<T> =>
  ask<T>('DELETE', path.startsWith('api/') ? path : `api/v1/${path}`);
