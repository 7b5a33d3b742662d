/** An address as people may see it. */

/**
 * Without user information and fragment; the values of its query are stars.
 *
 * @example shownUrl('https://me:key@host/a?token=1') // 'https://host/a?token=***'
 */
export function shownUrl(address: string): string {
  if (!URL.canParse(address)) return '***';
  const url = new URL(address);
  const names = [...url.searchParams.keys()];
  const query = names.map((name) => `${encodeURIComponent(name)}=***`).join('&');
  return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}${query && `?${query}`}`;
}
