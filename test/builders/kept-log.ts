/** A log whose lines a test looks at. */
import { Writable } from 'node:stream';
import pino, { type Logger } from 'pino';

export function keptLog(): { readonly lines: string[]; readonly log: Logger } {
  const lines: string[] = [];
  const into = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push((JSON.parse(chunk.toString()) as { msg: string }).msg);
      done();
    },
  });
  return { lines, log: pino(into) };
}
