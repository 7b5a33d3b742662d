/**
 * Access logs: what was asked for, how it ended and how long it took.
 *
 * Sources: Apache mod_log_config and nginx log_format combined, Envoy's default format, HAProxy's httplog, AWS access logs of
 * ALB and CloudFront, W3C extended logs of IIS.
 */
import { durationOfText } from '../duration-of.js';
import type { Fields } from '../format.js';
import { outcomeOf, outcomeOfStatus } from '../../records/outcome.js';
import { isAt, quoteEnd, skipBlanks, textAt, wholeAt, wordEnd, wordsOf } from './tokens.js';

const quote = 0x22;
const methods = ['GET ', 'POST ', 'PUT ', 'DELETE ', 'HEAD ', 'PATCH ', 'OPTIONS ', 'CONNECT ', 'TRACE ', 'PROPFIND '];

/** Longest request that a message made of parts keeps. */
const longestRequest = 4096;

/** A message in the order of a combined log: the quoted request, then its status, then what else tells. */
function message(into: Fields, request: string, status: number, more: string): void {
  into.bytes = Buffer.from(`"${request.slice(0, longestRequest)}" ${status}${more === '' ? '' : ` ${more}`}`, 'latin1');
  into.start = 0;
  into.end = into.bytes.length;
}

/**
 * `"GET /cart HTTP/1.1" 502 157 "-" "curl/8.0" 30.001`, behind the stamp of a common or combined log, or of Envoy's. The
 * message is all of it.
 */
export function quotedRequest(bytes: Uint8Array, i: number, end: number, into: Fields): boolean {
  if (bytes[i] !== quote) return false;
  const behind = quoteEnd(bytes, i, end);
  const at = skipBlanks(bytes, behind, end);
  const status = wholeAt(bytes, at, end);
  // Chi: "GET http://x/ HTTP/1.1" from 10.1.2.3:5000 - 500 22B in 1.2ms
  const from = isAt(bytes, at, end, 'from ') ? / - (\d{3}) /.exec(textAt(bytes, at, Math.min(end, at + 120))) : null;
  const duration = envoyDuration(bytes, behind, end);
  // Envoy: a connection without a status that its upstream has ended.
  const isLost = status === 0 && duration !== undefined && lostUpstream.test(textAt(bytes, at, Math.min(end, at + 64)));
  const outcome = isLost ? outcomeOf.serverError : outcomeOfStatus(from ? Number(from[1]) : status);
  if (outcome === 0) return false;
  into.outcome = outcome;
  into.bytes = bytes;
  into.start = i;
  into.end = end;
  into.value = duration ?? requestTime(bytes, behind, end);
  return true;
}

/** Response flags of Envoy that say that the upstream did not answer. */
const lostUpstream = /^0 (?:\w+,)*(?:UF|UH|UO|UT|UC|UR|URX|NR|NC|LR|SI|LH|DF)\b/;

/** Behind status and flags Envoy has bytes received, bytes sent and the duration in ms. */
function envoyDuration(bytes: Uint8Array, behind: number, end: number): number | undefined {
  const words = wordsOf(bytes, behind, end, 14);
  const flags = words[1];
  // The second column of combined logs is a number of bytes.
  if (!flags || words.length < 6 || !/^(?:-|[A-Z]{2,}(?:,[A-Z]+)*)$/.test(textAt(bytes, flags[0], flags[1])))
    return undefined;
  for (let k = 2; k + 2 < words.length; k++) {
    const run = words.slice(k, k + 3).map(([from, to]) => wholeAt(bytes, from, to));
    if (run.every((number) => number >= 0)) return run[2];
  }
  return undefined;
}

