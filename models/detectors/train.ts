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

/** An ensemble by the names of its detectors. */
export interface EnsembleTraining extends Training {
  /** Extra detectors that are trained, too. */
  readonly extra?: readonly string[] | undefined;
  /** Detectors that are left out. */
  readonly without?: readonly string[] | undefined;
}

/**
 * Trains all detectors that apply. The same training gives the same bytes.
 *
 * @example
 * const models = trainEnsemble({ schema: 'series-1', columns, matrix, seed: 1, from, to });
 * // [{ name: 'robust-z', bytes }, { name: 'prototypes', bytes }, ...]
 */
export function trainEnsemble({ extra = [], without = [], ...training }: EnsembleTraining): TrainedModel[] {
  return forEachFamily((family): TrainedModel[] => {
    if (without.includes(family.kind) || (family.extra && !extra.includes(family.kind))) return [];
    const bytes = trainBuiltIn(family, training);
    return bytes ? [{ name: family.kind, bytes }] : [];
  }).flat();
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
  training: EnsembleTraining,
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
