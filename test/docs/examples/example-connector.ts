/** A growing log file behind a web server that answers Range requests (RFC 9110, 14.2). */
import { setTimeout as sleep } from 'node:timers/promises';
import { LineCutter } from '../../../connectors/file/lines.js';
import type { RawRecord } from '../../../records/raw.js';
import type { Source } from '../../../runtime/source.js';

/**
 * Reads lines from `url` on, and again every `pollMs` for what was added. An offset is a byte of the file, so a restart
 * goes on where the checkpoint stands.
 *
 * @param name - names the source in tags and checkpoints: one name, one file
 * @throws Error where the server answers anything but 206 or 416
 */
export function rangeSource(url: string, name: string, pollMs = 1000): Source<RawRecord> {
  return {
    async *open(position, { stop, drain }) {
      let at = position?.offset ?? 0;
      const cutter = new LineCutter({ source: name, topic: name, offset: at });
      while (!stop.aborted) {
        // Asked before the request: what is written until then is still read.
        const isLast = drain.aborted;
        const piece = await bytesFrom(url, at, stop);
        if (!piece) return;
        at += piece.length;
        // The position of this batch is behind the last whole line: half a line is read again after a restart.
        if (piece.length > 0) yield cutter.push(piece);
        else if (isLast) {
          yield cutter.finish();
          return;
        } else await sleep(pollMs, undefined, { signal: stop }).catch(() => undefined);
      }
    },
  };
}

/** What the file has from `at` on, empty at its end; undefined when stopped meanwhile. */
async function bytesFrom(url: string, at: number, stop: AbortSignal): Promise<Buffer | undefined> {
  try {
    const response = await fetch(url, { headers: { range: `bytes=${at}-` }, signal: stop });
    if (response.status === 416) return Buffer.alloc(0);
    if (response.status === 206) return Buffer.from(await response.arrayBuffer());
    throw new Error(`${url} answered ${response.status} to a Range request: it must serve the file with ranges`);
  } catch (error) {
    if (stop.aborted) return undefined;
    throw error;
  }
}
