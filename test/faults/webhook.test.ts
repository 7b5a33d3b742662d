/** A webhook receiver that misbehaves while alerts come: each alert is delivered all the same, or given up in words. */
import { startReceiver, type Behaviour } from '../integration/services/receiver.js';
import { begin, tocsin } from '../integration/services/tocsin.js';
import { Embedded, type Scene } from './embedded.js';
import { expectEqual, type Outcome } from './outcome.js';

let embedded: Embedded;
let expected: Outcome;
beforeAll(async () => {
  embedded = await Embedded.open('leveldb');
  expected = await embedded.undisturbed();
}, 180_000);
afterAll(() => embedded?.close());
afterEach(() => embedded.receiver.behave(() => ({})));

/** Answers to a delivery by how often its id came before. */
const misbehaviours: readonly (readonly [string, (times: number) => Behaviour])[] = [
  ['answers 500 for a while', (times) => (times < 2 ? { status: 500 } : {})],
  [
    'asks for a pause (429, retry-after)',
    (times) => (times < 1 ? { status: 429, headers: { 'retry-after': '1' } } : {}),
  ],
  ['takes it and cuts the connection', (times) => (times < 1 ? { reset: true } : {})],
  ['answers byte by byte, without end', (times) => (times < 1 ? { trickle: true } : {})],
  ['hangs', (times) => (times < 1 ? { hang: true } : {})],
  ['is slow', () => ({ delayMs: 100 })],
];

/** Runs it to its end; what still waits for its receiver then is delivered in further lives. */
async function finish(scene: Scene): Promise<void> {
  for (let lives = 0; lives < 5; lives++) {
    await tocsin('run', '--config', scene.config);
    if ((await embedded.outcome(scene)).deliveries.length === expected.deliveries.length) return;
  }
}

test.each(misbehaviours)(
  'that %s gets every alert',
  async (_, behave) => {
    const scene = embedded.scene({ respond: { timeout: '500ms' } });
    const times = new Map<string, number>();
    let struck = 0;
    embedded.receiver.behave(({ headers }) => {
      const id = String(headers['webhook-id']);
      const before = times.get(id) ?? 0;
      times.set(id, before + 1);
      const behaviour = behave(before);
      if (Object.keys(behaviour).length > 0) struck++;
      return behaviour;
    });
    await finish(scene);
    expect(struck).toBeGreaterThan(10);
    expectEqual(await embedded.outcome(scene), expected);
  },
  180_000,
);

test('that nobody reaches gets every alert when it is there', async () => {
  const away = await startReceiver();
  await away.stop();
  const scene = embedded.scene({ respond: { url: away.url } });
  await tocsin('run', '--config', scene.config);
  expect((await embedded.outcome(scene)).deliveries).toEqual([]);
  // The address is mended; what was decided meanwhile waits in the outbox.
  const mended = embedded.scene({ settings: { state: { dir: scene.folder } } });
  await finish(mended);
  expectEqual(await embedded.outcome(mended), expected);
}, 180_000);

test('that sends elsewhere is not followed; what it refused is in the dead letters, and sent again when asked for', async () => {
  const elsewhere = await startReceiver();
  const dlq = async (scene: Scene, ...args: readonly string[]): Promise<{ code: number | null; out: unknown }> => {
    const [action, ...rest] = args;
    const { code, out } = await begin(['dlq', action!, '--config', scene.config, '--json', ...rest]).ended;
    return { code, out: JSON.parse(out) as unknown };
  };
  try {
    embedded.receiver.behave(() => ({ status: 307, headers: { location: elsewhere.url } }));
    const scene = embedded.scene();
    await tocsin('run', '--config', scene.config);
    expect(elsewhere.requests).toEqual([]);
    const listed = await dlq(scene, 'list', '--reason', 'delivery-refused', '--limit', '1000', '--raw');
    const { deadLetters } = listed.out as {
      deadLetters: { number: number; text: string; redrivable: boolean }[];
    };
    const numbers = deadLetters.map(({ number }) => number);
    const ids = expected.deliveries.map((delivery) => delivery.split(' ')[0]!);
    for (const id of ids) expect(JSON.stringify(deadLetters).includes(id)).toBe(true);
    expect(deadLetters[0]).toMatchObject({
      redrivable: true,
      text: expect.stringContaining('"fingerprint":') as string,
    });

    const begun = embedded.receiver.requests.length;
    const none = { put: [], before: [], impossible: [] };
    // Not with everything else: old news would be told to everyone.
    expect(await dlq(scene, 'redrive')).toEqual({
      code: 0,
      out: { ...none, delivered: [], failed: [], messages: numbers },
    });
    expect(await dlq(scene, 'redrive', String(numbers[0]))).toMatchObject({
      code: 3,
      out: { delivered: [], failed: [{ number: numbers[0], error: expect.stringContaining('307') as string }] },
    });
    expect(embedded.receiver.requests.length).toBe(begun + 1);
    embedded.receiver.behave(() => ({}));
    expect(await dlq(scene, 'redrive', '--source', 'respond/')).toEqual({
      code: 0,
      out: { ...none, delivered: numbers, failed: [], messages: [] },
    });
    const sent = embedded.receiver.requests.slice(begun + 1);
    expect(sent.map(({ headers }) => String(headers['webhook-id'])).sort()).toEqual([...ids].sort());
    expect(new Set(sent.map(({ signature }) => signature))).toEqual(new Set(['valid']));
  } finally {
    await elsewhere.stop();
  }
}, 120_000);
