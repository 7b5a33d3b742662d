/** The program of the training thread (train.ts). */
import { parentPort, workerData } from 'node:worker_threads';
import type { Training } from './family.js';
import { trainEnsemble, type WorkerAnswer } from './train.js';

function answer(): WorkerAnswer {
  try {
    return { models: trainEnsemble(workerData as Training) };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.postMessage(answer());
