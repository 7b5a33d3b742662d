import { createHash } from 'node:crypto';
import { type Chunk, simulateFleet, specs } from '../../../lab/simulate/fleet.js';
import { incidentKinds } from '../../../lab/simulate/incident.js';

const day = 86_400_000;

/** All bytes of each source. */
function bytesOf(chunks: Iterable<Chunk>): Map<string, Buffer> {
  const parts = new Map<string, Buffer[]>();
  for (const { source, bytes } of chunks) parts.set(source, [...(parts.get(source) ?? []), bytes]);
  return new Map([...parts].map(([source, all]) => [source, Buffer.concat(all)]));
}
const digest = (seed: number): string => {
  const hash = createHash('sha256');
  for (const { bytes } of simulateFleet({ seed, days: 3, lines: 20_000 }).chunks()) hash.update(bytes);
  return hash.digest('hex');
};

/** Time that a line is stamped with, in ms; syslog lines have no year and no fraction. */
function stampOf(line: string, stamp: string): number {
  switch (stamp) {
    case 'json':
      return Date.parse((JSON.parse(line) as { ts: string }).ts);
    case 'iso':
      return Date.parse(line.slice(0, 24));
    case 'syslog':
      return Date.parse(`${line.slice(0, 6)} 2026 ${line.slice(7, 15)} UTC`);
    default:
      return Date.parse(`${line.slice(0, 10)}T${line.slice(11, 19)}.${line.slice(20, 23)}Z`);
  }
}

describe('simulateFleet', () => {
  const options = { seed: 3, days: 24, lines: 120_000 };
  const fleet = simulateFleet(options);
  const lines = new Map(
    [...bytesOf(fleet.chunks())].map(([source, bytes]) => [source, bytes.toString().trimEnd().split('\n')]),
  );
  const timed = (name: string) => {
    const { stamp } = [...fleet.services, fleet.sessions].find((source) => source.name === name)!;
    return lines.get(name)!.map((line) => ({ line, time: stampOf(line, stamp) }));
  };

  it('gives the same bytes for the same seed, and others for another', () => {
    expect(digest(5)).toBe(digest(5));
    expect(digest(5)).not.toBe(digest(6));
  });

  it('writes about as many lines as asked for, from eight services and one session class', () => {
    const total = [...lines.values()].reduce((sum, all) => sum + all.length, 0);
    expect(lines.size).toBe(9);
    expect(total / options.lines).toBeGreaterThan(0.95);
    expect(total / options.lines).toBeLessThan(1.2);
    expect(fleet.services.filter(({ format }) => format === 'json')).toHaveLength(4);
  });

  it.each(specs.map(({ name }) => name))('stamps every line of %s, in order but for 2 s', (name) => {
    let latest = fleet.start;
    let early = 0;
    for (const { line, time } of timed(name)) {
      if (!(time >= latest - 2000 && time < fleet.end)) throw new Error(`out of order or without a time: ${line}`);
      if (time < latest) early++;
      latest = Math.max(latest, time);
    }
    // At full seconds and few lines, an early stamp is seldom seen.
    if (name === 'gateway') expect(early).toBeGreaterThan(0);
  });

  it('leaves no variable part of a template unwritten', () => {
    for (const all of lines.values())
      expect(all.filter((line) => /\{(int|hex|of|ms|ip)\b/.test(line) || line.includes('NaN'))).toEqual([]);
  });

  it('ends every chunk at a line break, hands out whole chunks in event time, and never one buffer twice', () => {
    const buffers = new Set<unknown>();
    const until = new Map<string, number>();
    for (const chunk of simulateFleet({ seed: 3, days: 3, lines: 30_000 }).chunks()) {
      expect(chunk.bytes.at(-1)).toBe(10);
      expect(chunk.bytes.toString('latin1').split('\n')).toHaveLength(chunk.lines + 1);
      expect(chunk.until).toBeGreaterThan(until.get(chunk.source) ?? 0);
      until.set(chunk.source, chunk.until);
      expect(buffers.has(chunk.bytes.buffer)).toBe(false);
      buffers.add(chunk.bytes.buffer);
    }
  });

  it('injects every kind after a quiet week, without overlaps, 15 minutes to 3 hours each', () => {
    const { incidents, start, end } = fleet;
    expect(new Set(incidents.map(({ kind }) => kind))).toEqual(new Set(incidentKinds));
    expect(incidents).toHaveLength(16);
    expect(
      incidents
        .filter(({ expected }) => expected)
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(['rollout', 'scheduled job']);
    let last = start + 7 * day;
    for (const incident of incidents) {
      expect(incident.start).toBeGreaterThanOrEqual(last);
      const minutes = (incident.end - incident.start) / 60_000;
      expect(minutes).toBeGreaterThanOrEqual(15);
      expect(minutes).toBeLessThanOrEqual(180);
      last = incident.end;
    }
    expect(last).toBeLessThan(end);
  });

  it('injects nothing in a simulation of a week', () => {
    expect(simulateFleet({ seed: 1, days: 7, lines: 1000 }).incidents).toEqual([]);
  });

  it('keeps silent services silent', () => {
    for (const { services, start, end } of fleet.incidents.filter(({ kind }) => kind === 'silence')) {
      const all = timed(services[0]!);
      // A line of the minute after may be stamped up to 2 s early.
      expect(all.filter(({ time }) => time >= start && time < end - 2000)).toEqual([]);
      expect(all.filter(({ time }) => time >= start - day && time < end - day).length).toBeGreaterThan(0);
    }
  });

  it('logs a new error only from its incident on', () => {
    for (const { services, start, end } of fleet.incidents.filter(({ kind }) => kind === 'new error')) {
      const { text } = specs.find(({ name }) => name === services[0])!.ill.novel;
      const words = text
        .replace(/\{[^}]*\}/g, '|')
        .split('|')
        .sort((a, b) => b.length - a.length)[0]!;
      const times = timed(services[0]!)
        .filter(({ line }) => line.includes(words))
        .map(({ time }) => time);
      expect(times.length).toBeGreaterThan(10);
      expect(Math.min(...times)).toBeGreaterThanOrEqual(start - 2000);
      expect(Math.max(...times)).toBeLessThan(end);
    }
  });

  it('slows a service down while its latency regresses', () => {
    const { incidents } = simulateFleet({ seed: 7 });
    const incident = incidents.find(({ kind, services }) => kind === 'latency' && services[0] === 'payments')!;
    const durations = { usual: [] as number[], ill: [] as number[] };
    for (const { source, bytes, until } of simulateFleet({ seed: 7, lines: 300_000 }).chunks()) {
      if (until > incident.end + day) break;
      if (source !== 'payments') continue;
      for (const line of bytes.toString().trimEnd().split('\n')) {
        const { ts, msg, duration_ms } = JSON.parse(line) as { ts: string; msg: string; duration_ms?: number };
        if (!/^(capture|authorisation)/.test(msg)) continue;
        const time = Date.parse(ts);
        durations[time >= incident.start && time < incident.end ? 'ill' : 'usual'].push(duration_ms!);
      }
    }
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(durations.ill) / mean(durations.usual)).toBeGreaterThan(2);
  });

  it('has days and nights, and quieter weekends', () => {
    const perHour = Array<number>(24).fill(0);
    const perDay = Array<number>(7).fill(0);
    for (const { time } of timed('gateway')) {
      perHour[new Date(time).getUTCHours()]!++;
      if (time < fleet.start + 7 * day) perDay[new Date(time).getUTCDay()]!++;
    }
    expect(perHour[15]! / perHour[3]!).toBeGreaterThan(2);
    expect(perDay[6]! / perDay[3]!).toBeLessThan(0.9);
  });

  it('refuses options that make no sense', () => {
    expect(() => simulateFleet({ seed: 0.5 })).toThrow('seed must be a whole number');
    expect(() => simulateFleet({ seed: 1, days: 0 })).toThrow('days must be above 0');
    expect(() => simulateFleet({ seed: 1, lines: 0 })).toThrow('lines must be at least 1');
    expect(() => simulateFleet({ seed: 1, start: 17 })).toThrow('full minute');
  });
});

