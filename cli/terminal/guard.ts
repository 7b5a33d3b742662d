/**
 * The last step of all that a command prints. Texts of others (log lines, names of services, reasons that people gave,
 * answers of servers) end in many lines; what could move the cursor, hide, reorder or title something is shown as an
 * escape, wherever it came from.
 */

/**
 * Controls, marks without width or that turn the direction of text, tags, and line separators; each as a code unit. What
 * joins two emoji stays.
 */
export const unsafe =
  // eslint-disable-next-line no-control-regex, no-misleading-character-class -- they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00\ufeff\uffa0\ufff9-\ufffb]|\u200d(?![\u2600-\u27bf\ud83c-\ud83e])|\udb40[\udc00-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
/** What `paint` writes: colours, bold, dim, and their ends. */
// eslint-disable-next-line no-control-regex -- as above
const painted = /(\u001b\[(?:1|2|22|31|32|33|39)m)/;

const escaped = (found: string): string =>
  found.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * A text that is safe to print, in the form of JSON escapes: a JSON text stays one, of the same value. Line breaks and
 * tabs stay, since it may be many lines: `line` shows those of a single value.
 *
 * @example printable('\u001b]0;owned\u0007') // '\\u001b]0;owned\\u0007'
 */
export const printable = (text: string): string =>
  text
    .split(painted)
    .map((part, i) => (i % 2 === 1 ? part : part.replace(unsafe, escaped)))
    .join('');

type Write = (text: string | Uint8Array, ...rest: unknown[]) => boolean;
const unguarded = new WeakMap<object, Write>();

/** From now on texts that are written to a stream are printable. Bytes are left as they are: they are data. */
export function guard(stream: NodeJS.WriteStream): void {
  if (unguarded.has(stream)) return;
  const write0 = stream.write.bind(stream);
  const write: Write = (text, ...rest) => write0(text, ...(rest as []));
  unguarded.set(stream, write);
  stream.write = (text: string | Uint8Array, ...rest: unknown[]) =>
    write(typeof text === 'string' ? printable(text) : text, ...rest);
}

/** A guarded stream for output that moves the cursor itself: its caller escapes the texts in it first. */
export const drawing = <S extends NodeJS.WriteStream>(stream: S): Pick<S, 'isTTY' | 'columns'> & { write: Write } => ({
  isTTY: stream.isTTY,
  columns: stream.columns,
  write: unguarded.get(stream) ?? ((text) => stream.write(text)),
});
