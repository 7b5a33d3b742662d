/** Writes the lines of a service of the second world, a minute at a time. */
import type { FleetEvent } from '../fleet/kinds.js';
import { Random } from '../../simulate/random.js';
import { addSecond, noSecond, type SecondEffect } from './effect.js';
import { partOf, usualSecond, voiceOf, type SecondService } from './service.js';
import type { Level, Voice } from './voices.js';

const minute = 60_000;

/** Lines that an event writes, by its name in `SecondEffect.said`. */
const sayings: Readonly<Record<string, readonly (readonly [Level, string])[]>> = {
  habit: [['info', 'experiment %h chosen for tenant %n']],
  gc: [['warn', 'full gc took %n ms, heap close to its limit']],
  worded: [['info', 'could not refresh session for tenant %n: connection refused']],
  trace: [
    ['error', 'unhandled fault while serving %h'],
    ['error', 'java.lang.IllegalStateException: closed'],
    ['error', '    at c.e.shop.core.Pipe.read(Pipe.java:88)'],
    ['error', '    at c.e.shop.core.Loop.run(Loop.java:41)'],
  ],
  breaker: [['warn', 'breaker for %p is open after %n failures']],
  pool: [['warn', 'no free connection to %p: active=50 idle=0 waiting=%n']],
  down: [['warn', 'peer %p is down']],
  up: [['info', 'peer %p is up']],
  loop: [['info', 'rebalancing shard %n of %p']],
  reload: [['info', 'settings reloaded, %n keys changed']],
};

export class SecondWriter {
  private readonly random: Random;
  private readonly slow: Random;
  private readonly voice: Voice;
  private readonly events: readonly FleetEvent[];
  private readonly total: number;
  private noise = 0;
  private lines: { readonly time: number; readonly text: string }[] = [];

  constructor(
    private readonly service: SecondService,
    events: readonly FleetEvent[],
    seed: number,
    private readonly start: number,
    private readonly holiday: number,
  ) {
    this.random = new Random(seed, `second-lines/${service.name}`);
    this.slow = new Random(seed, `second-slow/${service.name}`);
    this.voice = voiceOf(service);
    this.events = events.filter((event) => event.service === service.name);
    this.total = service.routes.reduce((sum, { weight }) => sum + weight, 0);
  }

  write(from: number, to: number): string {
    this.lines = [];
    for (let m = from; m < to; m++) this.minute(m);
    const { disorder } = this.service;
    const order = this.lines.map(({ time, text }) => ({ at: time + this.random.fraction() * disorder, text }));
    order.sort((a, b) => a.at - b.at);
    return order.map(({ text }) => `${text}\n`).join('');
  }

  private minute(m: number): void {
    const { service, random } = this;
    const at = this.start + m * minute;
    this.noise = 0.985 * this.noise + 0.012 * this.slow.normal();
    const usual = usualSecond(service, m, this.holiday);
    const effect = noSecond();
    for (const event of this.events) addSecond(effect, event, at, usual, service.replicas);
    if (effect.silent) return;
    this.starts(at, effect);
    const load = effect.traffic * Math.exp(this.noise) * this.gamma();
    let due = random.poisson((usual * load) / service.batch) * service.batch;
    const strain = Math.max(0.5, Math.min(4, (usual * load) / service.rate)) ** service.strain;
    for (let tries = 0; due > 0 && tries < 3; tries++) {
      let failed = 0;
      for (let i = 0; i < due; i++) if (this.request(at, effect, strain)) failed++;
      due = tries < service.retries ? failed : 0;
    }
    this.habits(m, at, effect, usual);
    this.tasks(m, at, effect);
    for (const [what, rate] of effect.said) {
      for (let n = random.poisson(rate); n > 0; n--) {
        const when = at + Math.floor(random.fraction() * minute);
        const part = partOf(random);
        sayings[what]!.forEach(([level, text], i) =>
          this.say(when + i, level, this.filled(text.replace('%p', part), effect), this.anyReplica(effect)),
        );
      }
    }
  }

  /** Mean 1: the sum of exponentials, so that minutes are burstier than chance. */
  private gamma(): number {
    const { burst } = this.service;
    let sum = 0;
    for (let i = 0; i < burst; i++) sum -= Math.log(1 - this.random.fraction());
    return sum / burst;
  }

  private anyReplica(effect: SecondEffect): string {
    return this.replica(this.random.integer(0, this.service.replicas + effect.more - 1), effect);
  }

