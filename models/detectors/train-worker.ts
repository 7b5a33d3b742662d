/** The program of the training thread (train.ts). */
import { parentPort, workerData } from 'node:worker_threads';
import { trainEnsemble, type EnsembleTraining, type WorkerAnswer } from './train.js';

function answer(): WorkerAnswer {
  try {
    return { models: trainEnsemble(workerData as EnsembleTraining) };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.postMessage(answer());
