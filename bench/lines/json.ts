/** Objects as structured loggers write them, of about 260 bytes, with the usual names of fields. */
import type { LineEvent } from './event.js';
import { loggerOf, messageOf } from './plain.js';

export function json(event: LineEvent): string {
  const { seed, level, time } = event;
  return JSON.stringify({
    timestamp: new Date(time).toISOString(),
    level,
    service: 'shop',
    logger: `com.shop.${loggerOf(event)}`,
    thread: `worker-${seed % 32}`,
    message: messageOf(event),
    trace_id: `${(seed * 2654435761) % 4294967296}`.padStart(16, '0'),
    duration_ms: (seed >>> 5) % 900,
  });
}
