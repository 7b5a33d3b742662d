import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trainEnsemble } from '../../../models/detectors/train.js';
import { inspectForeign } from '../../../models/detectors/foreign.js';
import { trialLimits } from '../../../models/onnx/trial.js';
import { cardIn, listSets, openDetectors, openSet, writeSet } from '../../../models/registry/registry.js';
import { residuals } from '../../conformance/detector.js';
import { compileRooms } from '../onnx/compile.js';
import { files, guest, honest } from '../onnx/hostile.js';

const columns = ['a', 'b', 'c', 'seasonal_a'];
const matrix = residuals(500, columns.length, 9);
const models = trainEnsemble({ schema: 'series-1', columns, matrix, seed: 1, from: 0, to: 1000 });
const detectors = Object.fromEntries(models.map(({ name, bytes }) => [`detector/series-1/${name}`, bytes]));
const members = { ...detectors, catalogue: Buffer.from([0, 1, 2, 255]) };

let dir: string;
beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'registry-'))));
afterEach(() => rm(dir, { recursive: true }));

test('what is written is what is opened, detectors ready to score', async () => {
  const set = await openSet(dir, await writeSet(dir, { from: 1000, members }));
  expect(set.names).toEqual(Object.keys(members).sort());
  expect(set.index.from).toBe(1000);
  expect([...set.bytes('catalogue')]).toEqual([0, 1, 2, 255]);
  const opened = await openDetectors(set, { schema: 'series-1', columns });
  expect(opened.map(({ card }) => card.name)).toEqual([
    'pca-reconstruction',
    'prototypes',
    'robust-z',
    'seasonal-residual',
  ]);
  for (const detector of opened) expect(await detector.score(matrix)).toHaveLength(500);
  expect(cardIn(set, 'detector/series-1/robust-z')).toMatchObject({
    schema: 'series-1',
    columns,
    rows: 500,
    trainedTo: 1000,
    exact: true,
  });
});

test('an id is the hash of the contents: same contents same id, any change another', async () => {
  const id = await writeSet(dir, { from: 1000, members });
  expect(await writeSet(dir, { from: 1000, members: Object.fromEntries(Object.entries(members).reverse()) })).toBe(id);
  expect(await writeSet(dir, { from: 1001, members })).not.toBe(id);
  expect(await writeSet(dir, { from: 1000, members: { ...members, catalogue: Buffer.from([0]) } })).not.toBe(id);
  expect((await listSets(dir)).map(({ index }) => index.from)).toEqual([1000, 1000, 1001]);
  // Members that sets share are stored once.
  expect(await readdir(join(dir, 'files'))).toHaveLength(models.length + 2);
});

test('writing leaves no partial files, and an unfinished one is never opened', async () => {
  const id = await writeSet(dir, { from: 1, members });
  const all = await readdir(dir, { recursive: true });
  expect(all.filter((name) => name.endsWith('.part'))).toEqual([]);
  await writeFile(join(dir, 'sets', id, 'index.json.1-0.part'), '{');
  expect((await openSet(dir, id)).id).toBe(id);
});

test('a changed member, a changed index and a missing member are refused with their names', async () => {
  const id = await writeSet(dir, { from: 1, members });
  const { hash } = (await openSet(dir, id)).index.members.find(({ name }) => name === 'catalogue')!;
  await writeFile(join(dir, 'files', hash), 'tampered');
  await expect(openSet(dir, id)).rejects.toThrow(`artefact catalogue of set ${id} was changed`);
  await rm(join(dir, 'files', hash));
  await expect(openSet(dir, id)).rejects.toThrow(`artefact catalogue of set ${id} is missing`);
  // Writing the set again repairs it.
  await writeSet(dir, { from: 1, members });
  await openSet(dir, id);
  const index = join(dir, 'sets', id, 'index.json');
  await writeFile(index, (await readFile(index, 'utf8')).replace('"from":1', '"from":2'));
  await expect(openSet(dir, id)).rejects.toThrow(`the index of artefact set ${id}`);
});

test('an unknown set, a bad id, an unknown member and a bad name say so', async () => {
  await expect(openSet(dir, 'f'.repeat(32))).rejects.toThrow('there is no artefact set');
  await expect(openSet(dir, '../../etc')).rejects.toThrow('is no id of an artefact set');
  const set = await openSet(dir, await writeSet(dir, { from: 1, members: {} }));
  expect(() => set.bytes('catalogue')).toThrow('has no member catalogue; it has none');
  for (const name of ['../up', '/root', 'a//b', '', '.hidden']) {
    await expect(writeSet(dir, { from: 1, members: { [name]: Buffer.alloc(1) } })).rejects.toThrow(
      'cannot name an artefact',
    );
  }
});

test('a detector of another schema is refused when it is stored and when it is opened, naming both', async () => {
  const robust = models[0]!.bytes;
  await expect(writeSet(dir, { from: 1, members: { 'detector/logs-1/robust-z': robust } })).rejects.toThrow(
    /series-1.*logs-1/,
  );
  const set = await openSet(dir, await writeSet(dir, { from: 1, members }));
  await expect(openDetectors(set, { schema: 'series-1', columns: [...columns, 'more'] })).rejects.toThrow('more');
});

test.each(Object.entries(files))('%s is not stored', async (_what, [file, message]) => {
  await expect(writeSet(dir, { from: 1, members: { 'detector/series-1/guest': file } })).rejects.toThrow(message);
  expect(await readdir(dir)).toEqual([]);
});

test('a foreign model is tried once, at the door, and keeps what was found', async () => {
  const rooms = compileRooms();
  try {
    let tried = 0;
    const door = {
      inspect: (file: Uint8Array) => {
        tried++;
        return inspectForeign(file, trialLimits, join(rooms.folder, 'models/onnx/trial-child.js'));
      },
    };
    const id = await writeSet(dir, { from: 1, members: { 'detector/series-1/guest': honest } }, door);
    const set = await openSet(dir, id);
    const detector = (await openDetectors(set, { schema: 'series-1', columns: ['a', 'b'] })).at(0)!;
    expect([...(await detector.score({ rows: 1, columns: 2, data: Float64Array.of(2, 3) }))]).toEqual([5]);
    expect(tried).toBe(1);
    expect(cardIn(set, 'detector/series-1/guest')).toMatchObject({ name: 'guest', exact: true, kind: 'foreign' });
    const wide = guest((_graph, x) => x);
    await expect(writeSet(dir, { from: 1, members: { 'detector/series-1/guest': wide } }, door)).rejects.toThrow(
      'one floating-point score a row',
    );
  } finally {
    rooms.remove();
  }
}, 60_000);
