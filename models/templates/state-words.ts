/**
 * What a line says of how something ended, where the shape of a token alone would mask it: an HTTP status, an exit code, a
 * state. They are kept in the template (a status by its class), since a template of a failure is another than that of a success.
 */
import {
  outcomeOfExit,
  outcomeOfGrpc,
  outcomeOfGrpcName,
  outcomeOfStatus,
  outcomeOfWord,
} from '../../records/outcome.js';

const space = 0x20;
const slash = 0x2f;
/** Bytes before a number that are looked at. */
const reach = 24;

const lower = (byte: number): number => byte | 0x20;
const isLetter = (byte: number): boolean => lower(byte) >= 0x61 && lower(byte) <= 0x7a;
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** Whether the letters of `word` (lower case) end at `to`, and nothing of a name stands before them. */
function wordEndsAt(bytes: Uint8Array, start: number, to: number, word: string): boolean {
  const from = to - word.length;
  if (from < start || (from > start && isLetter(bytes[from - 1]!))) return false;
  for (let k = 0; k < word.length; k++) if (lower(bytes[from + k]!) !== word.charCodeAt(k)) return false;
  return true;
}

/** The index behind the letters before `at`, over blanks, a colon and quotes; -1 where something else stands there. */
function wordBefore(bytes: Uint8Array, start: number, at: number): number {
  let i = at;
  for (let n = 0; n < 4 && i > start; n++) {
    const byte = bytes[i - 1];
    if (byte !== space && byte !== 0x3a && byte !== 0x22 && byte !== 0x3d) break;
    i--;
  }
  return i > start && i < at && (isLetter(bytes[i - 1]!) || isDigit(bytes[i - 1]!)) ? i : -1;
}

/** What a whole number may be. The value is stored. */
export const numberKinds = { plain: 0, status: 1, exit: 2 } as const;

const beforeExitCode = ['exit', 'with', 'exited'];
const beforeExitStatus = ['exit', 'exited'];
const beforeStatusCode = ['status', 'http', 'response', 'error'];
const beforeStatus = ['http', 'returned', 'responded', 'completed', 'statuscode', 'httpstatus'];

/** What the whole number `bytes[from, to)` is by the words before it: an HTTP status, an exit code, or a number. */
export function numberKind(bytes: Uint8Array, start: number, from: number, to: number): number {
  if (to - from > 3) return numberKinds.plain;
  const end = wordBefore(bytes, Math.max(start, from - reach), from);
  if (end < 0) {
    // GET /cart/ 503
    const isRequest = isStatus(bytes, from, to) && bytes[from - 1] === space && endsRequest(bytes, start, from - 1);
    return isRequest ? numberKinds.status : numberKinds.plain;
  }
  const begin = Math.max(start, end - reach);
  const isThree = isStatus(bytes, from, to);
  const last = lower(bytes[end - 1]!);
  if (isThree && endsRequest(bytes, start, end)) return numberKinds.status;
  if (isDigit(bytes[end - 1]!))
    return isThree && isProtocol(bytes, begin, end) ? numberKinds.status : numberKinds.plain;
  if (last === 0x65 && wordEndsAt(bytes, begin, end, 'code')) {
    const before = wordBefore(bytes, begin, end - 4);
    const joined = bytes[end - 5] === 0x5f ? end - 5 : before;
    if (joined > 0 && endsIn(bytes, begin, joined, beforeExitCode)) return numberKinds.exit;
    return isThree && joined > 0 && endsIn(bytes, begin, joined, beforeStatusCode)
      ? numberKinds.status
      : numberKinds.plain;
  }
  if (last === 0x73 && wordEndsAt(bytes, begin, end, 'status')) {
    const before = wordBefore(bytes, begin, end - 6);
    if (before > 0 && endsIn(bytes, begin, before, beforeExitStatus)) return numberKinds.exit;
    return isThree ? numberKinds.status : numberKinds.plain;
  }
  if (!isThree) return numberKinds.plain;
  return endsIn(bytes, begin, end, beforeStatus) ? numberKinds.status : numberKinds.plain;
}

