/** Names of time zones. */

/** Whether a text is a zone of the IANA database, or an offset such as `+02:00`. */
export function isZone(name: string): boolean {
  if (/^(?:UTC|GMT)?[+-](?:0?\d|1[0-4])(?::?[0-5]\d)?$/.test(name)) return true;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
