/** Evaluates trials in worker threads; which thread takes which trial changes nothing of what comes out. */
import { Worker } from 'node:worker_threads';
import { compiled } from '../../models/onnx/compiled.js';
import type { Settings } from '../../models/registry/settings.js';
import type { TuningData } from './evaluator.js';
import type { Extent } from './extents.js';
import type { Evaluated } from './study.js';

/** To a thread. */
export interface EvaluationRequest {
  readonly id: number;
  readonly settings: Settings;
  readonly extent: Extent;
}

/** From a thread. */
export type Reply = { readonly id: number } & ({ readonly found: Evaluated } | { readonly failed: string });

interface WaitingEvaluation extends Omit<EvaluationRequest, 'id'> {
  readonly resolve: (found: Evaluated) => void;
  readonly reject: (error: Error) => void;
}

/** A pool of threads over the same data. */
export class Evaluators {
  private readonly workers: Worker[] = [];
  private readonly idle: Worker[] = [];
  private readonly queue: WaitingEvaluation[] = [];
  private readonly busy = new Map<Worker, WaitingEvaluation>();
  private next = 0;
  private broken: Error | undefined;

  /** @param program path of the compiled tune-thread.js; by default the one next to this module */
  constructor(data: TuningData, threads: number, program = compiled(import.meta.url, 'tune-thread.js')) {
    for (let i = 0; i < threads; i++) {
      const worker = new Worker(program, { workerData: data });
      worker.on('message', (reply: Reply) => this.settle(worker, reply));
      worker.once('error', (error) => this.fail(error instanceof Error ? error : new Error(String(error))));
      worker.once('exit', (code) => this.fail(new Error(`a thread that evaluates trials ended with code ${code}`)));
      this.workers.push(worker);
      this.idle.push(worker);
    }
  }

  /** Failures of the settings are values that are no number; @throws Error where a thread ended */
  evaluate(settings: Settings, extent: Extent): Promise<Evaluated> {
    return new Promise((resolve, reject) => {
      if (this.broken) {
        reject(this.broken);
        return;
      }
      this.queue.push({ settings, extent, resolve, reject });
      this.assign();
    });
  }

  async close(): Promise<void> {
    for (const worker of this.workers) worker.removeAllListeners('exit');
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private assign(): void {
    for (;;) {
      const worker = this.queue.length > 0 ? this.idle.pop() : undefined;
      const waiting = worker && this.queue.shift();
      if (!worker || !waiting) return;
      this.busy.set(worker, waiting);
      const { settings, extent } = waiting;
      worker.postMessage({ id: this.next++, settings, extent } satisfies EvaluationRequest);
    }
  }

  private settle(worker: Worker, reply: Reply): void {
    const waiting = this.busy.get(worker);
    this.busy.delete(worker);
    this.idle.push(worker);
    waiting?.resolve('found' in reply ? reply.found : { value: Number.NaN, about: {} });
    this.assign();
  }

  private fail(error: Error): void {
    this.broken = error;
    for (const { reject } of [...this.busy.values(), ...this.queue.splice(0)]) reject(error);
    this.busy.clear();
  }
}
