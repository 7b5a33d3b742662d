/** All built-in detectors that are trained: the one list that training, loading and the conformance suite go through. */
import { autoencoder } from './autoencoder.js';
import { ecod } from './ecod.js';
import type { Family } from './family.js';
import { isolationForest } from './isolation-forest.js';
import { pcaReconstruction } from './pca.js';
import { prototypes } from './prototypes.js';
import { residualSums } from './residual-sum.js';
import { rareTemplates } from './rare-templates.js';
import { robustZ } from './robust-z.js';

/** Calls back with a family of unknown parameters; what it does cannot depend on them. */
export type WithFamily<R> = <P>(family: Family<P>) => R;

const each: readonly (<R>(use: WithFamily<R>) => R)[] = [
  (use) => use(robustZ),
  ...residualSums.map(
    (family) =>
      <R>(use: WithFamily<R>): R =>
        use(family),
  ),
  (use) => use(pcaReconstruction),
  (use) => use(rareTemplates),
  (use) => use(prototypes),
  (use) => use(isolationForest),
  (use) => use(ecod),
  (use) => use(autoencoder),
];

/** Applies `use` to every family, in a fixed order. */
export function forEachFamily<R>(use: WithFamily<R>): R[] {
  return each.map((one) => one(use));
}