/** nginx's `$request_time`, seconds with three decimals behind the last quoted text, or as `rt=`. */
function requestTime(bytes: Uint8Array, behind: number, end: number): number {
  const named = /(?:^|\s)(?:rt|request_time|duration|urt)="?(\d+\.\d{3})\b/.exec(
    textAt(bytes, behind, Math.min(end, behind + 2048)),
  );
  if (named) return Number(named[1]) * 1000;
  let last = end - 1;
  while (last > behind && bytes[last] !== quote) last--;
  const words = wordsOf(bytes, last + 1, end, 3).map(([from, to]) => textAt(bytes, from, to));
  // The ingress controller of Kubernetes has the length of the request before it, and the upstream behind it.
  const text = (words[2]?.startsWith('[') && /^\d+$/.test(words[0]!) ? words[1] : words[0]) ?? '';
  return last > behind && /^\d{1,6}\.\d{3}$/.test(text) ? Number(text) * 1000 : NaN;
}

/** `app/my-lb/50dc 203.0.113.7:2817 10.0.0.1:80 0.086 0.048 0.037 502 502 0 57 "GET https://... HTTP/1.1" ...` of ALB. */
export function loadBalancer(bytes: Uint8Array, i: number, end: number, into: Fields): boolean {
  const words = wordsOf(bytes, i, end, 11);
  if (words.length < 11 || bytes[words[10]![0]] !== quote) return false;
  const text = words.map(([from, to]) => textAt(bytes, from, to));
  const status = Number(text[6]);
  const outcome = outcomeOfStatus(status);
  if (outcome === 0) return false;
  const times = text.slice(3, 6).map(Number);
  into.outcome = outcome;
  into.value = times.every((time) => time >= 0) ? (times[0]! + times[1]! + times[2]!) * 1000 : NaN;
  message(into, text[10]!.slice(1, -1), status, text[0]!);
  return true;
}

/** `203.0.113.7:1122 [05/Jan/2026:12:00:02.469] fe be/srv1 0/0/1/1200/1201 503 586 ... "GET / HTTP/1.1"` of HAProxy. */
export function haproxy(bytes: Uint8Array, i: number, end: number, into: Fields): boolean {
  const words = wordsOf(bytes, i, end, 7);
  if (words.length < 7 || bytes[words[1]![0]] !== 0x5b) return false;
  const text = words.map(([from, to]) => textAt(bytes, from, to));
  if (!/^-?\d+(?:\/[-+]?\d+){2,4}$/.test(text[4]!)) return false;
  const status = Number(text[5]);
  const outcome = outcomeOfStatus(status);
  if (outcome === 0) return false;
  let open = words[6]![0];
  while (open < end && bytes[open] !== quote) open++;
  const close = quoteEnd(bytes, open, end);
  const total = Number(text[4]!.slice(text[4]!.lastIndexOf('/') + 1));
  into.outcome = outcome;
  into.value = total >= 0 ? total : NaN;
  message(into, textAt(bytes, open + 1, Math.max(open + 1, close - 1)), status, `${text[2]} ${text[3]}`);
  return true;
}

/** `... GET /index.html - 80 - 203.0.113.7 Mozilla/5.0 - 500 0 0 1203` of IIS: status, substatus, Win32 status, ms last. */
export function iis(bytes: Uint8Array, i: number, end: number, into: Fields): boolean {
  if (!hasMethod(bytes, i, end) || !hasNumbers(bytes, i, end)) return false;
  const words = wordsOf(bytes, i, end, 40);
  const at = words.findIndex(([from]) => isMethod(bytes, from, end));
  if (at < 0 || at > 5 || words.length < at + 6) return false;
  const numbers = words.map(([from, to]) => wholeAt(bytes, from, to));
  for (let k = words.length - 4; k > at + 1; k--) {
    if (outcomeOfStatus(numbers[k]!) === 0 || numbers[k + 1]! < 0 || numbers[k + 2]! < 0) continue;
    into.outcome = outcomeOfStatus(numbers[k]!);
    into.value = numbers[words.length - 1]! >= 0 ? numbers[words.length - 1]! : NaN;
    const request = `${textAt(bytes, ...words[at]!)} ${textAt(bytes, ...words[at + 1]!)}`;
    message(into, request, numbers[k]!, '');
    return true;
  }
  return false;
}

const startsMethod = new Uint8Array(256);
for (const method of methods) startsMethod[method.charCodeAt(0)] = 1;

