/** The labels that a text format finds: those of the identity, and those that only relabel rules see. */
import { usualInputs, usualLogFields, type FieldPaths } from './usual-fields.js';

/** The labels of a text format. */
export interface LabelSet {
  readonly names: readonly string[];
  /** How many of them are part of the identity; the others are there to be matched. */
  readonly identity: number;
  /** Paths of each, best first. */
  readonly paths: readonly (readonly string[])[];
}

/**
 * @param matched - names of labels that relabel rules look at
 * @param groups - names that a pattern of the source gives to parts of its lines: rules may match each
 */
export function labelSet(
  fields: FieldPaths | undefined,
  matched: readonly string[] = [],
  groups: readonly string[] = [],
): LabelSet {
  const own = Object.entries({ service: '', ...fields?.labels });
  const inputs = [...new Set([...Object.keys(usualInputs), ...groups])].filter(
    (name) => matched.includes(name) && !own.some(([key]) => key === name),
  );
  return {
    names: [...own.map(([name]) => name), ...inputs],
    identity: own.length,
    paths: [
      ...own.map(([, path]): readonly string[] => (path === '' ? usualLogFields.service : [path])),
      ...inputs.map((name): readonly string[] => [name, ...(usualInputs[name] ?? [])]),
    ],
  };
}
