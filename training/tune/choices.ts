/** What `tune` may choose from, and the settings that a point of it stands for. */
import { COMBINATIONS } from '../../models/policies/arms.js';
import { forEachFamily } from '../../models/detectors/families.js';
import { schemas } from '../../models/features/schemas.js';
import { usualSettings, type Settings } from '../../models/registry/settings.js';
import type { SearchPoint, Space } from './space.js';

/** Lengths that aspects are averaged over, by name. */
const contexts: Readonly<Record<string, readonly number[]>> = {
  all: [1, 3, 6],
  short: [1, 3],
  long: [3, 6],
  shortest: [1],
  longest: [6],
};
const usual = 'usual';
const fallbacks = [usual, ...COMBINATIONS];
const series = 'series-1';
const logs = 'logs-1';
const membership = [true, false];

/** Built-in detectors that apply to a schema. */
const familiesOf = (schema: string): { kind: string; isExtra: boolean }[] =>
  forEachFamily((family) => {
    const columns = schemas.get(schema)?.columns.map(({ name }) => name) ?? [];
    return family.applies(columns) ? [{ kind: family.kind, isExtra: family.extra === true }] : [];
  }).flat();

/**
 * The space for windows of these schemas: who is in the ensemble, constants of detectors and of calibration, the lengths of
 * the aspects of logs, the default arm of series.
 */
export function spaceOf(present: Iterable<string>): Space {
  const space: Record<string, Space[string]> = {};
  const known = new Set(present);
  const found = [...schemas.keys()].filter((id) => known.has(id));
  for (const schema of found)
    for (const { kind } of familiesOf(schema)) space[`${schema}/${kind}`] = { kind: 'choice', choices: membership };
  space['tail_shape'] = { kind: 'real', low: 0.01, high: 0.3 };
  if (found.includes(logs)) {
    space['prototypes'] = { kind: 'whole', low: 4, high: 48 };
    space['variance'] = { kind: 'real', low: 0.6, high: 0.99 };
    space['contexts'] = { kind: 'choice', choices: Object.keys(contexts) };
  }
  if (found.includes(series)) space['fallback'] = { kind: 'choice', choices: fallbacks };
  return space;
}

/** The point of the usual settings. @param extra detectors that the configuration asks for */
export function usualPoint(space: Space, extra: readonly string[]): SearchPoint {
  const point: Record<string, number> = {};
  for (const name of Object.keys(space)) {
    const [schema = '', kind] = name.split('/');
    if (kind !== undefined) {
      const isIn = familiesOf(schema).some((one) => one.kind === kind && (!one.isExtra || extra.includes(kind)));
      point[name] = membership.indexOf(isIn);
    } else if (name === 'tail_shape') point[name] = usualSettings.tailShape;
    else if (name === 'prototypes') point[name] = usualSettings.prototypes;
    else if (name === 'variance') point[name] = usualSettings.variance;
    else point[name] = 0;
  }
  return point;
}

/** The settings of a point. An ensemble of none is the usual one. @param configured as in `usualPoint` */
export function settingsOfPoint(space: Space, point: SearchPoint, configured: readonly string[]): Settings {
  const without: string[] = [];
  const extra: string[] = [];
  const found = new Set(Object.keys(space).flatMap((name) => (name.includes('/') ? [name.split('/')[0]!] : [])));
  for (const schema of found) {
    const families = familiesOf(schema);
    const isIn = (kind: string): boolean => membership[point[`${schema}/${kind}`]!]!;
    if (!families.some(({ kind }) => isIn(kind))) continue;
    for (const { kind, isExtra } of families) {
      const isUsual = !isExtra || configured.includes(kind);
      if (isIn(kind) !== isUsual) (isUsual ? without : extra).push(`${schema}/${kind}`);
    }
  }
  const chosen = (name: string): string | undefined => {
    const one = space[name];
    return one?.kind === 'choice' ? String(one.choices[point[name]!]) : undefined;
  };
  const fallback = chosen('fallback') ?? usual;
  return {
    ...usualSettings,
    without: without.sort(),
    extra: extra.sort(),
    prototypes: point['prototypes'] ?? usualSettings.prototypes,
    variance: point['variance'] ?? usualSettings.variance,
    contexts: contexts[chosen('contexts') ?? ''] ?? usualSettings.contexts,
    tailShape: point['tail_shape'] ?? usualSettings.tailShape,
    fallback: fallback === usual ? '' : fallback,
  };
}
