/** A simulated year of series that remember: how often an undrifted day is called drifted, and whether a shift is found. */
import { driftOf, referenceOf } from '../../../models/drift/reference.js';
import { autoregressive } from './series.js';

/** Days of a year that are called drifted, by the chance `level`, over entities that do not drift. */
function alarms(memory: number, entities: number, size: number, level: number): number {
  let count = 0;
  for (let entity = 0; entity < entities; entity++) {
    const series = autoregressive(392 * size, memory, 1000 * entity + 7);
    const reference = referenceOf(series.subarray(0, 28 * size), size, entity)!;
    for (let day = 28; day < 392; day++)
      if (driftOf(reference, series.subarray(day * size, (day + 1) * size)).p <= level) count++;
  }
  return count;
}

test('over a year of days, false drift alarms stay within their budget, however long the series remembers', () => {
  const entities = 40;
  // One a week of all entities.
  const level = 1 / (7 * entities);
  for (const memory of [0, 0.5, 0.9, 0.98]) {
    const found = alarms(memory, entities, 144, level);
    const budget = 52;
    expect([memory, found <= budget + 2 * Math.sqrt(budget)]).toEqual([memory, true]);
  }
}, 900_000);

test('a shift of one standard deviation is found within a day of minutes', () => {
  const size = 1440;
  const level = 1 / (7 * 100);
  for (const memory of [0, 0.5, 0.9, 0.95]) {
    for (let entity = 0; entity < 5; entity++) {
      const series = autoregressive(29 * size, memory, 50 + entity);
      const reference = referenceOf(series.subarray(0, 28 * size), size, entity)!;
      const day = series.subarray(28 * size).map((value) => value + 1);
      expect([memory, entity, driftOf(reference, day).p <= level]).toEqual([memory, entity, true]);
    }
  }
}, 900_000);
