/** The dead letters of a configuration, read from their channel. */
import type { Config } from '../../config/schema.js';
import { secretsMasked } from '../../models/templates/mask.js';
import { brokenRule } from '../../operators/quarantine.js';
import { decode } from '../../records/wire/codec.js';
import { decodeDeadLetter, isRedrivable, deadLetterId, type DeadLetter } from '../../records/dead-letter.js';
import { notificationCodec } from '../../records/notification.js';
import { openChannel } from '../replay/channel-records.js';

/** A letter with its place in the channel. */
export interface Letter extends DeadLetter {
  /** Offset in `dead-letters`: how people name it. */
  readonly number: number;
}

export interface LetterFilter {
  readonly reason?: string;
  /** Name of a source, or the beginning of one: `logs/` is all partitions of `logs`. */
  readonly source?: string;
  /** When it was written, ms since 1970. */
  readonly since?: number;
  readonly until?: number;
  /** These alone. */
  readonly numbers?: ReadonlySet<number>;
}

export interface Letters {
  readonly deadLetters: readonly Letter[];
  /** Letters in a format that this release cannot read. */
  readonly unreadable: number;
}

/**
 * What tells letters apart: one that a restart has written twice has the same. Several rows may be put aside at one end of a
 * window, and one for several rules: only the detail tells those apart.
 */
export function letterKey(letter: DeadLetter): string {
  const isPlaced = letter.offset > 0 && brokenRule(letter) === undefined;
  return `${deadLetterId(letter)} ${letter.reason} ${isPlaced ? '' : letter.detail}`;
}

/** Each record once, whatever a restart has written twice. */
export async function readLetters(config: Config, filter: LetterFilter): Promise<Letters> {
  const channel = await openChannel(config, 'dead-letters');
  const deadLetters = new Map<string, Letter>();
  let unreadable = 0;
  try {
    for await (const { offset, value } of channel.records(0)) {
      let deadLetter: Letter;
      try {
        deadLetter = { ...decodeDeadLetter(value), number: offset };
      } catch {
        unreadable++;
        continue;
      }
      const id = letterKey(deadLetter);
      if (!deadLetters.has(id) && matches(deadLetter, filter)) deadLetters.set(id, deadLetter);
    }
  } finally {
    await channel.close();
  }
  return { deadLetters: [...deadLetters.values()], unreadable };
}

function matches(deadLetter: Letter, { reason, source, since = 0, until = Infinity, numbers }: LetterFilter): boolean {
  return (
    (reason === undefined || deadLetter.reason === reason) &&
    (source === undefined || deadLetter.source.startsWith(source)) &&
    deadLetter.at >= since &&
    deadLetter.at < until &&
    (numbers === undefined || numbers.has(deadLetter.number))
  );
}

/** News of healing are JSON already, alerts are packed; undefined for one that another release has packed. */
function messageOf(payload: Uint8Array): Uint8Array | undefined {
  if (payload[0] === 0x7b) return payload;
  try {
    return Buffer.from(JSON.stringify(decode(notificationCodec, payload).alert));
  } catch {
    return undefined;
  }
}

/** A letter as it is shown: the text masked, since letters hold what producers wrote. */
export function shown(deadLetter: Letter, raw = false): Record<string, unknown> {
  const { number, at, reason, detail, source, offset, time, bytes: own, attempt = 0, delivery } = deadLetter;
  const bytes = delivery ? messageOf(delivery.payload) : own;
  const text = bytes && Buffer.from(bytes).toString('utf8');
  return {
    number,
    at: new Date(at).toISOString(),
    reason,
    source,
    offset,
    ...(attempt > 0 ? { attempt } : {}),
    ...(time === undefined ? {} : { time: new Date(time).toISOString() }),
    detail: raw ? detail : secretsMasked(detail),
    ...(text === undefined ? {} : { bytes: bytes?.length, text: raw ? text : secretsMasked(text) }),
    redrivable: isRedrivable(deadLetter) || delivery !== undefined,
  };
}