/** Whether a method and a blank are at `i`. No closure: each line that ends in a digit comes here. */
function isMethod(bytes: Uint8Array, i: number, end: number): boolean {
  for (const method of methods) if (isAt(bytes, i, end, method)) return true;
  return false;
}

/** Whether one of the first six words is a method: most lines that end in a digit have none, and nothing is made of them. */
function hasMethod(bytes: Uint8Array, i: number, end: number): boolean {
  i = skipBlanks(bytes, i, end);
  for (let words = 0; words < 6 && i < end; words++) {
    if (startsMethod[bytes[i]!] === 1 && isMethod(bytes, i, end)) return true;
    i = skipBlanks(bytes, bytes[i] === quote ? quoteEnd(bytes, i, end) : wordEnd(bytes, i, end), end);
  }
  return false;
}

/** Whether three words that follow one another are whole numbers. */
function hasNumbers(bytes: Uint8Array, i: number, end: number): boolean {
  let run = 0;
  let isNumber = true;
  let isWord = false;
  for (; i <= end; i++) {
    const byte = i < end ? bytes[i]! : 0x20;
    if (byte === 0x20 || byte === 0x09) {
      if (!isWord) continue;
      run = isNumber ? run + 1 : 0;
      if (run === 3) return true;
      isNumber = true;
      isWord = false;
    } else if (byte === quote) {
      // A quoted word ends at its quote, also without a blank behind it.
      run = 0;
      isNumber = true;
      isWord = false;
    } else {
      isWord = true;
      if (byte < 0x30 || byte > 0x39) isNumber = false;
    }
  }
  return false;
}

/** Columns between tabs of CloudFront: method at 3, host, path, status at 6, and the seconds it took at 16, behind the edge. */
export function cloudFront(bytes: Uint8Array, i: number, end: number, into: Fields): boolean {
  const columns = textAt(bytes, i, Math.min(end, i + 8192))
    .replace(/^\t/, '')
    .split('\t');
  if (columns.length < 12) return false;
  const status = Number(columns[6]);
  const outcome = outcomeOfStatus(status);
  if (outcome === 0) return false;
  const seconds = Number(columns[16]);
  into.outcome = outcome;
  into.value = columns[16] !== undefined && columns[16] !== '' && seconds >= 0 ? seconds * 1000 : NaN;
  message(into, `${columns[3]} ${columns[5]}`, status, columns[11] ?? '');
  return true;
}

/** `my-elb 10.1.2.3:2817 10.0.0.1:80 ` behind the stamp of a classic load balancer of AWS. */
export function isClassicBalancer(bytes: Uint8Array, i: number, end: number): boolean {
  const to = wordEnd(bytes, i, Math.min(end, i + 64));
  const client = bytes[to + 1]!;
  return (
    bytes[to] === 0x20 &&
    client >= 0x30 &&
    client <= 0x39 &&
    /^[\d.]+:\d+ (?:-|[\d.]+:\d+) /.test(textAt(bytes, to + 1, Math.min(end, to + 64)))
  );
}

/** `| 503 |   12.345678ms |      10.1.2.3 | GET      "/cart"` behind the stamp of Gin. */
export function gin(bytes: Uint8Array, i: number, end: number, into: Fields): boolean {
  const found = /^\|\s*(\d{3})\s*\|\s*([\d.]+[a-zµ]+)\s*\|\s*\S+\s*\|\s*([A-Z]+)\s+"?([^"]*)/.exec(
    Buffer.from(bytes.subarray(i, Math.min(end, i + 4096))).toString('utf8'),
  );
  const outcome = found ? outcomeOfStatus(Number(found[1])) : 0;
  if (!found || outcome === 0) return false;
  into.outcome = outcome;
  into.value = durationOfText(found[2]!);
  message(into, `${found[3]} ${found[4]}`, Number(found[1]), '');
  return true;
}

/** Whether the first word of a line is the scheme of an AWS load balancer's log. */
export function isScheme(bytes: Uint8Array, from: number, end: number): boolean {
  const word = textAt(bytes, from, Math.min(wordEnd(bytes, from, end), from + 8));
  return ['http', 'https', 'h2', 'ws', 'wss', 'grpcs', 'tls'].includes(word);
}
