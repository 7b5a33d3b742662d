/** Whether a line shows that it continues the record before it: what stack traces look like, language by language. */

import { findLevel } from '../../formats/level.js';

/** What a line is for the record before it. */
export const evidence = {
  none: 0,
  /** A frame: it belongs to the record, which is as well described without it. */
  frame: 1,
  /** It names what happened (an exception and its message): it is kept in the record's message. */
  text: 2,
} as const;
/** One of `evidence`. */
export type LineEvidence = (typeof evidence)[keyof typeof evidence];

/** What an open trace makes a line of that alone would say nothing. */
export const traces = { none: 0, open: 1, python: 2, go: 3, sql: 4, block: 5 } as const;

/** Bytes of a line that are looked at. */
const reach = 512;
/** More than this is never one class name. */
const longestName = 200;

const frames = [
  'at ',
  '... ',
  'goroutine ',
  'created by ',
  'exit status ',
  '[signal ',
  '--- End of ',
  'Stack trace:',
  'stack backtrace:',
  'Stacktrace:',
  'Backtrace:',
  'note: run with `RUST_BACKTRACE',
  'note: Some details are omitted',
  'During handling of the above exception',
  'The above exception was the direct cause',
  '[stacktrace]',
  '[previous exception]',
  'Traceback (most recent call last)',
].map((text) => Buffer.from(text));
const texts = ['Caused by: ', 'Suppressed: ', 'Wrapped by: ', '[cause]: ', '---> ', '--> '].map((text) =>
  Buffer.from(text),
);
const python = [frames.length - 1, frames.length - 4, frames.length - 5];
const go = [2];

/** First words of lines that begin a record although they have no stamp: a process says why it dies. */
const bareHeads = [
  ['Exception in thread "', 5],
  ['Uncaught exception', 5],
  ['Unhandled exception', 5],
  ['Unhandled Exception', 5],
  ['*** Terminating app due to uncaught exception', 6],
  ['terminate called after throwing', 6],
  ['panic: ', 6],
  ['fatal error: ', 6],
  ["thread '", 6],
].map(([text, level]) => ({ bytes: Buffer.from(text as string), level: level as number }));

function startsWith(bytes: Uint8Array, from: number, end: number, text: Uint8Array): boolean {
  if (end - from < text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text[i]) return false;
  return true;
}

/**
 * Level of a line without a stamp that begins a record of its own, as an index into `levels`; 0 where it begins none.
 * It has the time of what came before it.
 */
export function bareHead(bytes: Uint8Array, start: number, end: number): number {
  for (const { bytes: head, level } of bareHeads) {
    if (!startsWith(bytes, start, end, head)) continue;
    // thread 'main' panicked at src/main.rs:2:5
    if (head[0] === 0x74 && head[6] === 0x20 && head[7] === 0x27) {
      const text = Buffer.from(bytes.subarray(start, Math.min(end, start + reach))).toString('latin1');
      if (!text.includes("' panicked at ")) continue;
    }
    return level;
  }
  return 0;
}

/** What a line shows of whether it continues the record before it. */
export interface LineShown {
  readonly evidence: LineEvidence;
  /** The trace that is open behind the line. */
  readonly trace: number;
}
const nothing: LineShown = { evidence: evidence.none, trace: traces.none };
const shown = (kind: LineEvidence, trace: number): LineShown => ({ evidence: kind, trace });

/**
 * What `bytes[start, end)` shows, where `trace` is open.
 *
 * Sources: the formats of stack traces of Java (Throwable.printStackTrace), Python (traceback), Go (runtime/debug), .NET
 * (Exception.ToString), Node.js, Ruby, PHP and Rust.
 */
