/** What an event does to a service in one minute. Strengths are those that an engineer with graphs would agree on. */
import type { FleetEvent } from './kinds.js';

export interface FleetEffect {
  traffic: number;
  latency: number;
  /** Operation that is slower, and by how much. */
  slowPart: number;
  slow: number;
  /** Share of requests that take `tail` times as long. */
  tailShare: number;
  tail: number;
  failing: number;
  /** Operation that fails, and its share. */
  failPart: number;
  failShare: number;
  refused: number;
  /** Additional lines a minute. */
  errors: number;
  novelErrors: number;
  warns: number;
  novelLines: number;
  debug: number;
  loop: number;
  restart: boolean;
  newStartup: boolean;
  silent: boolean;
  /** Side line that does not come; -1 none. */
  stuck: number;
  /** Job that does not come, -1 none, and one that never was there before. */
  missingJob: number;
  newJob: boolean;
  /** Multipliers of numbers in texts. */
  heap: number;
  queue: number;
  /** Replica that fails half of its requests and is slow; -1 none. */
  badReplica: number;
}

export const noEffect = (): FleetEffect => ({
  traffic: 1,
  latency: 1,
  slowPart: -1,
  slow: 1,
  tailShare: 0,
  tail: 1,
  failing: 0,
  failPart: -1,
  failShare: 0,
  refused: 0,
  errors: 0,
  novelErrors: 0,
  warns: 0,
  novelLines: 0,
  debug: 0,
  loop: 0,
  restart: false,
  newStartup: false,
  silent: false,
  stuck: -1,
  missingJob: -1,
  newJob: false,
  heap: 1,
  queue: 1,
  badReplica: -1,
});

const minute = 60_000;

/** Adds what `event` does at `time` to `effect`. @param rate the usual requests a minute */
export function addEffect(effect: FleetEffect, event: FleetEvent, time: number, rate: number): void {
  const { kind, start, end, strength, part } = event;
  const first = time >= start && time < start + minute;
  // What a new version says it goes on saying.
  const lasts = kind === 'new line' || kind === 'new job' || kind === 'retired service' || kind === 'new service';
  if (kind === 'new service') {
    if (time < start) effect.silent = true;
    else if (first) effect.restart = true;
    return;
  }
  if (time < start) return;
  if (time >= end && !lasts) {
    if (kind === 'leak' && time < end + minute) effect.restart = true;
    return;
  }
  switch (kind) {
    case 'error burst':
      effect.errors += Math.max(0.6, 0.25 * rate) * strength;
      break;
    case 'new error':
      effect.novelErrors += Math.max(0.4, 0.08 * rate) * strength;
      break;
    case 'failing requests':
      effect.failing += 0.14 * strength;
      break;
    case 'failing endpoint':
      effect.failPart = part;
      effect.failShare = Math.min(0.95, 0.6 * strength);
      break;
    case 'rejected requests':
      effect.refused += 0.35 * strength;
      break;
    case 'silence':
      effect.silent = true;
      break;
    case 'traffic drop':
      effect.traffic *= 0.3 / strength;
      break;
    case 'overload':
      effect.traffic *= 2.6 * strength;
      effect.latency *= 1.8 * strength;
      effect.failing += 0.03;
      break;
    case 'slow everywhere':
      effect.latency *= 2.8 * strength;
      break;
    case 'slow endpoint':
      effect.slowPart = part;
      effect.slow = 5 * strength;
      break;
    case 'slow tail':
      effect.tailShare = 0.2;
      effect.tail = 12 * strength;
      break;
    case 'leak': {
      const level = (time - start) / (end - start);
      effect.heap = 1 + 2.2 * level;
      effect.latency *= 1 + 2.5 * strength * level * level;
      effect.warns += 0.1 * rate * level;
      break;
    }
    case 'bad deploy':
      effect.restart ||= first;
      effect.failing += 0.1 * strength;
      effect.novelErrors += Math.max(0.3, 0.05 * rate);
      effect.latency *= 1.5;
      break;
    case 'crash loop':
      effect.restart ||= Math.floor((time - start) / minute) % 4 === 0;
      effect.traffic *= 0.5;
      effect.errors += Math.max(0.25, 0.02 * rate);
      break;
    case 'missing job':
      effect.missingJob = part;
      break;
    case 'stuck component':
      effect.stuck = part;
      break;
    case 'backlog':
      effect.queue = 1 + 12 * strength * Math.min(1, (time - start) / (20 * minute));
      effect.latency *= 1.4;
      break;
    case 'replica failing':
      effect.badReplica = part;
      break;
    case 'runaway log':
      effect.loop += Math.max(8, 6 * rate) * strength;
      break;
    case 'warnings':
      effect.warns += Math.max(0.5, 0.3 * rate) * strength;
      break;
    case 'deploy':
      effect.restart ||= first;
      break;
    case 'deploy with new lines':
      effect.restart ||= first;
      effect.newStartup = true;
      effect.novelLines += 0.05 * rate;
      break;
    case 'restart':
      effect.restart ||= first;
      break;
    case 'new line':
      effect.novelLines += Math.max(0.05, 0.08 * rate);
      break;
    case 'new job':
      effect.newJob = true;
      break;
    case 'retired service':
      effect.silent = true;
      break;
    case 'more traffic':
      effect.traffic *= 1.9;
      break;
    case 'less traffic':
      effect.traffic *= 0.65;
      break;
    case 'debug lines':
      effect.debug += 1;
      break;
  }
}
