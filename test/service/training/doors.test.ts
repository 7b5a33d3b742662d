/** What people ask of models through the API: names, the canary, snapshots, and going back to one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { configSchema } from '../../../config/schema.js';
import { writeSet } from '../../../models/registry/registry.js';
import { champion } from '../../../records/alias.js';
import { openEmbedded, type Embedded } from '../../../service/channels.js';
import { ControlsLog } from '../../../service/flow/controls-log.js';
import { SnapshotStore } from '../../../service/snapshots/store.js';
import { ModelDoors } from '../../../service/training/doors.js';
import { Artefacts } from '../../../training/artefacts.js';
import { TrainingLedger } from '../../../training/ledger.js';

let dir: string;
let embedded: Embedded;
let doors: ModelDoors;
let snapshots: SnapshotStore;
let sets: string[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tocsin-doors-'));
  const config = configSchema.parse({
    sources: [{ type: 'file', path: 'a.log' }],
    state: { dir },
    channels: { shards: 2 },
  });
  embedded = await openEmbedded(config, () => undefined);
  const artefacts = new Artefacts(join(dir, 'models'));
  sets = [];
  for (const from of [1000, 2000, 3000]) sets.push(await writeSet(artefacts.dir, { from, members: {} }));
  const controls = await ControlsLog.open({ ...embedded.channels.controls, log: pino({ level: 'silent' }) });
  const ledger = new TrainingLedger();
  snapshots = SnapshotStore.in(dir);
  doors = new ModelDoors({
    config,
    controls,
    artefacts,
    snapshots,
    ledger,
    heard: async () => {
      await controls.poll();
      ledger.read(controls.said);
      return ledger;
    },
    decided: () => 5000,
    found: () => undefined,
    shadowed: async () => [],
  });
});
afterEach(async () => {
  await embedded.close();
  rmSync(dir, { recursive: true, force: true });
});

const by = { by: 'ann', why: 'a release' };
const unknown = 'f'.repeat(32);
/** Keeps both shards of a snapshot. */
async function keep(snapshot: string): Promise<void> {
  for (const shard of [0, 1])
    await snapshots.put({ snapshot, shard, shards: 2, offset: 7, versions: new Map(), entries: [] });
}

describe('names', () => {
  test('the champion moves with a bound that is later than all before', async () => {
    expect(await doors.move({ alias: champion, artefact: sets[1]!, ...by })).toEqual({
      moved: true,
      before: '',
      from: 2000,
    });
    expect(await doors.move({ alias: champion, artefact: sets[0]!, ...by })).toEqual({
      moved: true,
      before: sets[1],
      from: 2001,
    });
    expect(doors.names()).toEqual({ [champion]: sets[0] });
  });

  test('a name is given, moved and taken away', async () => {
    await doors.move({ alias: 'stable', artefact: sets[0]!, ...by });
    expect(await doors.move({ alias: 'stable', artefact: sets[0]!, ...by })).toEqual({ moved: true, before: sets[0] });
    expect(await doors.move({ alias: 'stable', artefact: '', ...by })).toEqual({ moved: true, before: sets[0] });
    expect(doors.names()).toEqual({});
  });

  test('a name that stands for another set by now is a conflict', async () => {
    await doors.move({ alias: 'stable', artefact: sets[0]!, ...by });
    const late = await doors.move({ alias: 'stable', artefact: sets[1]!, expected: '', ...by });
    expect(late).toMatchObject({ moved: false, kind: 'conflict' });
    expect(doors.names()).toEqual({ stable: sets[0] });
  });

  test.each([
    ['v2', () => sets[0]!, 'cannot be an alias'],
    ['stable', () => unknown, 'there is no artefact set'],
    ['stable', () => 'latest', 'is no id of an artefact set'],
  ])('%s is refused with the reason', async (alias, artefact, why) => {
    const outcome = await doors.move({ alias, artefact: artefact(), ...by });
    expect(outcome).toMatchObject({ moved: false, kind: 'wrong', why: expect.stringContaining(why) });
  });

  test('the champion cannot be taken away', async () => {
    await doors.move({ alias: champion, artefact: sets[0]!, ...by });
    const outcome = await doors.move({ alias: champion, artefact: '', ...by });
    expect(outcome).toMatchObject({ moved: false, kind: 'wrong' });
  });
});

