/**
 * Logs of networks and their guards: ArcSight CEF and QRadar LEEF, flow logs of AWS VPCs, Cisco's mnemonics, Squid's native
 * log.
 */
import { syslogLevels } from '../level.js';
import { outcomeOfStatus } from '../../records/outcome.js';
import type { Fields } from '../format.js';
import { isAt, textAt, wholeAt, wordsOf } from './tokens.js';

/** What the head of a CEF or LEEF event says. */
export interface SecurityEvent {
  readonly product: [number, number];
  /** Index into `levels`; 0 where it has no severity. */
  readonly level: number;
  /** Where its own time is: `rt`, `start`, `end` or `devTime`; from < 0 where it has none. */
  readonly time: [number, number];
}

const severities: Readonly<Record<string, number>> = {
  unknown: 0,
  low: 3,
  medium: 4,
  high: 5,
  'very-high': 6,
};

/** `CEF:0|Vendor|Product|1.0|100|name|5|rt=...`, `LEEF:1.0|Vendor|Product|1.0|id|devTime=...` at `i`. */
export function securityEvent(bytes: Uint8Array, i: number, end: number): SecurityEvent | undefined {
  const isCef = isAt(bytes, i, end, 'CEF:');
  if (!isCef && !isAt(bytes, i, end, 'LEEF:')) return undefined;
  const bars: number[] = [];
  for (let k = i; k < end && k - i < 4096 && bars.length < 7; k++) {
    if (bytes[k] === 0x5c) k++;
    else if (bytes[k] === 0x7c) bars.push(k);
  }
  if (bars.length < (isCef ? 7 : 5)) return undefined;
  const text = isCef ? textAt(bytes, bars[5]! + 1, bars[6]!).trim() : '';
  const number = /^\d{1,2}$/.test(text) ? Number(text) : NaN;
  const named = severities[text.toLowerCase()] ?? 0;
  const level = Number.isNaN(number) ? named : number <= 3 ? 3 : number <= 6 ? 4 : number <= 8 ? 5 : 6;
  const from = bars[isCef ? 6 : 4]! + 1;
  const extension = textAt(bytes, from, Math.min(end, from + 16_384));
  const found = /(?:^|[\s|^])(?:rt|deviceReceiptTime|devTime|start|end)=/.exec(extension);
  let time: [number, number] = [-1, -1];
  if (found) {
    const at = found.index + found[0].length;
    const rest = extension.slice(at);
    // A value goes on to the next key.
    const stop = /\s+[\w.[\]]+=|\t|\^|$/.exec(rest)?.index ?? rest.length;
    time = [from + at, from + at + stop];
  }
  return { product: [bars[1]! + 1, bars[2]!], level, time };
}

/** `2 123456789010 eni-1a2b 10.0.0.1 10.0.0.2 443 50000 6 20 4249 1772600767 1772600827 ACCEPT OK`: index of its start, or -1. */
export function flowLog(bytes: Uint8Array, i: number, end: number): number {
  if (bytes[i]! < 0x32 || bytes[i]! > 0x39 || bytes[i + 1] !== 0x20) return -1;
  const words = wordsOf(bytes, i, Math.min(end, i + 512), 15);
  if (words.length < 14 || !isAt(bytes, words[2]![0], end, 'eni-')) return -1;
  const start = words[10]!;
  return start[1] - start[0] === 10 && wholeAt(bytes, start[0], end) > 0 ? start[0] : -1;
}

/** Level of `%LINK-3-UPDOWN: ` at `i`, behind a host or the beginning: the digit is a severity of syslog. 0 without one. */
export function ciscoLevel(bytes: Uint8Array, i: number, end: number): number {
  const at = bytes.indexOf(0x25, i);
  if (at < 0 || at >= end || at - i > 64 || (at > i && bytes[at - 1] !== 0x20)) return 0;
  const found = /^%[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)*-([0-7])-[A-Z0-9_]+:/.exec(textAt(bytes, at, Math.min(end, at + 96)));
  return found ? syslogLevels[Number(found[1])]! : 0;
}

/** `345 10.1.2.3 TCP_MISS/504 1024 GET http://...` behind the stamp of Squid: the duration in ms, and the status. */
export function squid(bytes: Uint8Array, i: number, end: number, into: Fields): boolean {
  const words = wordsOf(bytes, i, Math.min(end, i + 512), 6);
  if (words.length < 6) return false;
  const elapsed = wholeAt(bytes, words[0]![0], end);
  const result = /^[A-Z_]+\/(\d{3})$/.exec(textAt(bytes, ...words[2]!));
  if (elapsed < 0 || !result) return false;
  into.value = elapsed;
  // 0 is a client that has left.
  into.outcome = outcomeOfStatus(Number(result[1]));
  into.bytes = Buffer.from(
    `"${textAt(bytes, words[4]![0], Math.min(words[5]![1], words[5]![0] + 4096))}" ${result[1]} ${result[0]}`,
    'latin1',
  );
  into.start = 0;
  into.end = into.bytes.length;
  return true;
}
