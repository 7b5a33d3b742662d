/**
 * The last step of all that a command prints. Texts of others (log lines, names of services, reasons that people gave,
 * answers of servers) end in many lines; what could move the cursor, hide, reorder or title something is shown as an
 * escape, wherever it came from.
 */
import { shown } from '../../records/shown-text.js';

/** What `paint` writes: colours, bold, dim, and their ends. */
// eslint-disable-next-line no-control-regex -- as above
const painted = /(\u001b\[(?:1|2|22|31|32|33|39)m)/;

/**
 * A text that is safe to print, in the form of JSON escapes: a JSON text stays one, of the same value. Line breaks and
 * tabs stay, since it may be many lines: `line` shows those of a single value.
 *
 * @example printable('\u001b]0;owned\u0007') // '\\u001b]0;owned\\u0007'
 */
export const printable = (text: string): string =>
  text
    .split(painted)
    .map((part, i) => (i % 2 === 1 ? part : shown(part)))
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
