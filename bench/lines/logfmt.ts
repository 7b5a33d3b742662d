/** Pairs as go-kit, logrus and slog write them, of about 200 bytes. */
import type { LineEvent } from './event.js';
import { loggerOf, messageOf } from './plain.js';

export function logfmt(event: LineEvent): string {
  const { seed, level, time } = event;
  const head = `time=${new Date(time).toISOString()} level=${level.toLowerCase()} logger=${loggerOf(event)}`;
  return `${head} msg=${JSON.stringify(messageOf(event))} thread=worker-${seed % 32} duration=${(seed >>> 5) % 900}ms`;
}
