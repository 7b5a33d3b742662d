/** Trains the ensemble, every built-in detector that applies to the features: here, or in a thread of its own. */
import { Worker } from 'node:worker_threads';
import { compiled } from '../onnx/compiled.js';
import { trainBuiltIn } from './built-in.js';
import { forEachFamily } from './families.js';
import type { Training } from './family.js';

/** A trained detector as a file. */
export interface TrainedModel {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Trains all detectors that apply. The same training gives the same bytes.
 *
 * @example
 * const models = trainEnsemble({ schema: 'series-1', columns, matrix, seed: 1, from, to });
 * // [{ name: 'robust-z', bytes }, { name: 'isolation-forest', bytes }, ...]
 */
export function trainEnsemble(training: Training): TrainedModel[] {
  return forEachFamily((family) => ({ name: family.kind, bytes: trainBuiltIn(family, training) })).flatMap(
    ({ name, bytes }) => (bytes ? [{ name, bytes }] : []),
  );
}

/** What the worker answers. */
export type WorkerAnswer = { readonly models: readonly TrainedModel[] } | { readonly failed: string };

/**
 * `trainEnsemble` in a worker thread, so that scoring goes on meanwhile. The matrix is copied to it.
 *
 * @param program path of the compiled train-worker.js; by default the one next to this module
 * @throws Error with the worker's message
 */
export async function trainInWorker(
  training: Training,
  program = compiled(import.meta.url, 'train-worker.js'),
): Promise<TrainedModel[]> {
  const worker = new Worker(program, { workerData: training });
  try {
    const answer = await new Promise<WorkerAnswer>((resolve, reject) => {
      worker.once('message', resolve).once('error', reject);
      worker.once('exit', (code) =>
        reject(new Error(`the training thread ended with code ${code} before it answered`)),
      );
    });
    if ('failed' in answer) throw new Error(`training for the schema ${training.schema} failed: ${answer.failed}`);
    return answer.models.map(({ name, bytes }) => ({ name, bytes: Buffer.from(bytes) }));
  } finally {
    await worker.terminate();
  }
}
