/** Entry of the simulator's worker thread: posts chunks, and waits while too many are on their way. */
import { parentPort, workerData } from 'node:worker_threads';
import { type FleetOptions, simulateFleet } from './fleet.js';

/** What the thread is started with. */
export interface WorkerInput {
  readonly options: FleetOptions;
  /** Chunks that may be posted before one is acknowledged. */
  readonly inFlight: number;
}

/** What it posts; it takes any message as the acknowledgement of one chunk. */
export type WorkerOutput =
  | {
      readonly type: 'chunk';
      readonly source: string;
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly lines: number;
      readonly until: number;
    }
  | { readonly type: 'end' };

const port = parentPort;
if (!port) throw new Error('simulate/worker is the entry of a worker thread: start it through simulateInWorker');

const { options, inFlight } = workerData as WorkerInput;
let open = 0;
let wake: (() => void) | undefined;
port.on('message', () => {
  open--;
  wake?.();
});

for (const { source, bytes, lines, until } of simulateFleet(options).chunks()) {
  while (open >= inFlight) await new Promise<void>((resolve) => (wake = resolve));
  open++;
  const view = new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
  port.postMessage({ type: 'chunk', source, bytes: view, lines, until } satisfies WorkerOutput, [view.buffer]);
}
port.postMessage({ type: 'end' } satisfies WorkerOutput);
port.close();
