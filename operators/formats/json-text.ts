/** Texts of JSON without their escapes. */

/** Undoes the escapes of a JSON text; what is no valid escape stays as it is. */
export function unescaped(raw: Uint8Array): Buffer {
  const bytes = Buffer.from(raw);
  if (!bytes.includes(0x5c)) return bytes;
  const text = bytes.toString('utf8');
  try {
    return Buffer.from(JSON.parse(`"${text}"`) as string);
  } catch {
    return bytes;
  }
}
