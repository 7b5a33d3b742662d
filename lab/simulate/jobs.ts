/** The session class: jobs of 6 to 15 steps over minutes, every line with the job's key. Plain lines. */
import { mix32 } from '../../records/wire/hash.js';
import type { Incident } from './incident.js';
import { LineWriter } from './line-writer.js';
import { loadOf } from './load.js';
import { type Compiled, compile } from './message.js';
import { Random } from './random.js';
import { type Message, error, info, warn } from './service.js';

const minute = 60_000;
export const jobsName = 'jobs';
export const jobsFormat = 'iso';
const day = { swing: 0.4, peak: 13, weekend: 0.8 };
/** Steps that a job has on average: lines divided by it are jobs. */
const meanSteps = 11.75;

const messages = {
  submitted: info(0, 'job-{key} submitted by user {int 10000 99999}, kind={of report|export|render}'),
  validated: info(0, 'job-{key} validated, {skew 1 40} parameters'),
  queued: info(0, 'job-{key} queued at position {skew 0 60}'),
  started: info(0, 'job-{key} started on worker-{int 1 12}'),
  cached: info(0, 'job-{key} result found in cache, age {int 1 3000} s'),
  fetched: info(0, 'job-{key} fetched part {int 1 9} of input from s3://inputs/{hex 12} in {ms 340} ms'),
  retried: warn(0, 'job-{key} fetch slow, retrying from mirror {of a|b|c}'),
  computed: info(0, 'job-{key} computed block {int 1 400}, {skew 1000 90000} rows in {ms 2100} ms'),
  checkpointed: info(0, 'job-{key} wrote checkpoint {hex 8}'),
  verified: info(0, 'job-{key} verified checksum {hex 16}'),
  uploaded: info(0, 'job-{key} uploaded {skew 2 9000} KB to s3://results/{hex 12}'),
  billed: info(0, 'job-{key} billed {int 1 90} credits'),
  notified: info(0, 'job-{key} notified user {int 10000 99999}'),
  completed: info(0, 'job-{key} completed after {ms 41000} ms'),
  failed: error(0, 'job-{key} upload failed: AccessDenied for s3://results/{hex 12}'),
  rolledBack: warn(0, 'job-{key} rolled back, {int 1 9} blocks discarded'),
} satisfies Record<string, Message>;
type Step = keyof typeof messages;

/** The steps of a healthy job. */
function healthy(random: Random): Step[] {
  if (random.fraction() < 0.12) return ['submitted', 'validated', 'started', 'cached', 'notified', 'completed'];
  const steps: Step[] = ['submitted', 'validated', 'queued', 'started', 'fetched'];
  const chance = random.fraction();
  if (chance < 0.05) steps.push('retried');
  else if (chance < 0.35) steps.push('fetched');
  for (let n = random.integer(1, 3); n > 0; n--) steps.push('computed');
  if (random.fraction() < 0.4) steps.push('checkpointed');
  steps.push('verified', 'uploaded');
  if (random.fraction() < 0.7) steps.push('billed');
  steps.push('notified', 'completed');
  return steps;
}

/** The steps of a job that stops half-way, fails, or skips its checks. */
function broken(random: Random): Step[] {
  const before: Step[] = ['submitted', 'validated', 'queued', 'started', 'fetched', 'computed'];
  return random.pick<Step[]>([
    before,
    [...before, 'computed', 'failed', 'rolledBack'],
    ['submitted', 'queued', 'started', 'fetched', 'computed', 'uploaded', 'notified', 'completed'],
  ]);
}

export interface BrokenJob {
  /** As it stands in the lines, `job-` and eight digits. */
  readonly name: string;
  readonly key: number;
  readonly start: number;
}

const keyText = (key: number): string => `job-${key.toString(16).padStart(8, '0')}`;

/** `mix32` is a bijection, so different numbers of jobs have different keys; broken ones count from 2^31. */
const keyOf = (seed: number, number: number): number => (mix32(number) ^ mix32(seed)) >>> 0;

/** The jobs that an incident breaks: about one in two minutes, drawn ahead so that the truth can name them. */
export function brokenJobs(seed: number, incident: string, start: number, end: number): BrokenJob[] {
  const random = new Random(seed, `jobs/${incident}`);
  const jobs: BrokenJob[] = [];
  const first = 2 ** 31 + 10_000 * Number(incident.replace(/\D/g, ''));
  for (let at = start; at < end; at += minute * random.between(1, 3)) {
    const key = keyOf(seed, first + jobs.length);
    jobs.push({ name: keyText(key), key, start: at });
  }
  return jobs;
}

interface Event {
  readonly time: number;
  readonly key: number;
  readonly template: Compiled;
}

/** The lines of all jobs, minute by minute. */
export class JobStream {
  readonly writer: LineWriter;
  private readonly random: Random;
  private readonly templates: Record<Step, Compiled>;
  private readonly load: Float64Array;
  private readonly due = new Map<number, Event[]>();
  private readonly brokenAt = new Map<number, BrokenJob[]>();
  private readonly seed: number;
  private readonly start: number;
  private readonly perMinute: number;
  private number = 0;

  /** @param lines mean lines a minute */
  constructor(incidents: readonly Incident[], seed: number, start: number, minutes: number, lines: number) {
    this.seed = seed;
    this.start = start;
    this.perMinute = lines / meanSteps;
    this.random = new Random(seed, jobsName);
    this.writer = new LineWriter(jobsFormat, new Random(seed, `${jobsName}/values`));
    this.load = loadOf({ name: jobsName, day }, seed, start, minutes);
    this.templates = Object.fromEntries(
      Object.entries(messages).map(([step, message]) => [step, compile(jobsFormat, jobsName, message)]),
    ) as Record<Step, Compiled>;
    for (const { kind, id, start: from, end } of incidents) {
      if (kind !== 'broken sessions') continue;
      for (const job of brokenJobs(seed, id, from, end)) {
        const index = Math.floor((job.start - start) / minute);
        this.brokenAt.set(index, [...(this.brokenAt.get(index) ?? []), job]);
      }
    }
  }

  /** Writes the lines of one minute, counted from the start, to the writer's buffer. */
  write(index: number): void {
    const time = this.start + index * minute;
    for (let n = this.random.poisson(this.perMinute * this.load[index]!); n > 0; n--) {
      this.run(healthy(this.random), keyOf(this.seed, this.number++), time + this.random.integer(0, minute - 1));
    }
    for (const job of this.brokenAt.get(index) ?? []) this.run(broken(this.random), job.key, Math.floor(job.start));
    const events = this.due.get(index) ?? [];
    this.due.delete(index);
    // Equal times keep the order in which they were drawn, which is that of a job's steps.
    events.sort((a, b) => a.time - b.time);
    for (const event of events) {
      this.writer.key = event.key;
      this.writer.line(event.template, event.time);
    }
  }

  private run(steps: readonly Step[], key: number, time: number): void {
    for (const step of steps) {
      const index = Math.floor((time - this.start) / minute);
      const events = this.due.get(index) ?? [];
      if (events.length === 0) this.due.set(index, events);
      events.push({ time, key, template: this.templates[step] });
      // Most steps follow within seconds, a few wait for a minute or more.
      time += Math.floor(200 + 15_000 * -Math.log(1 - this.random.fraction()));
    }
  }
}
