/** When the next line of a template is due: the longer it does not come, the more it surprises. */
import { ln } from '../../models/exact/log.js';
import { T, type TemplateState } from './template-state.js';

/** Gaps that make a habit: fewer may be chance. */
const REGULAR_GAPS = 4;
/** A gap is regular that varies by less than this part of itself. */
const REGULAR = 0.25;
/** A line comes to the window: a gap is known to a window's length, minutes. */
const WINDOW = 5;
const MOST = 60;
/** Share of the windows that its gap promises in which it came. */
const HELD = 0.35;
/** What comes in fewer windows than this is missed by its gaps alone. */
const OFTEN = 0.15;
/** What has not come for so long, minutes, and so many gaps is gone for good: it was missed, and is missed no more. */
const GONE = 360;
const GONE_GAPS = 3;
const ONCE = 8 * 1440;
/** The successor of a line comes for the first time no earlier than this before its last, and says about as much. */
const OVERLAP = 60;
const ALIKE = 2.5;
/** Gaps are learnt about over so many of them. */
const GAPS = 12;

/** Surprise of an absence, nats: of what comes like clockwork, and of what comes by chance. */
export interface Absence {
  readonly clockwork: number;
  readonly chance: number;
}

const none: Absence = { clockwork: 0, chance: 0 };

/**
 * Surprise of the absence up to `minute`.
 *
 * @param expected lines of the template that were to be expected in each window by the service's volume
 * @param length of a window, minutes
 */
export function absence({ numbers, last }: TemplateState, minute: number, expected: number, length: number): Absence {
  // Times are whole minutes: where windows are shorter, it may have come up to one later.
  const missing = minute - last - (length < 1 ? 1 : 0);
  if (missing <= length) return none;
  const gap = numbers[T.gap]!;
  const presence = numbers[T.presence]!;
  const spread = Math.max(WINDOW, 2 * numbers[T.gapSpread]!, 0.02 * gap);
  // It came as often as its gap says for long, and not in one burst.
  const isHeld = presence * gap >= HELD * length;
  const isRegular = isHeld && numbers[T.gaps]! >= REGULAR_GAPS && spread < REGULAR * Math.max(gap, 4 * WINDOW);
  if (isRegular) {
    const late = Math.max(0, (missing - gap - WINDOW) / spread);
    return { clockwork: Math.min(MOST, (late * late) / 2), chance: 0 };
  }
  if (presence <= OFTEN) return none;
  // -ln of the chance that none came.
  const each = Math.min(expected, -ln(1 - Math.min(0.98, presence)));
  return { clockwork: 0, chance: Math.min(MOST, (each * (missing - length)) / length) };
}

/** Whether a template does not come any more: another version of the service does not say it. */
export function isGone({ numbers, last }: TemplateState, minute: number): boolean {
  // What has come once may come daily or weekly.
  const isOnce = numbers[T.gaps] === 0 && numbers[T.presence]! <= OFTEN;
  return minute - last > (isOnce ? ONCE : Math.max(GONE, GONE_GAPS * numbers[T.gap]!));
}

/**
 * Whether another template has taken its place: it is about as old as this one is missing, comes when this one was due or
 * about as often, and says nothing of an error. So a release that rewords a line does not make it missing.
 */
export function isSucceeded(
  { numbers, last }: TemplateState,
  minute: number,
  length: number,
  all: readonly TemplateState[],
): boolean {
  const gap = numbers[T.gap]!;
  const spread = Math.max(WINDOW, 2 * numbers[T.gapSpread]!);
  const isRare = numbers[T.presence]! <= OFTEN;
  return all.some(({ numbers: own, since, last: came }) => {
    if (since < last - OVERLAP || came <= last || own[T.bad]! + own[T.warned]! > 0) return false;
    if (isRare) return Math.abs(since - last - gap) <= spread && own[T.lines]! <= ALIKE * (own[T.gaps]! + 1);
    const expected = (numbers[T.rate]! * (minute - since + length)) / length;
    const count = own[T.lines]!;
    return since <= last + OVERLAP && count >= 2 && count <= ALIKE * expected && count * ALIKE >= expected;
  });
}

/** Learns that the template has come again. */
export function learnGap({ numbers, last }: TemplateState, minute: number): void {
  const gap = minute - last;
  if (gap <= 0) return;
  const n = numbers[T.gaps]!;
  if (n === 0) numbers[T.gap] = gap;
  else {
    const pace = Math.max(1 / (n + 1), 1 / GAPS);
    const limit = n < REGULAR_GAPS ? Number.POSITIVE_INFINITY : 3 * Math.max(WINDOW, numbers[T.gapSpread]!);
    const distance = Math.max(-limit, Math.min(limit, gap - numbers[T.gap]!));
    numbers[T.gap]! += pace * distance;
    numbers[T.gapSpread]! += pace * (Math.abs(distance) - numbers[T.gapSpread]!);
  }
  numbers[T.gaps] = Math.min(GAPS, n + 1);
}