  /** Deploys give all replicas new names. */
  private replica(index: number, { generation }: SecondEffect): string {
    return `${this.service.name}-${(7 + generation * 13) % 97}f${generation}-${'kqxbz'[index % 5]}${index}`;
  }

  /** @returns whether it failed */
  private request(at: number, effect: SecondEffect, strain: number): boolean {
    const { service, random } = this;
    let left = random.fraction() * this.total;
    let index = 0;
    while (index < service.routes.length - 1 && (left -= service.routes[index]!.weight) > 0) index++;
    const route = service.routes[index]!;
    const replica = random.integer(0, service.replicas + effect.more - 1);
    const bad = effect.badReplica === replica;
    let ms = route.ms * effect.ms * strain * Math.exp(route.spread * random.normal());
    if (effect.slowRoute === index) ms *= 5;
    if (random.fraction() < effect.partShare) ms = effect.fixedMs > 0 ? Math.max(ms, effect.fixedMs) : ms * 8;
    if (bad) ms *= 3;
    const chance = random.fraction();
    const fails = route.failing + effect.fails + (effect.failRoute === index ? effect.failShare : 0) + (bad ? 0.35 : 0);
    const failed = chance < fails;
    const status = failed
      ? random.pick([500, 502, 503, 504])
      : chance < fails + route.refused + effect.refused
        ? random.pick([400, 401, 403, 404])
        : random.pick([200, 200, 200, 204, 302]);
    const time = at + Math.floor(random.fraction() * minute);
    const line = { time, replica: this.replica(replica, effect), verb: route.verb, route: route.path, status, ms };
    this.lines.push({ time, text: this.voice.ended(line, random) });
    for (const { level, text, share } of service.habits) {
      if (share > 0 && random.fraction() < share) this.say(time, level, this.filled(text, effect), line.replica);
    }
    if (effect.debug) this.say(time, 'debug', this.filled('span %h closed with %n children', effect), line.replica);
    return failed;
  }

  private habits(m: number, at: number, effect: SecondEffect, usual: number): void {
    this.service.habits.forEach(({ level, text, every }, i) => {
      if (every === 0 || m % every !== i % every) return;
      const said = effect.reworded && i === 6 ? 'probe answered, all well' : text;
      const time = at + Math.floor(this.random.fraction() * minute);
      this.say(time, level, this.filled(said, effect, usual), this.replica(0, effect));
    });
  }

  private tasks(m: number, at: number, effect: SecondEffect): void {
    const { random } = this;
    for (const { every, at: first, minutes, begins, ends } of this.service.tasks) {
      const since = (((m - first) % every) + every) % every;
      if (effect.noTask && every !== 10_080) continue;
      if (since === 0) this.say(at + 900, 'info', begins, this.replica(0, effect));
      if (since !== minutes) continue;
      const text = effect.taskFails
        ? ends.replace(/(complete|rotated).*/, 'aborted: exit code 1')
        : ends.replace('%d', (minutes * 60 * random.between(0.85, 1.2)).toFixed(1));
      const level = effect.taskFails ? 'error' : 'info';
      this.say(at + random.integer(0, 50_000), level, this.filled(text, effect), this.replica(0, effect));
    }
    if (effect.newTask && m % 720 === 77) {
      for (let k = 0; k < 6; k++)
        this.say(at + k * 900, 'info', this.filled('index %h rebuilt, %n documents', effect), this.replica(0, effect));
    }
  }

  private starts(at: number, effect: SecondEffect): void {
    if (effect.starts === -1) return;
    const { startup, replicas } = this.service;
    const which = effect.starts === -2 ? Array.from({ length: replicas }, (_, i) => i) : [effect.starts];
    for (const index of which)
      startup.forEach((text, i) =>
        this.say(at + i * 700 + index * 90, 'info', this.filled(text, effect), this.replica(index, effect)),
      );
  }

  private filled(text: string, effect: SecondEffect, usual = 1): string {
    const { random, service } = this;
    return text
      .replace('%q', () => `${Math.round((3 + (20 * usual) / service.rate) * effect.lag * random.between(0.3, 2))}`)
      .replace('%u', () => `${Math.round(400 * effect.memory * random.between(0.8, 1.25))}`)
      .replace('%p', () => partOf(random))
      .replace(/%n/g, () => `${random.integer(2, 600)}`)
      .replace(/%h/g, () => (random.next() % 0xfffffff).toString(16).padStart(7, '0'));
  }

  private say(time: number, level: Level, text: string, replica: string): void {
    this.lines.push({ time, text: this.voice.says(time, level, text, replica, this.random) });
  }
}
