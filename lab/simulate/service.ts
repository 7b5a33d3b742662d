/** How a simulated service is described: what it says, how often, and what it says when it is ill. */

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** How a service stamps its lines; `json` is one object a line with an ISO 8601 stamp. */
export type LineFormat = 'json' | 'log4j' | 'python' | 'iso' | 'syslog';

/**
 * One message template. Variable parts are `{int low high}`, `{skew low high}` (small numbers more often),
 * `{hex digits}`, `{uuid}`, `{ip}`, `{ms median}` (log-normal, follows the service's health), `{of a|b|c}`,
 * `{load}` (per cent, follows the service's memory pressure) and `{key}` (the session's key).
 */
export interface Message {
  readonly level: Level;
  readonly text: string;
  /** Relative frequency among the service's usual messages. */
  readonly weight: number;
  /** Median in ms of a `duration_ms` field (JSON services only). */
  readonly ms?: number;
  /** Class or module that logs it, where the format names one. */
  readonly by?: string;
}

/** A harmless thing that happens now and then: its messages come in order, spread over some seconds. */
export interface Habit {
  readonly perDay: number;
  readonly seconds: number;
  readonly messages: readonly Message[];
}

/** A daily batch run. */
export interface Cron {
  /** Minute of the UTC day. */
  readonly at: number;
  readonly minutes: number;
  /** Lines a minute as a multiple of the service's mean rate. */
  readonly timesUsual: number;
  readonly first: Message;
  readonly item: Message;
  readonly last: Message;
}

export interface ServiceSpec {
  readonly name: string;
  readonly format: LineFormat;
  /** Part of all service lines, 0 to 1. */
  readonly share: number;
  /** Relative size of the daily wave (0 to 1), its peak in hours UTC, and the factor of weekends. */
  readonly day: { readonly swing: number; readonly peak: number; readonly weekend: number };
  readonly usual: readonly Message[];
  readonly habits: readonly Habit[];
  /** What it says when a process starts: also an ordinary event, every few days. */
  readonly restart: readonly Message[];
  readonly cron?: Cron;
  readonly ill: {
    /** An error that was never seen before. */
    readonly novel: Message;
    /** Calls that ran out of time. */
    readonly timeout: readonly Message[];
    /** Memory running out. */
    readonly leak: readonly Message[];
    /** A broken version. */
    readonly deploy: readonly Message[];
  };
  /** What a new, healthy version says in addition. */
  readonly rollout: Message;
}

type Extra = Pick<Message, 'ms' | 'by'>;
export const info = (weight: number, text: string, extra?: Extra): Message => ({
  level: 'info',
  weight,
  text,
  ...extra,
});
export const debug = (weight: number, text: string, extra?: Extra): Message => ({
  level: 'debug',
  weight,
  text,
  ...extra,
});
export const warn = (weight: number, text: string, extra?: Extra): Message => ({
  level: 'warn',
  weight,
  text,
  ...extra,
});
export const error = (weight: number, text: string, extra?: Extra): Message => ({
  level: 'error',
  weight,
  text,
  ...extra,
});

/** A single harmless line, about `perDay` times a day. */
export const rare = (perDay: number, message: Message): Habit => ({ perDay, seconds: 1, messages: [message] });
