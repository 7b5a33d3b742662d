/** The lines of one service, minute by minute. */
import { type Mix, effectOf } from './effect.js';
import type { Incident } from './incident.js';
import { LineWriter } from './line-writer.js';
import { loadOf } from './load.js';
import { type Compiled, compile } from './message.js';
import { Alias, Random } from './random.js';
import type { Message, ServiceSpec } from './service.js';

/** Taken from Math once: inside a vm context, where tests run, every look-up of a global is slow. */
const { max } = Math;

const minute = 60_000;
/** Low bits of an event are its template, the rest its ms in the minute: one sort of integers orders a minute. */
const templateBits = 10;

/** One part in so many lines is stamped earlier than it is written, by up to `worstJitter` ms. */
const jitterOdds = 50;
const worstJitter = 1500;

export class ServiceStream {
  readonly writer: LineWriter;
  private readonly random: Random;
  private readonly spec: ServiceSpec;
  private readonly incidents: readonly Incident[];
  private readonly load: Float64Array;
  private readonly perMinute: number;
  private readonly start: number;
  private readonly templates: Compiled[] = [];
  private readonly usual: Alias;
  private readonly habits: readonly (readonly number[])[];
  private readonly restart: readonly number[];
  private readonly cron: readonly number[];
  private readonly mixes: Record<Mix, readonly [readonly number[], Alias]>;
  private events = new Int32Array(1024);
  private count = 0;

  /** @param perMinute mean lines a minute, without incidents */
  constructor(
    spec: ServiceSpec,
    incidents: readonly Incident[],
    seed: number,
    start: number,
    minutes: number,
    perMinute: number,
  ) {
    this.spec = spec;
    this.incidents = incidents.filter(({ services }) => services.includes(spec.name));
    this.random = new Random(seed, spec.name);
    this.writer = new LineWriter(spec.format, new Random(seed, `${spec.name}/values`));
    this.load = loadOf(spec, seed, start, minutes);
    this.perMinute = perMinute;
    this.start = start;
    const add = (message: Message): number => this.templates.push(compile(spec.format, spec.name, message)) - 1;
    const usual = spec.usual.map(add);
    this.usual = new Alias(spec.usual.map(({ weight }) => weight));
    this.habits = spec.habits.map(({ messages }) => messages.map(add));
    this.restart = spec.restart.map(add);
    const cron = spec.cron && [spec.cron.first, spec.cron.item, spec.cron.last].map(add);
    this.cron = cron ?? [];
    const mix = (messages: readonly Message[], ids = messages.map(add)): readonly [readonly number[], Alias] => [
      ids,
      new Alias(messages.map(({ weight }) => weight || 1)),
    ];
    const errors = usual.filter((id) => spec.usual[id]!.level === 'error');
    this.mixes = {
      errors: mix(
        errors.map((id) => spec.usual[id]!),
        errors,
      ),
      novel: mix([spec.ill.novel]),
      timeout: mix(spec.ill.timeout),
      leak: mix(spec.ill.leak),
      deploy: mix(spec.ill.deploy),
      batch: spec.cron ? mix([spec.cron.item], [this.cron[1]!]) : mix(spec.usual, usual),
      rollout: mix([spec.rollout]),
    };
  }

  /** Writes the lines of one minute, counted from the start, to the writer's buffer. */
  write(index: number): void {
    const time = this.start + index * minute;
    const rate = this.perMinute * this.load[index]!;
    this.count = 0;
    let traffic = 1;
    let latency = 1;
    let load = 0;
    for (const incident of this.incidents) {
      const effect = effectOf(incident, time, rate, this.perMinute * (this.spec.cron?.timesUsual ?? 0));
      traffic *= effect.traffic;
      latency *= effect.latency;
      load = max(load, effect.load);
      if (effect.restart) this.inOrder(this.restart, 20_000);
      for (const [name, mean] of Object.entries(effect.extra) as [Mix, number][]) {
        const [ids, alias] = this.mixes[name];
        for (let n = this.random.poisson(mean); n > 0; n--)
          this.add(this.random.fraction() * minute, ids[alias.draw(this.random)]!);
      }
    }
    for (let n = this.random.poisson(rate * traffic); n > 0; n--) {
      this.add(this.random.fraction() * minute, this.usual.draw(this.random));
    }
    this.routine(time);
    if (traffic === 0) this.count = 0;
    this.writer.latency = latency;
    this.writer.load = load;
    this.flush(time);
  }

  /** What happens whatever the traffic: habits, the odd restart of a process, the daily batch run. */
  private routine(time: number): void {
    const random = this.random;
    this.spec.habits.forEach(({ perDay, seconds }, i) => {
      if (random.fraction() * 1440 < perDay) this.inOrder(this.habits[i]!, seconds * 1000);
    });
    if (random.fraction() * 1440 < 0.4) this.inOrder(this.restart, 20_000);
    const { cron } = this.spec;
    if (!cron) return;
    const into = ((time / minute) % 1440) - cron.at;
    if (into < 0 || into >= cron.minutes) return;
    if (into === 0) this.add(0, this.cron[0]!);
    for (let n = random.poisson(this.perMinute * cron.timesUsual); n > 0; n--)
      this.add(random.fraction() * minute, this.cron[1]!);
    if (into === cron.minutes - 1) this.add(minute - 1, this.cron[2]!);
  }

  /** Messages one after the other, spread over `span` ms of this minute. */
  private inOrder(ids: readonly number[], span: number): void {
    const begin = this.random.fraction() * (minute - span);
    ids.forEach((id, i) => this.add(begin + ((i + this.random.fraction()) * span) / ids.length, id));
  }

  private add(at: number, template: number): void {
    if (this.count === this.events.length) {
      const bigger = new Int32Array(2 * this.count);
      bigger.set(this.events);
      this.events = bigger;
    }
    this.events[this.count++] = ((at | 0) << templateBits) | template;
  }

  private flush(time: number): void {
    const { events, count, random } = this;
    sort(events, count);
    for (let i = 0; i < count; i++) {
      const jitter = random.next() % jitterOdds === 0 ? random.next() % worstJitter : 0;
      const at = max(this.start, time + (events[i]! >> templateBits) - jitter);
      this.writer.line(this.templates[events[i]! & ((1 << templateBits) - 1)]!, at);
    }
  }
}

/** Insertion sort while a minute is short, which it is by default: the built-in sort pays a call each time. */
function sort(events: Int32Array, count: number): void {
  if (count > 80) {
    events.subarray(0, count).sort();
    return;
  }
  for (let i = 1; i < count; i++) {
    const value = events[i]!;
    let at = i;
    for (; at > 0 && events[at - 1]! > value; at--) events[at] = events[at - 1]!;
    events[at] = value;
  }
}
