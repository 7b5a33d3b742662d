/** What every detector must hold, whoever wrote it. */
import { checkSchema, type Detector, type FeatureMatrix } from '../../models/detectors/detector.js';
import { Seeded } from '../../models/detectors/seeded.js';

/** A part of a matrix, at another address than where it came from. */
export function rowsOf({ columns, data }: FeatureMatrix, start: number, rows: number): FeatureMatrix {
  const room = new Float64Array(rows * columns + 1 + (start % 5));
  const part = room.subarray(1 + (start % 5));
  part.set(data.subarray(start * columns, (start + rows) * columns));
  return { rows, columns, data: part };
}

/** Residuals as features are: columns that share a factor, some heavy tails, on the 2^-12 grid. */
export function residuals(rows: number, columns: number, seed: number, shared = 0.7): FeatureMatrix {
  const chance = new Seeded(seed);
  const normal = (): number =>
    Array.from({ length: 12 }, () => chance.uniform()).reduce((sum, value) => sum + value, -6);
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const common = normal();
    for (let j = 0; j < columns; j++) {
      const tail = chance.uniform() < 0.0005 ? 200 * normal() : 0;
      data[i * columns + j] = Math.min(
        512,
        Math.max(-512, Math.round((shared * common + normal() + tail) * 4096) / 4096),
      );
    }
  }
  return { rows, columns, data };
}

const bitsOf = (values: Float64Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');

/** Where the bits of two results differ; empty when they do not. */
export function differences(a: Float64Array, b: Float64Array): number[] {
  return [...a.keys()].filter((i) => bitsOf(a.subarray(i, i + 1)) !== bitsOf(b.subarray(i, i + 1)));
}

export interface DetectorCase {
  readonly name: string;
  /** A fresh detector, trained on or fit for `residuals(..., columns.length, ...)`. */
  readonly open: () => Promise<Detector>;
  /** Plain TypeScript of the same, where there is one. */
  readonly oracle?: (detector: Detector, rows: FeatureMatrix) => Float64Array;
}

/** Declares the suite for one detector. */
export function detectorSuite({ name, open, oracle }: DetectorCase): void {
  describe(`detector ${name}`, () => {
    let detector: Detector;
    let matrix: FeatureMatrix;
    let scores: Float64Array;
    beforeAll(async () => {
      detector = await open();
      matrix = residuals(1000, detector.card.columns.length, 77);
      scores = await detector.score(matrix);
    });

    test('gives one finite score a row, and not the same for all', () => {
      expect(scores).toHaveLength(matrix.rows);
      expect([...scores].every((score) => Number.isFinite(score))).toBe(true);
      expect(new Set(scores).size).toBeGreaterThan(50);
    });

    test('has a known cost a row, of thousands of operations at most', () => {
      expect(Number.isInteger(detector.cost)).toBe(true);
      expect(detector.cost).toBeGreaterThan(0);
      expect(detector.cost).toBeLessThan(20_000);
    });

    test('scores an injected outlier higher than 99 % of the usual rows', async () => {
      const { columns } = matrix;
      const outlier = { rows: 1, columns, data: Float64Array.from({ length: columns }, (_, j) => (j % 2 ? 9 : 25)) };
      const score = (await detector.score(outlier))[0]!;
      expect([...scores].filter((usual) => usual >= score).length).toBeLessThanOrEqual(10);
    });

    test.each([1, 7, 16, 256, 1000])('gives the same bits in batches of %d, at shifted addresses', async (size) => {
      const rows = size === 1 ? 64 : matrix.rows;
      const joined = new Float64Array(rows);
      for (let start = 0; start < rows; start += size) {
        const count = Math.min(size, rows - start);
        joined.set(await detector.score(rowsOf(matrix, start, count)), start);
      }
      expect(differences(joined, scores.subarray(0, rows))).toEqual([]);
    });

    test('gives the same bits at any place in a batch', async () => {
      const { rows, columns, data } = matrix;
      const reversed = data.map((_, i) => data[(rows - 1 - Math.floor(i / columns)) * columns + (i % columns)]!);
      expect(differences((await detector.score({ rows, columns, data: reversed })).reverse(), scores)).toEqual([]);
    });

    if (oracle) {
      test('equals its plain TypeScript form in every bit, also for values off the grid and far out', () => {
        expect(differences(oracle(detector, matrix), scores)).toEqual([]);
      });
      test('equals its plain TypeScript form for values off the grid and far out', async () => {
        const wild = {
          ...matrix,
          data: matrix.data.map((value, i) => (i % 11 === 0 ? value * 1e6 + 0.1 : value + i * 1e-7)),
        };
        expect(differences(oracle(detector, wild), await detector.score(wild))).toEqual([]);
      });
    }

    test('shares each score among features: not negative, largest first, sum 1', () => {
      for (let i = 0; i < 50; i++) {
        const parts = detector.attribute(matrix.data.slice(i * matrix.columns, (i + 1) * matrix.columns));
        expect(parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
        expect(parts.every(({ feature, share }) => detector.card.columns.includes(feature) && share >= 0)).toBe(true);
        expect(parts.map(({ share }) => share)).toEqual(parts.map(({ share }) => share).sort((a, b) => b - a));
      }
    });

    test('refuses a NaN by naming row and feature, and scores on as before', async () => {
      const data = matrix.data.slice(0, 3 * matrix.columns);
      data[2 * matrix.columns] = NaN;
      await expect(detector.score({ rows: 3, columns: matrix.columns, data })).rejects.toThrow(
        `row 2: the feature ${detector.card.columns[0]} is not a number`,
      );
      expect(differences(await detector.score(rowsOf(matrix, 0, 64)), scores.subarray(0, 64))).toEqual([]);
    });

    test('refuses a matrix of another width', async () => {
      await expect(detector.score({ rows: 1, columns: 1, data: new Float64Array(1) })).rejects.toThrow(
        /takes \d+ features/,
      );
    });

    test('scores no rows as no scores', async () => {
      expect(await detector.score({ rows: 0, columns: matrix.columns, data: new Float64Array(0) })).toHaveLength(0);
    });

    test('refuses features of another schema, naming both', () => {
      const { columns, schema } = detector.card;
      expect(() => checkSchema(detector.card, { schema: 'other-9', columns })).toThrow(
        new RegExp(`${schema}.*other-9`),
      );
      expect(() => checkSchema(detector.card, { schema, columns: [...columns].reverse() })).toThrow(columns[0]);
    });
  });
}