export function evidenceOf(bytes: Uint8Array, start: number, end: number, trace: number): LineShown {
  if (start === end) return shown(evidence.frame, trace);
  if (trace === traces.block) return shown(evidence.text, trace);
  const first = bytes[start]!;
  if (first === 0x20 || first === 0x09) {
    let i = start;
    while (i < end && (bytes[i] === 0x20 || bytes[i] === 0x09)) i++;
    if (i === end) return shown(evidence.frame, trace);
    for (const text of texts) if (startsWith(bytes, i, end, text)) return shown(evidence.text, traces.open);
    return shown(evidence.frame, trace === traces.none ? traces.open : trace);
  }
  // The slow query log of MySQL: comments, then the statement.
  if (first === 0x23 && bytes[start + 1] === 0x20 && isSlowComment(bytes, start, end))
    return shown(queryTimeOf(bytes, start, end) >= 0 ? evidence.text : evidence.frame, traces.sql);
  if (trace === traces.sql) return shown(evidence.text, traces.sql);
  for (let i = 0; i < frames.length; i++) {
    if (!startsWith(bytes, start, end, frames[i]!)) continue;
    if (i === 1 && !(bytes[start + 4]! >= 0x30 && bytes[start + 4]! <= 0x39)) return nothing;
    if (i === 2 && !(bytes[start + 10]! >= 0x30 && bytes[start + 10]! <= 0x39)) return nothing;
    return shown(evidence.frame, python.includes(i) ? traces.python : go.includes(i) ? traces.go : traces.open);
  }
  for (const text of texts) if (startsWith(bytes, start, end, text)) return shown(evidence.text, traces.open);
  const name = nameEnd(bytes, start, end);
  if (isException(bytes, start, name) && (name === end || bytes[name] === 0x3a)) {
    return shown(evidence.text, traces.open);
  }
  // ValueError: x, my_module.Oops
  if (trace === traces.python && name > start && (name === end || bytes[name] === 0x3a)) {
    return shown(evidence.text, traces.open);
  }
  // main.main(), net/http.(*conn).serve(0xc000)
  if (trace === traces.go && name > start && bytes[end - 1] === 0x29) return shown(evidence.frame, traces.go);
  // #0 /srv/app/x.php(12): f()
  if (first === 0x23 && bytes[start + 1]! >= 0x30 && bytes[start + 1]! <= 0x39)
    return shown(evidence.frame, traces.open);
  // app/models/cart.rb:12:in `add': no stock (RuntimeError) of Ruby, ** (RuntimeError) no stock of Elixir
  if (first === 0x2a && startsWith(bytes, start, end, elixir)) return shown(evidence.text, traces.open);
  const ruby = rubyFrame(bytes, start, end);
  if (ruby > 0) return shown(bytes[ruby] === 0x3a ? evidence.text : evidence.frame, traces.open);
  // { code: 'ECONNREFUSED' } as Node.js shows an error's fields
  if (first === 0x7b && isInspected(bytes, start, end)) return shown(evidence.frame, traces.open);
  // Brackets of what was dumped, and numbers that are no stamp of this source, are no beginning of a record.
  const isBracket = brackets.includes(first) && findLevel(bytes, start, end) === 0;
  if (trace !== traces.none && (isBracket || (first >= 0x30 && first <= 0x39))) {
    return shown(evidence.frame, trace);
  }
  return nothing;
}

const elixir = Buffer.from('** (');
const inMethod = Buffer.from(':in ');

/** Index behind `x.rb:12:in `add'`, 0 where it is none. */
function rubyFrame(bytes: Uint8Array, start: number, end: number): number {
  const stop = Math.min(end, start + reach);
  let i = start;
  while (i < stop && bytes[i]! > 0x20 && bytes[i] !== 0x3a) i++;
  if (i === stop || bytes[i] !== 0x3a || bytes[i - 1] !== 0x62 || bytes[i - 2] !== 0x72 || bytes[i - 3] !== 0x2e)
    return 0;
  for (i++; i < stop && bytes[i]! >= 0x30 && bytes[i]! <= 0x39; i++);
  if (!startsWith(bytes, i, end, inMethod)) return 0;
  const quote = bytes.indexOf(0x27, i + 5);
  return quote > 0 && quote < end ? quote + 1 : end;
}

