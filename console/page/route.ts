/** Where the page is: `#/alerts/ID?status=firing`. What a view shows is in its address, so that it can be sent to others. */
import { useEffect, useState } from 'preact/hooks';

export interface PagePlace {
  /** Parts of the path, decoded. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

export function placeOf(hash: string): PagePlace {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?');
  const parts = path.split('/').filter((part) => part !== '');
  return { parts: parts.map(decoded), query: new URLSearchParams(search) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a view. */
export function hrefOf(parts: readonly string[], query: Readonly<Record<string, string | undefined>> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) search.set(name, value);
  const text = search.toString();
  return `#/${parts.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

export function usePlace(): PagePlace {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const moved = (): void => setHash(location.hash);
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  return placeOf(hash);
}

/** Changes what is asked in the address; the history keeps one step. */
export function setQuery(place: PagePlace, change: Readonly<Record<string, string | undefined>>): void {
  const query: Record<string, string | undefined> = { ...Object.fromEntries(place.query), ...change };
  history.replaceState(null, '', hrefOf(place.parts, query));
  dispatchEvent(new HashChangeEvent('hashchange'));
}

export const goTo = (href: string): void => void (location.hash = href);
