import { emptyCatalogue } from '../../models/templates/catalogue.js';
import { mine } from '../../models/templates/miner.js';
import type { WindowsItem } from '../../operators/merge.js';
import { artefactInForce, awaitArtefacts, NotReady, type ModelsInForce } from '../../operators/artefact.js';
import { describedSignatures, template, Templates, toMine, type TemplatedWindow } from '../../operators/template.js';
import type { Closed } from '../../records/window.js';
import { boundary, define, itemsOf, logWindow, minutes, monday, signatureOf, TestStores } from '../builders/windows.js';

const users = ['ann', 'bob', 'cid', 'dora'].map((user) => `user ${user} has logged in from host <*>`);
const catalogue = mine(users.map((masked) => ({ signature: signatureOf(masked), masked, count: 1 })));
const sets = new Map<string, ModelsInForce>([
  ['a1', { id: 'a1', catalogue, detectors: [] }],
  ['bare', { id: 'bare', catalogue: emptyCatalogue, detectors: [] }],
]);
const loaded = (id: string): ModelsInForce | undefined => sets.get(id);
const promotion = (artefact: string): Closed => ({ type: 'promotion', artefact, from: monday });
const window = (...masked: string[]): Closed =>
  logWindow(
    monday,
    masked.map((text) => ({ masked: text })),
  );

async function windows(stores: TestStores, ...batches: Closed[][]): Promise<TemplatedWindow[]> {
  const items = await itemsOf(template(stores, loaded), batches);
  return items.filter((item): item is TemplatedWindow => item.type === 'templated');
}

test('without a catalogue every signature is a template of its own, with text and sample from its definition', async () => {
  const { templates, lines } = (
    await windows(new TestStores(), [define(users[0]!), window(users[0]!, users[0]!, 'odd')])
  ).at(0)!;
  expect(lines).toBe(3);
  expect(templates).toContainEqual({
    id: signatureOf(users[0]!),
    text: users[0],
    sample: 'user ann has logged in from host 7',
    known: false,
    count: 2,
    signatures: [signatureOf(users[0]!)],
  });
  expect(templates.find(({ id }) => id === signatureOf('odd'))).toMatchObject({ count: 1, known: false });
});

test('a promotion takes effect at its place; signatures of one template are counted together', async () => {
  const [before, after] = await windows(
    new TestStores(),
    [...users.map(define), window(...users)],
    [promotion('a1'), window(...users)],
  );
  expect(before!.templates).toHaveLength(4);
  expect(after!.templates).toHaveLength(1);
  expect(after!.templates[0]).toMatchObject({ count: 4, known: true, text: 'user <*> has logged in from host <*>' });
  expect(after!.templates[0]!.signatures).toEqual(users.map(signatureOf).sort((a, b) => a - b));
});

test('an unknown signature is matched by its masked text once that is known', async () => {
  const stores = new TestStores();
  const eve = 'user eve has logged in from host <*>';
  const [first, second] = await windows(stores, [promotion('a1'), window(eve)], [define(eve), window(eve)]);
  expect(first!.templates[0]!.known).toBe(false);
  expect(second!.templates[0]).toMatchObject({ known: true, text: 'user <*> has logged in from host <*>' });
});

test('the catalogue in force and the definitions outlive a restart', async () => {
  const before = new TestStores();
  await windows(before, [...users.map(define), promotion('a1')]);
  const after = new TestStores(before);
  expect(new Templates(after, loaded).templateOf(signatureOf(users[1]!))).toMatchObject({ known: true });
  expect(new Templates(after, loaded).artefact).toBe('a1');
});

test('a promotion of what is not loaded stops the task and leaves the old set in force', async () => {
  const stores = new TestStores();
  await windows(stores, [promotion('a1')]);
  await expect(windows(stores, [promotion('gone')])).rejects.toThrow(NotReady);
  expect(artefactInForce(stores).get('')).toBe('a1');
});

test('descriptions are bounded: later ones stay unnamed', async () => {
  const stores = new TestStores();
  await itemsOf(template(stores, loaded, 2), [users.map(define)]);
  expect(describedSignatures(stores).size).toBe(2);
  expect(new Templates(stores, loaded).templateOf(5).text).toBe('signature 00000000000005');
});

test('what was described can be mined', async () => {
  const stores = new TestStores();
  await windows(stores, [...users.map(define)]);
  expect(mine(toMine(stores)).encode()).toEqual(catalogue.encode());
});

test('awaitArtefacts loads the set in force before items that are no records yet', async () => {
  const present = new Map<string, ModelsInForce>();
  const stores = new TestStores();
  artefactInForce(stores).put('', 'bare');
  const operator = awaitArtefacts<WindowsItem>(
    stores,
    (id) => present.get(id),
    async (id) => void present.set(id, sets.get(id)!),
  );
  await itemsOf(operator, [[{ offset: 0, record: { type: 'sources', version: 1, sources: [] } }]]);
  expect([...present.keys()]).toEqual(['bare']);
});

test('awaitArtefacts loads the set in force and those that are promoted, before the batch goes on', async () => {
  const present = new Map<string, ModelsInForce>();
  const asked: string[] = [];
  const load = async (id: string): Promise<void> => {
    asked.push(id);
    await Promise.resolve();
    const set = sets.get(id);
    if (!set) throw new Error('no such file');
    present.set(id, set);
  };
  const stores = new TestStores();
  artefactInForce(stores).put('', 'bare');
  const operator = awaitArtefacts<Closed>(stores, (id) => present.get(id), load);
  await itemsOf(operator, [[boundary(monday)], [promotion('a1'), boundary(monday + minutes)], [promotion('a1')]]);
  expect(asked).toEqual(['bare', 'a1']);
  await expect(itemsOf(operator, [[promotion('gone')]])).rejects.toThrow(
    'gone is in force but not loaded: no such file',
  );
});
