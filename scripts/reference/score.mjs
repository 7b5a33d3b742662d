/** Trains tocsin's detectors on DIR/train.csv and scores DIR/test.csv; one column a detector to DIR/tocsin.csv. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBuiltIn, trainBuiltIn } from '../../dist/models/detectors/built-in.js';
import { forEachFamily } from '../../dist/models/detectors/families.js';

const [dir] = process.argv.slice(2);
const compared = ['pca-reconstruction', 'isolation-forest', 'ecod', 'autoencoder', 'prototypes'];

function matrixOf(name) {
  const lines = readFileSync(join(dir, name), 'utf8').trim().split('\n');
  const values = lines.map((line) => line.split(',').map(Number));
  return { rows: values.length, columns: values[0].length, data: Float64Array.from(values.flat()) };
}

const matrix = matrixOf('train.csv');
const test = matrixOf('test.csv');
const columns = Array.from({ length: matrix.columns }, (_, i) => `column_${i}`);
const scores = [];
const work = forEachFamily((family) => async () => {
  if (!compared.includes(family.kind)) return;
  const file = trainBuiltIn(family, { schema: 'reference', columns, matrix, seed: 1, from: 0, to: 0 });
  const detector = await openBuiltIn(family, file);
  scores.push([family.kind, await detector.score(test)]);
  await detector.close();
});
for (const one of work) await one();
const lines = Array.from({ length: test.rows }, (_, i) => scores.map(([, values]) => values[i]).join(','));
writeFileSync(join(dir, 'tocsin.csv'), [scores.map(([kind]) => kind).join(','), ...lines, ''].join('\n'));