/** Words that say that something failed; not as the name of a field or in a path. */
const failing =
  /(?<![\w/.-])(?:fail(?:s|ed|ure|ing)?|errors?|refused|denied|timed out|unable|can(?:no|')t|could(?:n't| not)|abort(?:s|ed|ing)?|fatal|unreachable|unavailable|lost|exhausted|rejected)(?![\w/-]|["']?[=])/i;
/** Bytes before a status in which a word of a failure is looked for. */
const failureReach = 256;

/** Whether the text before `to` says that something failed. */
export const saysFailure = (bytes: Uint8Array, start: number, to: number): boolean =>
  failing.test(Buffer.from(bytes.subarray(Math.max(start, to - failureReach), to)).toString('latin1'));

/** Longest path of a request that is looked back over. */
const longestPath = 256;

/** Whether a request, a method and a path, ends at `to`: `GET /cart`, as morgan and others write it. */
function endsRequest(bytes: Uint8Array, start: number, to: number): boolean {
  const stop = Math.max(start, to - longestPath);
  let i = to;
  while (i > stop && bytes[i - 1]! > space) i--;
  if (bytes[i] !== slash || i - 4 < start || bytes[i - 1] !== space) return false;
  let letters = 0;
  while (i - 2 - letters >= start && bytes[i - 2 - letters]! >= 0x41 && bytes[i - 2 - letters]! <= 0x5a) letters++;
  return letters >= 3 && letters <= 7 && (i - 2 - letters < start || !isLetter(bytes[i - 2 - letters]!));
}

/** Whether one of the words ends at `to`. No closure: numbers of one to three digits come here. */
function endsIn(bytes: Uint8Array, start: number, to: number, words: readonly string[]): boolean {
  for (const word of words) if (wordEndsAt(bytes, start, to, word)) return true;
  return false;
}

/** `HTTP/1.1`, `HTTP/2` end at `to`. */
function isProtocol(bytes: Uint8Array, start: number, to: number): boolean {
  let i = to;
  while (i > start && (isDigit(bytes[i - 1]!) || bytes[i - 1] === 0x2e) && to - i < 4) i--;
  return i > start && bytes[i - 1] === 0x2f && wordEndsAt(bytes, start, i - 1, 'http');
}

/** What stands in a template for a status, by its class, and for an exit code that is not 0. */
export const shownTexts = ['', '1xx', '2xx', '3xx', '4xx', '5xx', 'nonzero'] as const;
const isShown = new Set<string>(shownTexts);
/** Whether a word of a template tells how something ended: such words are never opened to a wildcard. */
export const tellsState = (word: string, before: string, key: string): boolean =>
  (word !== '' && isShown.has(word)) || (before === '=' && stateKeys.some((each) => key.toLowerCase().endsWith(each)));

/** Whether `bytes[from, to)` is a number that an HTTP status may be. */
export const isStatus = (bytes: Uint8Array, from: number, to: number): boolean =>
  to - from === 3 && outcomeOfStatus(statusAt(bytes, from)) > 0;

/** The number of three digits at `from`. */
export const statusAt = (bytes: Uint8Array, from: number): number =>
  (bytes[from]! - 0x30) * 100 + (bytes[from + 1]! - 0x30) * 10 + bytes[from + 2]! - 0x30;

const stateKeys = ['state', 'status', 'result', 'outcome', 'phase', 'health', 'conclusion', 'condition'];
/** Longest value that is a state word. */
const longestState = 32;

/** Whether the key that ends at `to` names a state. */
export const isStateKey = (bytes: Uint8Array, start: number, to: number): boolean => {
  const last = lower(bytes[to - 1]!);
  if (last !== 0x65 && last !== 0x73 && last !== 0x74 && last !== 0x68 && last !== 0x6e) return false;
  return endsIn(bytes, Math.max(start, to - reach), to, stateKeys);
};

/** Whether a value is words of letters, as `DOWN` and `ACTIVE->FAILED`: no id. */
export function isStateValue(bytes: Uint8Array, from: number, to: number): boolean {
  if (to === from || to - from > longestState) return false;
  // systemd: status=1/FAILURE, status=203/EXEC
  let digits = 0;
  while (digits < 4 && isDigit(bytes[from + digits]!)) digits++;
  if (digits > 0) {
    if (bytes[from + digits] !== slash) return false;
    from += digits + 1;
  }
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    if (!isLetter(byte) && byte !== 0x5f && byte !== 0x2d && byte !== 0x3e) return false;
  }
  return true;
}

/** Outcome of a state value: that of its last word. */
export function outcomeOfState(bytes: Uint8Array, from: number, to: number): number {
  if (isDigit(bytes[from]!)) return outcomeOfExit(bytes[from] === 0x30 && bytes[from + 1] === slash ? 0 : 1);
  let start = to;
  while (start > from && bytes[start - 1] !== 0x3e) start--;
  return outcomeOfWord(Buffer.from(bytes.subarray(start, to)).toString('latin1'));
}

/** Outcome of the number that `numberKind` told. */
export function outcomeOfNumber(kind: number, bytes: Uint8Array, from: number, to: number): number {
  if (kind === numberKinds.status) return outcomeOfStatus(statusAt(bytes, from));
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + bytes[i]! - 0x30;
  return outcomeOfExit(value);
}

/** Bytes of a list that are looked at. */
const longestList = 4096;

/**
 * The index of the bracket that closes the list opened before `from`, where it holds nothing but quoted texts and lists of
 * them (`["a", ["b"]]`); -1 where it holds something else.
 */
export function quotedListEnd(bytes: Uint8Array, from: number, end: number): number {
  const stop = Math.min(end, from + longestList);
  let depth = 1;
  let texts = 0;
  for (let i = from; i < stop; i++) {
    const byte = bytes[i];
    if (byte === 0x22 || byte === 0x27) {
      for (i++; i < stop && bytes[i] !== byte; i++) if (bytes[i] === 0x5c) i++;
      if (i >= stop) return -1;
      texts++;
    } else if (byte === 0x5b) depth++;
    else if (byte === 0x5d) {
      if (--depth === 0) return texts > 0 ? i : -1;
    } else if (byte !== 0x2c && byte !== space) return -1;
  }
  return -1;
}

const codeKey = /(exit|status|http|response|grpc)[_.-]?(?:status[_.-]?)?code$/i;

/** Outcome of the value of a key such as `exit_code`, `statusCode` and `grpc.code`, which ends at `equals`; 0 of others. */
export function outcomeOfCode(bytes: Uint8Array, start: number, equals: number, from: number, to: number): number {
  if (lower(bytes[equals - 1]!) !== 0x65 || to - from > 24 || !wordTailAt(bytes, start, equals, 'code')) return 0;
  const name = codeKey.exec(Buffer.from(bytes.subarray(Math.max(start, equals - reach), equals)).toString('latin1'));
  if (!name) return 0;
  const text = Buffer.from(bytes.subarray(from, to)).toString('latin1').replace(/^"|"$/g, '');
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  const kind = name[1]!.toLowerCase();
  if (kind === 'grpc') return Number.isNaN(number) ? outcomeOfGrpcName(text) : outcomeOfGrpc(number);
  return kind === 'exit' ? outcomeOfExit(number) : outcomeOfStatus(number);
}

/** Whether the letters before `to` are `word`, whatever stands before them. */
function wordTailAt(bytes: Uint8Array, start: number, to: number, word: string): boolean {
  if (to - word.length < start) return false;
  for (let k = 0; k < word.length; k++) if (lower(bytes[to - word.length + k]!) !== word.charCodeAt(k)) return false;
  return true;
}
