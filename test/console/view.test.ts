/** The view: what cells and lists are counted from. */
import fc from 'fast-check';
import { entity } from '../../records/entity.js';
import type { Decision } from '../../records/score.js';
import { lanesOf, stepOf } from '../../console/view/lanes.js';
import { OnceByBoundary } from '../../console/view/once.js';
import { WindowRing } from '../../console/view/window-ring.js';
import { aQuietDecision } from '../builders/decision.js';

const minute = 60_000;
const begin = Date.UTC(2026, 0, 5);
const names = ['cart', 'pay', 'auth'].map((service) => entity('service', { service }).key);

const decisions = fc.array(
  fc.record({
    entity: fc.constantFrom(...names),
    at: fc.integer({ min: 1, max: 600 }),
    u: fc.double({ min: -3, max: 3, noNaN: true }),
  }),
  { maxLength: 300 },
);
const made = (rows: readonly { entity: string; at: number; u: number }[]): Decision[] =>
  rows.map(({ entity: name, at, u }) =>
    aQuietDecision({ entity: name, start: begin + (at - 1) * minute, end: begin + at * minute, u, fired: u >= 0 }),
  );

test('the number in a cell is that of the list and of the log', () => {
  fc.assert(
    fc.property(decisions, fc.integer({ min: 1, max: 40 }), (rows, columns) => {
      const log = made(rows);
      const ring = new WindowRing(10_000);
      log.forEach((decision, offset) => ring.push(decision, 0, offset));
      const step = stepOf(600 * minute, columns);
      const range = { from: begin, to: begin + 600 * minute };
      const lanes = lanesOf(ring.latest({ from: 0, to: 8e15 }), range, step, names);
      expect(lanes.lanes).toHaveLength(names.length);
      for (const { entity: name, cells } of lanes.lanes)
        cells.forEach(({ windows, fired }, i) => {
          const cell = { from: lanes.from + i * step, to: lanes.from + (i + 1) * step };
          const inCell = log.filter((one) => one.entity === name && one.end > cell.from && one.end <= cell.to);
          expect(windows).toBe(inCell.length);
          expect(fired).toBe(inCell.filter((one) => one.fired).length);
          expect([...ring.latest({ ...cell, entity: name, fired: true })]).toHaveLength(fired);
        });
    }),
  );
});

test('the ring keeps the last decisions, each as it was', () => {
  fc.assert(
    fc.property(decisions, fc.integer({ min: 1, max: 50 }), (rows, capacity) => {
      const log = made(rows);
      const ring = new WindowRing(capacity);
      log.forEach((decision, offset) => ring.push(decision, 3, offset));
      const kept = [...ring.latest({ from: 0, to: 8e15 })];
      const last = log
        .map((decision, offset) => ({ decision, offset }))
        .slice(-capacity)
        .reverse();
      expect(kept).toHaveLength(last.length);
      kept.forEach((point, i) => {
        const { decision, offset } = last[i]!;
        const { entity: name, start, end, u, threshold, fired } = decision;
        expect(point).toMatchObject({ shard: 3, offset, entity: name, start, end, u, threshold, fired });
      });
    }),
  );
});

test('what a crash wrote again is counted once, wherever it was cut', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 23 }), (boundaries, cut) => {
      const log = Array.from({ length: boundaries * 3 }, (_, i) =>
        aQuietDecision({ entity: names[i % 3]!, end: begin + Math.floor(i / 3) * minute }),
      );
      const once = new OnceByBoundary();
      // A restart goes back to a checkpoint: a boundary at or before where the log was cut.
      const written = log.slice(0, cut);
      const again = log.slice(Math.max(0, Math.floor(cut / 3) - 2) * 3);
      const seen = [...written, ...again].filter((decision) => once.isNew(0, decision));
      expect(seen.map(({ entity: name, end }) => `${end} ${name}`)).toEqual(
        [...new Set([...written, ...again])].map(({ entity: name, end }) => `${end} ${name}`),
      );
    }),
  );
});
