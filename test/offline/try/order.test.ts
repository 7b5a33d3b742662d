/** What a run would refuse as late is known from a sample. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../../config/load.js';
import { outOfOrder, type OutOfOrder } from '../../../offline/try/order.js';
import { fileSample } from '../../../offline/try/sample.js';
import { ingestParts } from '../../../service/options.js';

const minute = 60_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-order-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Of a file whose lines were written at these minutes. */
async function found(minutes: readonly number[], lateness = '10s'): Promise<OutOfOrder | undefined> {
  const path = join(folder, 'cart.log');
  const start = Date.UTC(2026, 2, 4);
  const lines = minutes.map((each) => `${new Date(start + each * minute).toISOString()} INFO cart was opened\n`);
  writeFileSync(path, lines.join(''));
  const text = `sources: [{ type: file, path: ${path} }]\nwindows: { lateness: ${lateness} }\n`;
  const config = parseConfig(text, 'tocsin.yaml', {});
  return outOfOrder(await fileSample(path, 1000), ingestParts(config, config.sources[0]!));
}

test('lines in order are not late', async () => {
  expect(await found([1000, 1001, 1001, 1002])).toBeUndefined();
});

test('lines behind a closed pane are, and the farthest says how much lateness there would have to be', async () => {
  const minutes = [1000, 1001, 1002, 1003, 1005, 1001, 1002, 1006];
  expect(await found(minutes)).toEqual({ lines: 2, farthest: 4 * minute });
  expect(await found(minutes, '5m')).toBeUndefined();
});

test('a single line far ahead makes none of the others late', async () => {
  expect(await found([1000, 5000, 1001, 1002, 1003])).toBeUndefined();
});

test('several files in one: the second is late but for its end', async () => {
  const first = Array.from({ length: 50 }, (_, i) => 1000 + i);
  expect(await found([...first, ...first])).toEqual({ lines: 48, farthest: 49 * minute });
});
