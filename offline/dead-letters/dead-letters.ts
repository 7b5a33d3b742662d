/** The dead letters of a configuration, read from their channel. */
import type { Config } from '../../config/schema.js';
import { secretsMasked } from '../../models/templates/mask.js';
import { decode } from '../../records/wire/codec.js';
import { decodeLetter, isRedrivable, letterId, type DeadLetter } from '../../records/dead-letter.js';
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
  readonly letters: readonly Letter[];
  /** Letters in a format that this release cannot read. */
  readonly unreadable: number;
}

/** Each record once, whatever a restart has written twice. */
export async function readLetters(config: Config, filter: LetterFilter): Promise<Letters> {
  const channel = await openChannel(config, 'dead-letters');
  const letters = new Map<string, Letter>();
  let unreadable = 0;
  try {
    for await (const { offset, value } of channel.records(0)) {
      let letter: Letter;
      try {
        letter = { ...decodeLetter(value), number: offset };
      } catch {
        unreadable++;
        continue;
      }
      const id = `${letterId(letter)} ${letter.reason} ${letter.offset === 0 ? letter.detail : ''}`;
      if (!letters.has(id) && matches(letter, filter)) letters.set(id, letter);
    }
  } finally {
    await channel.close();
  }
  return { letters: [...letters.values()], unreadable };
}

function matches(letter: Letter, { reason, source, since = 0, until = Infinity, numbers }: LetterFilter): boolean {
  return (
    (reason === undefined || letter.reason === reason) &&
    (source === undefined || letter.source.startsWith(source)) &&
    letter.at >= since &&
    letter.at < until &&
    (numbers === undefined || numbers.has(letter.number))
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
export function shown(letter: Letter, raw = false): Record<string, unknown> {
  const { number, at, reason, detail, source, offset, time, bytes: own, attempt = 0, delivery } = letter;
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
    redrivable: isRedrivable(letter) || delivery !== undefined,
  };
}
