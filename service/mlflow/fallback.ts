/** Blobs that are asked for in MLflow where they are not where they usually are; nothing is written there. */
import type { Config } from '../../config/schema.js';
import type { Blobs } from '../../models/registry/share.js';
import { MlflowRegistry } from './registry.js';

/** @param usual where members of a fleet keep sets; undefined for a process with a folder of its own */
export function withMlflow({ mlflow }: Pick<Config, 'mlflow'>, usual: Blobs | undefined): Blobs | undefined {
  if (!mlflow) return usual;
  const far = MlflowRegistry.of(mlflow);
  return {
    putBlob: async (name, bytes) => usual?.putBlob(name, bytes),
    getBlob: async (name) => (await usual?.getBlob(name)) ?? far.getBlob(name),
  };
}
