/** What happens in the second world, and when. */
import { Random } from '../../simulate/random.js';
import type { FleetEvent } from '../fleet/kinds.js';
import { earlyUntil, judgedFrom } from '../fleet/schedule.js';
import { secondChanges, secondIncidents } from './effect.js';
import { usualSecond, type SecondService } from './service.js';

const minute = 60_000;
const apart = 600;

/** Usual requests that an incident has to meet to be seen by somebody who looks. */
const needs: Readonly<Record<string, number>> = {
  'route fails': 60,
  'all routes fail': 120,
  'one replica bad': 250,
  quiet: 15,
  'few requests': 60,
  'part slow': 80,
  'all slow': 25,
  'one route slow': 60,
  'sign-ins refused': 40,
  'retry storm': 20,
  'dependency timeout': 60,
};

const lasts: Readonly<Record<string, readonly [number, number]>> = {
  'memory leak': [180, 300],
  'lag grows': [50, 150],
  'rolling deploy': [20, 20],
  'deploy rewords': [60, 60],
  reload: [10, 10],
  campaign: [120, 360],
  'scaled out': [20, 20],
  'new habit': [120, 120],
  'new task': [2880, 2880],
  'debug on': [60, 60],
  restart: [15, 15],
  'slow start': [15, 15],
};

export function scheduleSecond(
  seed: number,
  services: readonly SecondService[],
  start: number,
  days: number,
  holiday: number,
): FleetEvent[] {
  const random = new Random(seed, 'second-schedule');
  const taken = new Map<string, (readonly [number, number])[]>(services.map(({ name }) => [name, []]));
  const events: FleetEvent[] = [];
  function place(kind: FleetEvent['kind'], harmless: boolean, from: number, to: number): void {
    for (let attempt = 0; attempt < 400; attempt++) {
      const service = random.pick(services);
      const [shortest, longest] = lasts[kind] ?? (service.rate < 0.7 ? [70, 180] : [25, 80]);
      let at = random.integer(from, to - 1);
      let end = at + random.integer(shortest, longest);
      if (kind === 'task overdue' || kind === 'task fails') {
        const task = service.tasks.find(({ every }) => every !== 10_080);
        if (!task || at < 6 * 1440) continue;
        at = task.at + Math.ceil((at - task.at) / task.every) * task.every - 1;
        end = at + (task.every === 60 ? 240 : 200) + task.minutes;
      }
      if (kind === 'lag grows' && service.habits[0]!.every > 10) continue;
      if (kind === 'memory leak' && service.habits[1]!.every > 10) continue;
      if (kind === 'one replica bad' && service.replicas < 3) continue;
      if (end > days * 1440) continue;
      let usual = 0;
      for (let m = at; m < end; m++) usual += usualSecond(service, m, holiday);
      if (!harmless && usual < (needs[kind] ?? 5)) continue;
      const busy = taken.get(service.name)!;
      if (busy.some(([begun, ended]) => at < ended + apart && end > begun - apart)) continue;
      busy.push([at, end]);
      events.push({
        kind,
        harmless,
        service: service.name,
        start: start + at * minute,
        end: start + end * minute,
        early: at * minute < earlyUntil,
        strength: random.between(0.75, 1.35),
        part: kind === 'one replica bad' ? random.integer(0, service.replicas - 1) : 0,
      });
      return;
    }
  }
  const judged = judgedFrom / minute;
  const early = earlyUntil / minute;
  for (let round = 0; round < 2; round++)
    for (const kind of random.shuffled(secondIncidents)) place(kind, false, judged, days * 1440);
  for (let round = 0; round < 3; round++)
    for (const kind of random.shuffled(secondChanges)) place(kind, true, judged, days * 1440);
  const soon = secondIncidents.filter((kind) => !kind.startsWith('task'));
  for (const kind of random.shuffled(soon).slice(0, 8)) place(kind, false, 180, early);
  for (let i = 0; i < 8; i++) place(random.pick(['rolling deploy', 'restart']), true, 720, judged);
  return events.sort((a, b) => a.start - b.start || (a.service < b.service ? -1 : 1));
}