describe('the canary', () => {
  test('needs a champion beside which it scores', async () => {
    expect(await doors.setCanary({ artefact: sets[0]!, share: 100, ...by })).toMatchObject({
      done: false,
      kind: 'wrong',
    });
  });

  test('begins, changes its share and ends', async () => {
    await doors.move({ alias: champion, artefact: sets[0]!, ...by });
    expect(await doors.setCanary({ artefact: sets[1]!, share: 100, ...by })).toEqual({
      done: true,
      artefact: sets[1],
      share: 100,
    });
    expect(await doors.setCanary({ artefact: '', share: 300, ...by })).toEqual({
      done: true,
      artefact: sets[1],
      share: 300,
    });
    expect(doors.canary()).toMatchObject({ canary: { artefact: sets[1], share: 300 }, found: null });
    await doors.setCanary({ artefact: '', share: 0, ...by });
    expect(doors.canary()).toEqual({ canary: null, found: null });
    expect(await doors.setCanary({ artefact: '', share: 0, ...by })).toMatchObject({ kind: 'wrong' });
  });

  test.each([
    ['a second one', () => sets[2]!, 100, 'conflict'],
    ['the champion', () => sets[0]!, 100, 'conflict'],
    ['a share above 1000', () => sets[1]!, 1001, 'wrong'],
    ['a share that is no whole number', () => sets[1]!, 0.5, 'wrong'],
  ])('%s is refused', async (_, artefact, share, kind) => {
    await doors.move({ alias: champion, artefact: sets[0]!, ...by });
    await doors.setCanary({ artefact: sets[1]!, share: 100, ...by });
    expect(await doors.setCanary({ artefact: artefact(), share, ...by })).toMatchObject({ done: false, kind });
  });

  test('a set that is not there, and the champion itself, are refused where there is no canary', async () => {
    await doors.move({ alias: champion, artefact: sets[0]!, ...by });
    for (const artefact of [unknown, sets[0]!])
      expect(await doors.setCanary({ artefact, share: 100, ...by })).toMatchObject({ done: false, kind: 'wrong' });
  });
});

describe('snapshots', () => {
  test('one is asked for by name, with the champion and up to where it is decided', async () => {
    await doors.move({ alias: champion, artefact: sets[0]!, ...by });
    expect(await doors.snapshot({ id: 'before-release', ...by })).toEqual({
      done: true,
      id: 'before-release',
      artefact: sets[0],
    });
    expect(doors.snapshots()).toMatchObject([{ id: 'before-release', decided: 5000, shards: 2, by: 'ann' }]);
    expect(await doors.snapshot({ id: 'before-release', ...by })).toMatchObject({ done: false, kind: 'conflict' });
    expect(await doors.snapshot({ id: 'Before', ...by })).toMatchObject({ done: false, kind: 'wrong' });
  });

  test('without a name it is called by its time', async () => {
    const outcome = await doors.snapshot(by);
    expect(outcome).toMatchObject({ done: true, id: expect.stringMatching(/^by-hand-\d{8}t\d{6}$/) });
  });

  test('going back needs all shards, and makes its champion the champion again', async () => {
    await doors.move({ alias: champion, artefact: sets[0]!, ...by });
    await doors.snapshot({ id: 'good', ...by });
    await doors.move({ alias: champion, artefact: sets[1]!, ...by });
    const ask = { snapshot: 'good', without: [{ from: 1, to: 2 }], ...by };
    expect(await doors.revert(ask)).toMatchObject({ done: false, why: expect.stringContaining('shard 0, 1') });
    await keep('good');
    expect(await doors.revert(ask)).toMatchObject({ done: true, artefact: sets[0] });
    expect(doors.names()).toEqual({ [champion]: sets[0] });
  });

  test.each([
    ['an unknown snapshot', { snapshot: 'bad', without: [] }, 'there is no snapshot bad'],
    [
      'a range that ends before it begins',
      { snapshot: 'good', without: [{ from: 2, to: 1 }] },
      'must end after it begins',
    ],
  ])('%s is refused', async (_, ask, why) => {
    await doors.snapshot({ id: 'good', ...by });
    await keep('good');
    expect(await doors.revert({ ...ask, ...by })).toMatchObject({
      done: false,
      kind: 'wrong',
      why: expect.stringContaining(why),
    });
  });

  test('what is not to be kept is deleted, and sizes are those of the files', async () => {
    await keep('one');
    await keep('two');
    expect([...(await snapshots.sizes()).keys()]).toEqual(['one', 'two']);
    await snapshots.keep(new Set(['two']), 2);
    const sizes = await snapshots.sizes();
    expect([...sizes.keys()]).toEqual(['two']);
    expect(sizes.get('two')).toBeGreaterThan(40);
    expect(await snapshots.missing('one', 2)).toEqual([0, 1]);
    expect(await snapshots.get('two', 1)).toMatchObject({ snapshot: 'two', shard: 1, offset: 7 });
  });
});