describe('jobs', () => {
  const fleet = simulateFleet({ seed: 4, days: 24, lines: 100_000 });
  const sessions = new Map<string, string[]>();
  for (const line of bytesOf(fleet.chunks()).get('jobs')!.toString().trimEnd().split('\n')) {
    const key = new RegExp(fleet.sessions.sessionKey!).exec(line)![0];
    sessions.set(key, [...(sessions.get(key) ?? []), line]);
  }
  const ended = fleet.end - 3_600_000;
  const whole = [...sessions].filter(([, [first]]) => Date.parse(first!.slice(0, 24)) < ended);
  const broken = new Set(fleet.incidents.flatMap(({ sessions: keys }) => keys));

  it('take 6 to 15 steps over minutes, from submitted to completed', () => {
    for (const [key, steps] of whole) {
      if (broken.has(key)) continue;
      expect(steps.length).toBeGreaterThanOrEqual(6);
      expect(steps.length).toBeLessThanOrEqual(15);
      expect(steps[0]).toContain('submitted');
      expect(steps.at(-1)).toContain('completed');
    }
    expect(whole.length).toBeGreaterThan(700);
  });

  it('are broken only where the truth says so, and the truth names each', () => {
    expect(broken.size).toBeGreaterThan(20);
    for (const key of broken) {
      const text = sessions.get(key)!.join('\n');
      expect(text.includes('completed') && text.includes('validated') && text.includes('verified')).toBe(false);
    }
    const failed = whole.filter(([, steps]) => steps.some((line) => line.includes(' ERROR '))).map(([key]) => key);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.filter((key) => !broken.has(key))).toEqual([]);
  });
});
