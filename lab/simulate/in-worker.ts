/** Runs the simulator in a thread of its own, so that making lines does not slow down reading them. */
import { Worker } from 'node:worker_threads';
import { type Chunk, type Fleet, type FleetOptions, simulateFleet } from './fleet.js';
import type { WorkerInput, WorkerOutput } from './worker.js';

/** A fleet whose chunks come from a worker thread. */
export interface RemoteFleet extends Omit<Fleet, 'chunks'> {
  /** One chunk at a time; asking for the next acknowledges the last. Leaving the loop early stops the thread. */
  chunks(): AsyncGenerator<Chunk, void>;
}

/**
 * Simulates a fleet in a worker thread: the same chunks as `simulateFleet`.
 * @param script the compiled worker, `new URL('./worker.js', import.meta.url)` from a neighbouring room
 * @param inFlight chunks that may wait to be read; bounds the memory
 * @throws what the worker threw, from the loop over the chunks
 */
export function simulateInWorker(options: FleetOptions, script: URL, inFlight = 16): RemoteFleet {
  const { services, sessions, incidents, start, end } = simulateFleet(options);
  return {
    services,
    sessions,
    incidents,
    start,
    end,
    async *chunks() {
      const worker = new Worker(script, { workerData: { options, inFlight } satisfies WorkerInput });
      const arrived: WorkerOutput[] = [];
      let failure: Error | undefined;
      let wake: (() => void) | undefined;
      const arrive = (output: WorkerOutput): void => {
        arrived.push(output);
        wake?.();
      };
      worker.on('message', arrive);
      const fail = (error: Error): void => {
        failure ??= error;
        wake?.();
      };
      worker.on('error', fail);
      worker.on('exit', (code) => {
        if (code !== 0) fail(new Error(`the simulator's thread ended with code ${code}`));
      });
      try {
        for (;;) {
          const output = arrived.shift();
          if (output?.type === 'end') return;
          if (output) {
            const { source, bytes, lines, until } = output;
            yield { source, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), lines, until };
            worker.postMessage('next');
          } else {
            if (failure) throw failure;
            await new Promise<void>((resolve) => (wake = resolve));
          }
        }
      } finally {
        await worker.terminate();
      }
    },
  };
}
