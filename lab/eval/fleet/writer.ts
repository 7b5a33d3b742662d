/** Writes the lines of one service, a minute at a time. */
import { addEffect, noEffect, type FleetEffect } from './effect.js';
import type { FleetEvent } from './kinds.js';
import { loggerOf, usualRate, type FleetService } from './service.js';
import { Random } from '../../simulate/random.js';

const minute = 60_000;
type Level = 'debug' | 'info' | 'warn' | 'error';

interface Line {
  readonly time: number;
  readonly text: string;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export class ServiceWriter {
  private readonly random: Random;
  private readonly drift: Random;
  private noise = 0;
  private readonly total: number;
  private readonly events: readonly FleetEvent[];
  private lines: Line[] = [];

  constructor(
    private readonly service: FleetService,
    events: readonly FleetEvent[],
    seed: number,
    private readonly start: number,
  ) {
    this.random = new Random(seed, `fleet-lines/${service.name}`);
    this.drift = new Random(seed, `fleet-drift/${service.name}`);
    this.total = service.operations.reduce((sum, { weight }) => sum + weight, 0);
    this.events = events.filter((event) => event.service === service.name);
  }

  /** The lines of minutes `[from, to)`, as a file would have them: about in order. */
  write(from: number, to: number): string {
    this.lines = [];
    for (let m = from; m < to; m++) this.minute(m);
    const { disorder } = this.service;
    const order = this.lines.map(({ time, text }) => ({
      at: time + (disorder > 0 ? this.random.fraction() * disorder : 0),
      text,
    }));
    order.sort((a, b) => a.at - b.at);
    return order.map(({ text }) => text).join('');
  }

  private minute(m: number): void {
    const { service, random } = this;
    const at = this.start + m * minute;
    this.noise = 0.97 * this.noise + 0.24 * service.noise * this.drift.normal();
    const usual = usualRate(service, m);
    const effect = noEffect();
    for (const event of this.events) addEffect(effect, event, at, usual);
    if (effect.silent) return;
    if (effect.restart) this.restart(at, effect);
    const requests = random.poisson(usual * Math.exp(this.noise) * effect.traffic);
    for (let i = 0; i < requests; i++) this.request(at, effect);
    this.sideLines(m, at, usual, effect);
    this.jobs(m, at, effect);
    this.more(at, effect.errors, 'error', service.side[4]!.text);
    this.more(
      at,
      effect.novelErrors,
      'error',
      `unexpected state in ${service.operations[0]!.name} handler: cannot decode payload ~ (code #)`,
    );
    this.more(at, effect.warns, 'warn', service.side[2]!.text);
    this.more(at, effect.novelLines, 'info', `${service.operations[0]!.name} variant assigned to cohort ~`);
    this.more(at, effect.debug * Math.max(0.3, usual), 'debug', `trace ${service.operations[0]!.name} step # state ~`);
    this.more(at, effect.loop, 'warn', service.side[3]!.text);
    if (effect.loop > 0) this.more(at, effect.loop / 4, 'info', service.side[0]!.text);
  }

  private request(at: number, effect: FleetEffect): void {
    const { service, random } = this;
    let left = random.fraction() * this.total;
    let part = 0;
    while (part < service.operations.length - 1 && (left -= service.operations[part]!.weight) > 0) part++;
    const op = service.operations[part]!;
    const replica = random.integer(0, service.replicas.length - 1);
    const bad = effect.badReplica === replica;
    let ms = op.medianMs * effect.latency * Math.exp(op.spread * random.normal());
    if (effect.slowPart === part) ms *= effect.slow;
    if (effect.tailShare > 0 && random.fraction() < effect.tailShare) ms *= effect.tail;
    if (bad) ms *= 2.5;
    const chance = random.fraction();
    const failing = op.failing + effect.failing + (effect.failPart === part ? effect.failShare : 0) + (bad ? 0.5 : 0);
    const status =
      chance < failing
        ? random.pick([500, 502, 503])
        : chance < failing + op.refused + effect.refused
          ? random.pick([400, 401, 404, 429])
          : random.pick([200, 200, 200, 201, 204]);
    this.outcome(at, op.name, op.method, op.route, status, ms, service.replicas[replica]!);
    for (const line of service.side) {
      if (line.rate > 0 && random.fraction() < line.rate)
        this.say(at, line.level, this.filled(line.text, effect), service.replicas[replica]!);
    }
  }

  private outcome(
    at: number,
    name: string,
    method: string,
    route: string,
    status: number,
    ms: number,
    replica: string,
  ): void {
    const { service, random } = this;
    const time = at + Math.floor(random.fraction() * minute);
    const level: Level = status >= 500 ? 'error' : status >= 400 && service.format !== 'json' ? 'warn' : 'info';
    if (service.format === 'access') {
      const d = new Date(time);
      const two = (n: number): string => n.toString().padStart(2, '0');
      const stamp = `${two(d.getUTCDate())}/${months[d.getUTCMonth()]}/${d.getUTCFullYear()}:${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())} +0000`;
      const ip = `10.${random.integer(0, 9)}.${random.integer(0, 255)}.${random.integer(1, 254)}`;
      this.lines.push({
        time,
        text: `${ip} - - [${stamp}] "${method} ${route}/${random.integer(1, 99999)} HTTP/1.1" ${status} ${random.integer(120, 9000)} "-" "client/1.${random.integer(0, 9)}" ${(ms / 1000).toFixed(3)}\n`,
      });
      return;
    }
    if (service.format === 'json') {
      this.lines.push({
        time,
        text: `{"time":"${new Date(time).toISOString()}","level":"${level}","service":"${service.name}","pod":"${replica}","msg":"${method} ${route} finished","status":${status},"duration_ms":${ms.toFixed(1)}}\n`,
      });
      return;
    }
    if (service.format === 'logfmt') {
      this.lines.push({
        time,
        text: `ts=${new Date(time).toISOString()} level=${level} host=${replica} msg="${name}" path=${route} status=${status} duration=${ms.toFixed(1)}ms\n`,
      });
      return;
    }
    const id = random.integer(10_000, 99_999);
    const text =
      status >= 500
        ? `${name} ${id} failed with status ${status} after ${ms.toFixed(1)} ms`
        : status >= 400
          ? `${name} ${id} rejected, status ${status}`
          : `${name} ${id} completed in ${ms.toFixed(1)} ms, status ${status}`;
    this.sayAt(time, level, text, replica);
  }

  private sideLines(m: number, at: number, usual: number, effect: FleetEffect): void {
    this.service.side.forEach((line, i) => {
      if (line.every > 0 && m % line.every === i % line.every && effect.stuck !== i) {
        this.say(at, line.level, this.filled(line.text, effect, usual), this.service.replicas[0]!);
      }
    });
  }

  private jobs(m: number, at: number, effect: FleetEffect): void {
    const { service, random } = this;
    service.jobs.forEach((job, i) => {
      const since = (((m - job.at) % job.every) + job.every) % job.every;
      if (effect.missingJob === i) return;
      if (since === 0) this.say(at, 'info', `job ${job.name} started`, service.replicas[0]!);
      if (since === job.minutes)
        this.say(
          at,
          'info',
          `job ${job.name} finished in ${(job.minutes * 60 * random.between(0.9, 1.1)).toFixed(0)} s, # rows`.replace(
            '#',
            `${random.integer(900, 1100)}`,
          ),
          service.replicas[0]!,
        );
    });
    if (effect.newJob && m % 1440 === 195) {
      this.say(at, 'info', `compaction of ${service.operations[0]!.name} history started`, service.replicas[0]!);
      for (let k = 0; k < 12; k++)
        this.say(
          at,
          'info',
          `compacted segment ${random.integer(1, 900)} in ${random.integer(2000, 9000)} ms`,
          service.replicas[0]!,
        );
    }
  }

  private restart(at: number, effect: FleetEffect): void {
    const { service } = this;
    for (const replica of service.replicas) {
      const texts = effect.newStartup
        ? [...service.startup, 'feature flags: rollout stage # enabled', 'schema migration ~ applied']
        : service.startup;
      texts.forEach((text, i) => this.sayAt(at + 200 + i * 400, 'info', this.filled(text, effect), replica));
    }
  }

  private more(at: number, rate: number, level: Level, text: string): void {
    if (rate <= 0) return;
    const count = this.random.poisson(rate);
    for (let i = 0; i < count; i++)
      this.say(at, level, this.filled(text, noEffect()), this.random.pick(this.service.replicas));
  }

  private filled(text: string, effect: FleetEffect, usual = 1): string {
    const { random } = this;
    if (text.startsWith('heap')) {
      const heap = Math.round(500 * effect.heap * random.between(0.85, 1.15));
      const queue = Math.round((4 + usual / this.service.rate) * effect.queue * random.between(0.4, 1.8));
      return text.replace('#', `${heap}`).replace('#', `${queue}`);
    }
    return text
      .replace(/#/g, () => `${random.integer(1, 400)}`)
      .replace(
        /~/g,
        () =>
          `${random.pick(['a', 'b', 'c', 'f'])}${random.integer(100_000, 999_999).toString(16)}${random.integer(0, 9)}`,
      )
      .replace(/@/g, () => (300 * Math.exp(0.5 * random.normal())).toFixed(0));
  }

  private say(at: number, level: Level, text: string, replica: string): void {
    this.sayAt(at + Math.floor(this.random.fraction() * minute), level, text, replica);
  }

  private sayAt(time: number, level: Level, text: string, replica: string): void {
    const { service, random } = this;
    const iso = new Date(time).toISOString();
    let line: string;
    switch (service.format) {
      case 'json':
        line = `{"time":"${iso}","level":"${level}","service":"${service.name}","pod":"${replica}","msg":"${text}"}`;
        break;
      case 'logfmt':
        line = `ts=${iso} level=${level} host=${replica} msg="${text}"`;
        break;
      case 'log4j':
        line = `${iso.slice(0, 10)} ${iso.slice(11, 19)},${iso.slice(20, 23)} ${level.toUpperCase().padEnd(5)} [${replica}] c.e.${loggerOf(text.indexOf(' '))} - ${text}`;
        break;
      case 'python':
        line = `${iso.slice(0, 10)} ${iso.slice(11, 19)},${iso.slice(20, 23)} - app.${loggerOf(text.indexOf(' '))} - ${(level === 'warn' ? 'warning' : level).toUpperCase()} - ${text}`;
        break;
      case 'syslog': {
        const d = new Date(time);
        line = `${months[d.getUTCMonth()]} ${d.getUTCDate().toString().padStart(2)} ${iso.slice(11, 19)} ${replica} ${service.name}[${random.integer(300, 310)}]: ${level.toUpperCase()} ${text}`;
        break;
      }
      case 'access':
      case 'iso':
        line = `${iso} ${level.toUpperCase()} ${replica} ${text}`;
        break;
      case 'bracketed':
        line = `[${iso.slice(0, 10)} ${iso.slice(11, 19)}] [${level}] [${replica}] ${text}`;
        break;
    }
    this.lines.push({ time, text: `${line}\n` });
  }
}
