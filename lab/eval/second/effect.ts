/** What happens in the second world, and what it does to one service in one minute. */
import type { FleetEvent } from '../fleet/kinds.js';

export const secondIncidents = [
  'route fails',
  'all routes fail',
  'one replica bad',
  'lag grows',
  'task overdue',
  'task fails',
  'quiet',
  'few requests',
  'part slow',
  'all slow',
  'one route slow',
  'memory leak',
  'errors at info',
  'stack traces',
  'dependency timeout',
  'sign-ins refused',
  'retry storm',
  'pool exhausted',
  'flapping',
  'hot loop',
] as const;

export const secondChanges = [
  'rolling deploy',
  'deploy rewords',
  'reload',
  'campaign',
  'scaled out',
  'new habit',
  'new task',
  'debug on',
  'restart',
  'slow start',
] as const;

export interface SecondEffect {
  traffic: number;
  ms: number;
  fixedMs: number;
  slowRoute: number;
  partShare: number;
  failRoute: number;
  failShare: number;
  fails: number;
  refused: number;
  badReplica: number;
  lag: number;
  memory: number;
  silent: boolean;
  noTask: boolean;
  taskFails: boolean;
  /** Replica that starts in this minute; -1 none, -2 all. */
  starts: number;
  reworded: boolean;
  generation: number;
  more: number;
  debug: boolean;
  /** More lines a minute, by what they are. */
  said: Map<string, number>;
  newTask: boolean;
}

export const noSecond = (): SecondEffect => ({
  traffic: 1,
  ms: 1,
  fixedMs: 0,
  slowRoute: -1,
  partShare: 0,
  failRoute: -1,
  failShare: 0,
  fails: 0,
  refused: 0,
  badReplica: -1,
  lag: 1,
  memory: 1,
  silent: false,
  noTask: false,
  taskFails: false,
  starts: -1,
  reworded: false,
  generation: 0,
  more: 0,
  debug: false,
  said: new Map(),
  newTask: false,
});

const minute = 60_000;

/** Adds what `event` does. @param rate usual requests a minute @param replicas of the service */
export function addSecond(effect: SecondEffect, event: FleetEvent, time: number, rate: number, replicas: number): void {
  const { kind, start, end, strength: s, part } = event;
  if (time < start) return;
  const since = Math.floor((time - start) / minute);
  const over = time >= end;
  const says = (what: string, count: number): void => {
    effect.said.set(what, (effect.said.get(what) ?? 0) + count);
  };
  // Versions stay.
  if (kind === 'rolling deploy' || kind === 'deploy rewords' || kind === 'scaled out') {
    effect.generation++;
    if (kind === 'deploy rewords') effect.reworded = true;
    if (kind === 'scaled out') effect.more += 2;
    if (kind !== 'scaled out' && since % 2 === 0 && since / 2 < replicas) effect.starts = since / 2;
    if (kind === 'scaled out' && since < 2) effect.starts = since;
    return;
  }
  if (kind === 'new habit') {
    says('habit', Math.max(0.04, 0.05 * rate));
    return;
  }
  if (kind === 'new task') {
    effect.newTask = true;
    return;
  }
  if (over) {
    if (kind === 'memory leak' && time < end + minute) effect.starts = -2;
    return;
  }
  switch (kind) {
    case 'route fails':
      effect.failRoute = part;
      effect.failShare = 0.5 * s;
      break;
    case 'all routes fail':
      effect.fails += 0.15 * s;
      break;
    case 'one replica bad':
      effect.badReplica = part;
      break;
    case 'lag grows':
      effect.lag = 1 + 15 * s * Math.min(1, since / 25);
      break;
    case 'task overdue':
      effect.noTask = true;
      break;
    case 'task fails':
      effect.taskFails = true;
      break;
    case 'quiet':
      effect.silent = true;
      break;
    case 'few requests':
      effect.traffic *= 0.25 / s;
      break;
    case 'part slow':
      effect.partShare = 0.25;
      break;
    case 'all slow':
      effect.ms *= 3 * s;
      break;
    case 'one route slow':
      effect.slowRoute = part;
      break;
    case 'memory leak':
      effect.memory = 1 + (2.5 * s * (time - start)) / (end - start);
      if (since % 6 === 5) says('gc', 1);
      break;
    case 'errors at info':
      says('worded', Math.max(0.5, 0.15 * rate) * s);
      break;
    case 'stack traces':
      says('trace', Math.max(0.4, 0.06 * rate) * s);
      effect.fails += 0.04;
      break;
    case 'dependency timeout':
      effect.fixedMs = 5000;
      effect.partShare = 0.35;
      effect.fails += 0.08;
      says('breaker', 0.3);
      break;
    case 'sign-ins refused':
      effect.refused += 0.35 * s;
      break;
    case 'retry storm':
      effect.traffic *= 3 * s;
      effect.fails += 0.2;
      break;
    case 'pool exhausted':
      says('pool', Math.max(0.4, 0.1 * rate) * s);
      effect.ms *= 1.8;
      break;
    case 'flapping':
      says('down', 0.5 * s);
      says('up', 0.5 * s);
      effect.fails += 0.03;
      break;
    case 'hot loop':
      says('loop', Math.max(10, 8 * rate) * s);
      break;
    case 'reload':
      if (since === 0) says('reload', 3);
      break;
    case 'campaign':
      effect.traffic *= 1.8;
      break;
    case 'debug on':
      effect.debug = true;
      break;
    case 'restart':
      if (since === 0) effect.starts = -2;
      break;
    case 'slow start':
      if (since === 0) effect.starts = -2;
      if (since < 4) effect.ms *= 2;
      break;
  }
}
