/** The process's own log: JSON lines, pretty on a terminal, always on standard error. */
import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from '../config/schema.js';

export function createLog({ level, format }: Config['log']): Logger {
  const isPretty = format === 'pretty' || (format === 'auto' && process.stderr.isTTY);
  const stream = isPretty
    ? pretty({
        destination: 2,
        sync: true,
        colorize: process.stderr.isTTY && !process.env.NO_COLOR,
        ignore: 'pid,hostname',
      })
    : pino.destination({ dest: 2, sync: true });
  return pino({ level }, stream);
}
