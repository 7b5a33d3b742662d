/** The program of a thread that evaluates trials (evaluators.ts). */
import { parentPort, workerData } from 'node:worker_threads';
import { Evaluator, type TuningData } from './evaluator.js';
import type { EvaluationRequest, Reply } from './evaluators.js';

const evaluator = new Evaluator(workerData as TuningData);
const reply = (message: Reply): void => parentPort?.postMessage(message);

parentPort?.on('message', ({ id, settings, extent }: EvaluationRequest) => {
  evaluator.evaluate(settings, extent).then(
    (found) => reply({ id, found }),
    (error: unknown) => reply({ id, failed: error instanceof Error ? error.message : String(error) }),
  );
});
