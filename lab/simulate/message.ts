/** Compiles a message template to byte fragments and slots, so that writing a line formats no strings. */
import type { LineFormat, Message } from './service.js';

export enum Slot {
  none,
  int,
  skew,
  hex,
  uuid,
  ip,
  ms,
  of,
  load,
  key,
  /** The value that `ms` draws, as a JSON field. */
  duration,
}

/** Bytes that are always the same, then one variable part. */
export interface Fragment {
  readonly bytes: Uint8Array;
  readonly slot: Slot;
  readonly low: number;
  readonly high: number;
  readonly words: readonly Uint8Array[];
}

/** One template of one service, ready to be written. */
export type Compiled = readonly Fragment[];

const levels = {
  json: { debug: 'debug', info: 'info', warn: 'warn', error: 'error' },
  log4j: { debug: 'DEBUG', info: 'INFO ', warn: 'WARN ', error: 'ERROR' },
  python: { debug: 'DEBUG', info: 'INFO', warn: 'WARNING', error: 'ERROR' },
  iso: { debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR' },
  // RFC 3164 files carry no level: it is lost, as it is on real hosts.
  syslog: { debug: '', info: '', warn: '', error: '' },
};

/** What stands between the stamp and the message. */
function lead(format: LineFormat, service: string, { level, by }: Message): string {
  const name = levels[format][level];
  switch (format) {
    case 'json':
      return `Z","level":"${name}","service":"${service}","msg":"`;
    case 'log4j':
      return ` ${name} [exec-{int 1 16}] ${by ?? service} - `;
    case 'python':
      return ` ${name} ${by ?? service}: `;
    case 'iso':
      return `Z ${name} `;
    case 'syslog':
      return ` ${service}-{int 1 2} ${by ?? service}[{int 800 820}]: `;
  }
}

const encoder = new TextEncoder();
const marker = /\{(\w+)(?: ([^}]*))?\}/g;

/**
 * Compiles a message of a service.
 * @throws Error when a variable part has an unknown name.
 */
export function compile(format: LineFormat, service: string, message: Message): Compiled {
  const escape = (text: string): string => (format === 'json' ? JSON.stringify(text).slice(1, -1) : text);
  const fragments: Fragment[] = [];
  let fixed = '';
  const close = (slot: Slot, low = 0, high = 0, words: readonly string[] = []): void => {
    fragments.push({ bytes: encoder.encode(fixed), slot, low, high, words: words.map((word) => encoder.encode(word)) });
    fixed = '';
  };
  const add = (text: string, quote: (part: string) => string): void => {
    let at = 0;
    for (const match of text.matchAll(marker)) {
      fixed += quote(text.slice(at, match.index));
      at = match.index + match[0].length;
      const slot = Slot[match[1] as keyof typeof Slot];
      if (slot === undefined) throw new Error(`unknown variable part ${match[0]} in a message of ${service}: ${text}`);
      if (slot === Slot.of) close(slot, 0, 0, match[2]!.split('|'));
      else {
        const [low, high] = (match[2] ?? '').split(' ').map(Number);
        close(slot, low, high);
      }
    }
    fixed += quote(text.slice(at));
  };
  add(lead(format, service, message), (part) => part);
  add(message.text, escape);
  if (format === 'json') {
    fixed += '"';
    if (message.ms !== undefined) {
      fixed += ',"duration_ms":';
      close(Slot.duration, message.ms);
    }
    fixed += '}';
  }
  fixed += '\n';
  close(Slot.none);
  return fragments;
}