const slowComments = ['# User@Host:', '# Query_time:', '# Thread_id:', '# Schema:', '# Bytes_sent:'].map((text) =>
  Buffer.from(text),
);
const isSlowComment = (bytes: Uint8Array, start: number, end: number): boolean =>
  slowComments.some((text) => startsWith(bytes, start, end, text));

/** ms of `# Query_time: 2.000123  Lock_time: ...`, or -1. */
export function queryTimeOf(bytes: Uint8Array, start: number, end: number): number {
  if (!startsWith(bytes, start, end, slowComments[1]!)) return -1;
  const text = Buffer.from(bytes.subarray(start + slowComments[1]!.length, Math.min(end, start + 40))).toString(
    'latin1',
  );
  const seconds = Number(/^\s*([\d.]+)/.exec(text)?.[1]);
  return seconds >= 0 ? seconds * 1000 : -1;
}

/** `{`, maybe a blank, and a name with a colon: a JSON object has quotes there. */
function isInspected(bytes: Uint8Array, start: number, end: number): boolean {
  let i = start + 1;
  while (i < end && bytes[i] === 0x20) i++;
  if (i === end) return i > start + 1;
  const from = i;
  while (i < end && isNameByte(bytes[i]!) && bytes[i] !== 0x2e) i++;
  return i > from && bytes[i] === 0x3a;
}

const brackets = Buffer.from('{}[]()^"');
const nameBytes = new Uint8Array(256);
for (const byte of Buffer.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$.'))
  nameBytes[byte] = 1;
for (const byte of Buffer.from('/\\*()')) nameBytes[byte] = 2;
const isNameByte = (byte: number): boolean => nameBytes[byte] === 1;

/** The end of a class name with its packages: `java.io.IOException`, `System.Net.Http.HttpRequestException`. */
function nameEnd(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start]! >= 0x30 && bytes[start]! <= 0x39) return start;
  let i = start;
  const stop = Math.min(end, start + longestName);
  while (i < stop && nameBytes[bytes[i]!] === 1) i++;
  return i;
}

const endings = ['Exception', 'Error', 'Throwable', 'Fault', 'Failure', 'Interrupt', 'KeyboardInterrupt', 'SystemExit'];
const endingBytes = endings.map((text) => Buffer.from(text));
/** The last word of a class name says that it is an exception. */
function isException(bytes: Uint8Array, start: number, end: number): boolean {
  return endingBytes.some((text) => end - start >= text.length && startsWith(bytes, end - text.length, end, text));
}

const traced = /^[ \t]+at |^ {2}File "|^Traceback \(|^Caused by: |^goroutine \d|^[ \t]+from .+:\d+:in /m;
/** Texts of a trace that a message keeps. */
const keptTexts = 2;

/**
 * A message that holds a whole trace, without its frames, as if the lines had come one by one; undefined where it holds none.
 */
export function withoutFrames(bytes: Uint8Array, start: number, end: number): Buffer | undefined {
  const text = Buffer.from(bytes.subarray(start, end)).toString('latin1');
  if (!text.includes('\n') || !traced.test(text)) return undefined;
  const kept: string[] = [];
  let trace: number = traces.none;
  let texts = 0;
  for (const line of text.split('\n')) {
    const one = Buffer.from(line.replace(/\r$/, ''), 'latin1');
    const is = kept.length === 0 ? nothing : evidenceOf(one, 0, one.length, trace);
    if (is.evidence !== evidence.none) trace = is.trace;
    if (is.evidence === evidence.frame || (is.evidence === evidence.text && ++texts > keptTexts)) continue;
    kept.push(one.toString('latin1').trim());
  }
  return Buffer.from(kept.join(' '), 'latin1');
}
