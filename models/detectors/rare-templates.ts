/**
 * Rare templates: how much of a log window's mix is new, rare or shifted. One-sided sum of the robust z-values of
 * `novelty`, `rarity`, `divergence` and `unseen`, as far as the features have them: less novelty than usual is fine.
 */
import type { Family } from './family.js';
import { emitStandard, fitStandard, readStandard, spread, standardise, type Standard } from './standardise.js';

const names: ReadonlySet<string> = new Set(['novelty', 'rarity', 'divergence', 'unseen']);

/** The detector. */
export const rareTemplates: Family<Standard> = {
  kind: 'rare-templates',
  version: '1',
  description: 'How new, rare or shifted the mix of templates is.',
  applies(columns) {
    const used = columns.flatMap((name, i) => (names.has(name) ? [i] : []));
    return used.length ? used : undefined;
  },
  train: (matrix, used) => fitStandard(matrix, used, 0),
  write(graph, input, parameters) {
    const ones = graph.constant('ones', [parameters.used.length, 1], new Float64Array(parameters.used.length).fill(1));
    return graph.node('MatMul', [emitStandard(graph, input, parameters), ones]);
  },
  read: readStandard,
  oracle: (parameters, row) => standardise(parameters, row).reduce((sum, z) => sum + z, 0),
  parts: (parameters, row) => spread(parameters, standardise(parameters, row), row.length),
};
