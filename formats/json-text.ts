/** Texts of JSON without their escapes. */

/** Undoes the escapes of a JSON text; what is no valid escape stays as it is. */
export function unescaped(raw: Uint8Array): Buffer {
  const short = withShortEscapes(raw);
  if (short) return short;
  const bytes = Buffer.from(raw);
  if (!bytes.includes(0x5c)) return bytes;
  const text = bytes.toString('utf8');
  try {
    return Buffer.from(JSON.parse(`"${text}"`) as string);
  } catch {
    return bytes;
  }
}

/** What stands for a byte behind a backslash; 0 where it is no escape of one letter. */
const short = new Uint8Array(256);
for (const [letter, byte] of [
  ['"', 0x22],
  ['\\', 0x5c],
  ['/', 0x2f],
  ['b', 0x08],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
] as const)
  short[letter.charCodeAt(0)] = byte;

/** The same of ASCII text whose escapes have one letter; undefined of any other. */
function withShortEscapes(raw: Uint8Array): Buffer | undefined {
  const out = Buffer.allocUnsafe(raw.length);
  let length = 0;
  for (let i = 0; i < raw.length; i++) {
    let byte = raw[i]!;
    if (byte < 0x20 || byte >= 0x80) return undefined;
    if (byte === 0x5c) {
      byte = i + 1 < raw.length ? short[raw[++i]!]! : 0;
      if (byte === 0) return undefined;
    } else if (byte === 0x22) return undefined;
    out[length++] = byte;
  }
  return out.subarray(0, length);
}
