/** Runs an ingest task for each followed file: those that are there, and those that come while it runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskProgress } from '../../runtime/health.js';
import type { Service } from '../../runtime/supervisor.js';
import type { NamedSource } from '../tasks/tasks.js';
import type { FollowedSources } from './followed-sources.js';

interface FollowTask extends Service {
  prepare(): Promise<void>;
  progress(): TaskProgress;
}

export interface FollowServiceParts {
  readonly followed: FollowedSources;
  /** Those that were found before it starts, listed already. */
  readonly first: readonly NamedSource[];
  readonly task: (source: NamedSource) => FollowTask;
  /** Says that these are read from now on. */
  readonly list: (names: readonly string[]) => Promise<void>;
  readonly log: { info(about: object, message: string): void };
  readonly bounded: boolean;
  /** Between two looks for files that have come, ms. */
  readonly lookMs?: number;
}

export class FollowService implements Service {
  readonly name = 'ingest/followed';
  readonly done: Promise<void>;
  private readonly running = new Map<string, FollowTask>();
  private readonly stopping = new AbortController();
  private settle!: { resolve: () => void; reject: (error: Error) => void };

  constructor(private readonly parts: FollowServiceParts) {
    this.done = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    this.done.catch(() => undefined);
    for (const source of parts.first) this.running.set(source.name, parts.task(source));
  }

  /** Restores the state of those that were found before, and reads nothing yet. */
  async prepare(): Promise<void> {
    for (const task of this.running.values()) await task.prepare();
  }

  async start(): Promise<void> {
    for (const [name, task] of this.running) await this.begin(name, task);
    if (this.parts.bounded && this.running.size === 0) this.settle.resolve();
    if (!this.parts.bounded) this.look().catch((error: unknown) => this.settle.reject(error as Error));
  }

  async stop(limitMs: number): Promise<boolean> {
    this.stopping.abort();
    const kept = await Promise.all([...this.running.values()].map((task) => task.stop(limitMs)));
    this.settle.resolve();
    return !kept.includes(false);
  }

  progress(): TaskProgress[] {
    return [...this.running.values()].map((task) => task.progress());
  }

  private async begin(name: string, task: FollowTask): Promise<void> {
    task.done.then(
      () => this.end(name).catch((error: unknown) => this.settle.reject(error as Error)),
      (error: unknown) => this.settle.reject(error as Error),
    );
    await task.start();
  }

  /** Its file was deleted, or it is a bounded run. */
  private async end(name: string): Promise<void> {
    if (this.stopping.signal.aborted) return;
    const { bounded, followed, log } = this.parts;
    if (bounded) {
      if ([...this.running.values()].every((task) => task.progress().phase === 'ended')) this.settle.resolve();
      return;
    }
    this.running.delete(name);
    await followed.forget(name);
    await this.parts.list([...this.running.keys()]);
    log.info({ source: name }, 'a followed file was deleted, and all of it is read');
  }

  private async look(): Promise<void> {
    const { followed, task, list, log, lookMs = 1000 } = this.parts;
    const { signal } = this.stopping;
    for (;;) {
      await sleep(lookMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const news = await followed.find();
      if (news.length === 0) continue;
      const tasks = news.map((source) => [source.name, task(source)] as const);
      for (const [name, one] of tasks) this.running.set(name, one);
      // Nothing closes before what they begin with is known.
      await list([...this.running.keys()]);
      for (const [name, one] of tasks) {
        log.info({ source: name }, 'a file has come that is followed');
        if (!signal.aborted) await this.begin(name, one);
      }
    }
  }
}
