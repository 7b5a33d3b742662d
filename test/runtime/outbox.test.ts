import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { retryDelay } from '../../runtime/backoff.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { Outbox, type DeadReason, type OutboxOptions } from '../../runtime/outbox.js';
import type { Intent, SendOutcome, DeliveryRoute } from '../../runtime/route.js';

const ok: SendOutcome = { ok: true };
const retry = (error: string, retryAfterMs?: number): SendOutcome => ({
  ok: false,
  retryable: true,
  error,
  retryAfterMs,
});
const intent = (id: string, route = 'pager'): Intent => ({ id, route, payload: Buffer.from(`body of ${id}`) });

interface World {
  readonly backend: MemoryBackend;
  readonly sent: string[];
  readonly dead: [string, DeadReason, string][];
  now: number;
}

const newWorld = (): World => ({ backend: new MemoryBackend(), sent: [], dead: [], now: 1_000_000 });

const patience: Omit<DeliveryRoute, 'send'> = {
  delivery: 'at least once',
  tryMs: 1000,
  expireMs: 60_000,
  maxInFlight: 2,
  backoff: { firstMs: 2, maxMs: 10 },
};

function open(
  world: World,
  send: DeliveryRoute['send'],
  route: Partial<DeliveryRoute> = {},
  options: Partial<OutboxOptions> = {},
): Promise<Outbox> {
  const full: DeliveryRoute = {
    ...patience,
    ...route,
    send: (each, signal) => {
      world.sent.push(each.id);
      return send(each, signal);
    },
  };
  return Outbox.open({
    name: 'outbox',
    routes: new Map([['pager', full]]),
    backend: world.backend,
    dead: (each, reason, error) => void world.dead.push([each.id, reason, error]),
    now: () => world.now,
    random: () => 0.5,
    ...options,
  });
}

async function settled(outbox: Outbox): Promise<void> {
  for (let i = 0; i < 400 && outbox.pending > 0; i++) await sleep(5);
  expect(outbox.pending).toBe(0);
}

const hang = (): Promise<SendOutcome> => new Promise<SendOutcome>(() => undefined);

test('an intent is tried once it is durable, not before, and once', async () => {
  const world = newWorld();
  const payloads: string[] = [];
  const outbox = await open(world, async ({ payload }) => {
    payloads.push(Buffer.from(payload).toString());
    return ok;
  });
  outbox.add([intent('a'), intent('b')]);
  await sleep(5);
  expect(world.sent).toEqual([]);
  await outbox.flush();
  await settled(outbox);
  expect([world.sent, payloads, world.dead]).toEqual([['a', 'b'], ['body of a', 'body of b'], []]);
});

test('what may be retried is retried until it is delivered', async () => {
  const world = newWorld();
  let failures = 3;
  const outbox = await open(world, async () => (failures-- > 0 ? retry('503') : ok));
  outbox.add([intent('a')]);
  await outbox.flush();
  await settled(outbox);
  expect([world.sent, world.dead]).toEqual([['a', 'a', 'a', 'a'], []]);
});

test('a send that throws counts as a failure that may be retried', async () => {
  const world = newWorld();
  let failures = 1;
  const outbox = await open(world, async () => {
    if (failures-- > 0) throw new Error('socket hang up');
    return ok;
  });
  outbox.add([intent('a')]);
  await outbox.flush();
  await settled(outbox);
  expect(world.sent).toEqual(['a', 'a']);
});

test('what is refused becomes a dead letter at once, with the reason', async () => {
  const world = newWorld();
  const outbox = await open(world, async () => ({ ok: false, retryable: false, error: '410 Gone' }));
  outbox.add([intent('a')]);
  await outbox.flush();
  await settled(outbox);
  expect([world.sent, world.dead]).toEqual([['a'], [['a', 'refused', '410 Gone']]]);
});

test('what expires becomes a dead letter with the last error', async () => {
  const world = newWorld();
  const outbox = await open(world, async () => {
    world.now += 25_000;
    return retry('500');
  });
  outbox.add([intent('a')]);
  await outbox.flush();
  await settled(outbox);
  expect([world.sent, world.dead]).toEqual([['a', 'a', 'a'], [['a', 'expired', '3 tries, the last: 500']]]);
});

test('a try that hangs ends at its limit, and others are not held up by it', async () => {
  const world = newWorld();
  let first = true;
  const aborted: string[] = [];
  const outbox = await open(
    world,
    async ({ id }, signal) => {
      if (id !== 'slow' || !first) return ok;
      first = false;
      signal.addEventListener('abort', () => aborted.push(id));
      return hang();
    },
    { tryMs: 40 },
  );
  outbox.add([intent('slow'), intent('b'), intent('c')]);
  await outbox.flush();
  await settled(outbox);
  expect([world.sent, aborted]).toEqual([['slow', 'b', 'c', 'slow'], ['slow']]);
});

test('no more than the limit are in flight', async () => {
  const world = newWorld();
  let busy = 0;
  let most = 0;
  const outbox = await open(
    world,
    async () => {
      most = Math.max(most, ++busy);
      await sleep(2);
      busy--;
      return ok;
    },
    { maxInFlight: 3 },
  );
  outbox.add(Array.from({ length: 20 }, (_, i) => intent(String(i))));
  await outbox.flush();
  await settled(outbox);
  expect([most, world.sent.length]).toEqual([3, 20]);
});

test('a repeat is not sent again, also after a restart', async () => {
  const world = newWorld();
  const first = await open(world, async () => ok);
  first.add([intent('a'), intent('a')]);
  await first.flush();
  await settled(first);
  expect(await first.stop(100)).toBe(true);
  const second = await open(world, async () => ok);
  second.add([intent('a'), intent('b')]);
  await second.flush();
  await settled(second);
  expect(world.sent).toEqual(['a', 'b']);
});

test('an id is forgotten after its time', async () => {
  const world = newWorld();
  const outbox = await open(world, async () => ok, {}, { rememberMs: 10_000_000 });
  for (const later of [0, 9_000_000, 9_000_000]) {
    world.now += later;
    outbox.add([intent(`at ${later}`)]);
    outbox.add([intent('a')]);
    await outbox.flush();
    await settled(outbox);
  }
  // The second flush forgets nothing; the third forgets `a` after it was recognised; the next one is new.
  outbox.add([intent('a')]);
  await outbox.flush();
  await settled(outbox);
  expect(world.sent.filter((id) => id === 'a')).toEqual(['a', 'a']);
});

test('after a crash, what has no outcome is sent again, in order', async () => {
  const world = newWorld();
  const crashed = await open(world, hang, { maxInFlight: 1 });
  crashed.add([intent('z'), intent('a'), intent('lost')]);
  world.now++;
  await crashed.flush();
  await sleep(5);
  expect(world.sent).toEqual(['z']);
  const second = await open(world, async () => ok, { maxInFlight: 1 });
  await settled(second);
  expect(world.sent.slice(1).sort()).toEqual(['a', 'lost', 'z']);
  expect(world.dead).toEqual([]);
});

test('a route that was removed makes dead letters', async () => {
  const world = newWorld();
  const outbox = await open(world, async () => ok);
  outbox.add([intent('a', 'gone')]);
  await outbox.flush();
  await settled(outbox);
  expect(world.dead).toEqual([['a', 'no such route', 'route gone is not in the configuration any more']]);
});

describe('at most once', () => {
  const healing = { delivery: 'at most once' } as const;

  test('a call that succeeds is made once', async () => {
    const world = newWorld();
    const outbox = await open(world, async () => ok, healing);
    outbox.add([intent('a')]);
    await outbox.flush();
    await settled(outbox);
    expect([world.sent, world.dead]).toEqual([['a'], []]);
  });

  test('a call that fails is not made again', async () => {
    const world = newWorld();
    const outbox = await open(world, async () => ({ ok: false, retryable: false, error: '400' }), healing);
    outbox.add([intent('a')]);
    await outbox.flush();
    await settled(outbox);
    expect([world.sent, world.dead]).toEqual([['a'], [['a', 'failed', '400']]]);
  });

  test('a call without an answer is escalated and not made again', async () => {
    const world = newWorld();
    const outbox = await open(world, hang, { ...healing, tryMs: 20 });
    outbox.add([intent('a')]);
    await outbox.flush();
    await settled(outbox);
    expect([world.sent, world.dead]).toEqual([['a'], [['a', 'outcome unknown', 'no answer within 20 ms']]]);
  });

  test('after a crash during the call it is escalated once and never made again', async () => {
    const world = newWorld();
    const crashed = await open(world, hang, { ...healing, maxInFlight: 1 });
    crashed.add([intent('a'), intent('not begun')]);
    await crashed.flush();
    await sleep(5);
    expect(world.sent).toEqual(['a']);
    for (let restart = 0; restart < 2; restart++) {
      const next = await open(world, async () => ok, healing);
      next.add([intent('a')]);
      await next.flush();
      await settled(next);
      await next.stop(100);
    }
    expect(world.sent).toEqual(['a', 'not begun']);
    expect(world.dead).toEqual([['a', 'outcome unknown', 'tocsin ended while the call was under way']]);
  });

  test('the call is in the ledger before it is made; if that fails it is not made', async () => {
    const world = newWorld();
    const outbox = await open(world, async () => ok, healing);
    outbox.add([intent('a')]);
    await world.backend.claim('outbox', world.now);
    await expect(outbox.flush()).rejects.toThrow(/taken over/);
    expect(world.sent).toEqual([]);
    expect(() => outbox.add([intent('b')])).toThrow(/outbox outbox stopped: .*taken over/);
  });

  test('without the lease nothing is called until it is there, or the intent expires', async () => {
    const world = newWorld();
    let asked = 0;
    const outbox = await open(world, async () => ok, { ...healing, mayCall: () => ++asked > 2 });
    outbox.add([intent('a')]);
    await outbox.flush();
    await settled(outbox);
    expect([asked, world.sent]).toEqual([3, ['a']]);
    const without = await open(world, async () => ok, {
      ...healing,
      mayCall: () => {
        world.now += 40_000;
        return false;
      },
    });
    without.add([intent('b')]);
    await without.flush();
    await settled(without);
    expect([world.sent, world.dead]).toEqual([['a'], [['b', 'expired', 'not delivered within 60000 ms']]]);
  });
});

test('a delay has full jitter below a ceiling that doubles, and honours the receiver', () => {
  const backoff = { firstMs: 100, maxMs: 5000 };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (tries, random) => {
      const delay = retryDelay(backoff, tries, () => random);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(Math.min(5000, 100 * 2 ** Math.min(tries - 1, 50)));
    }),
  );
  const half = (): number => 0.5;
  expect([1, 2, 3, 4, 20].map((tries) => retryDelay(backoff, tries, half))).toEqual([50, 100, 200, 400, 2500]);
  expect(retryDelay(backoff, 1, half, 30_000)).toBe(30_000);
});

describe('order and rate', () => {
  const ordered = (id: string, order: string): Intent => ({ ...intent(id), order });

  test('what has one order key is delivered one after another, also through retries and a restart', async () => {
    const world = newWorld();
    const delivered: string[] = [];
    let failing = true;
    const send: DeliveryRoute['send'] = async ({ id }) => {
      if (id === 'a-firing' && failing) return retry('503');
      delivered.push(id);
      return ok;
    };
    const outbox = await open(world, send, { maxInFlight: 8, backoff: { firstMs: 20, maxMs: 20 } });
    outbox.add([ordered('a-firing', 'a'), ordered('a-resolved', 'a'), ordered('b-firing', 'b'), intent('free')]);
    await outbox.flush();
    await sleep(50);
    expect(delivered).toEqual(['b-firing', 'free']);
    await outbox.stop(100);
    failing = false;
    const again = await open(world, send, { maxInFlight: 8 });
    await settled(again);
    expect(delivered).toEqual(['b-firing', 'free', 'a-firing', 'a-resolved']);
    await again.stop(100);
  });

  test('one that is given up lets the next of its key go', async () => {
    const world = newWorld();
    const outbox = await open(world, async ({ id }) =>
      id === 'a1' ? { ok: false, retryable: false, error: 'no' } : ok,
    );
    outbox.add([ordered('a1', 'a'), ordered('a2', 'a')]);
    await outbox.flush();
    await settled(outbox);
    expect([world.sent, world.dead.map(([id]) => id)]).toEqual([['a1', 'a2'], ['a1']]);
  });

  test('order holds for any lives of any keys, however tries end', async () => {
    const lives = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c', ''), tries: fc.nat(3) }), { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(lives, async (parts) => {
        const world = newWorld();
        const left = new Map(parts.map(({ tries }, i) => [`${i}`, tries]));
        const delivered: string[] = [];
        const outbox = await open(world, async ({ id }) => {
          const more = left.get(id)!;
          left.set(id, more - 1);
          if (more > 0) return retry('later');
          delivered.push(id);
          return ok;
        });
        outbox.add(parts.map(({ key }, i) => ordered(`${i}`, key)));
        await outbox.flush();
        await settled(outbox);
        await outbox.stop(100);
        expect(delivered).toHaveLength(parts.length);
        for (const key of ['a', 'b', 'c']) {
          const mine = delivered.map(Number).filter((i) => parts[i]!.key === key);
          expect(mine).toEqual([...mine].sort((x, y) => x - y));
        }
      }),
      { numRuns: 20 },
    );
  });

  test('a storm of 5,000 goes as a few messages, and each is in exactly one of them', async () => {
    const world = newWorld();
    const told: string[] = [];
    let messages = 0;
    const tell = (intents: readonly Intent[]): Promise<SendOutcome> => {
      messages++;
      told.push(...intents.map(({ id }) => id));
      return Promise.resolve(ok);
    };
    const outbox = await open(
      world,
      (one) => tell([one]),
      { rate: { messages: 10, perMs: 1000 }, summary: { accepts: () => true, send: tell } },
      { now: Date.now },
    );
    const all = Array.from({ length: 5000 }, (_, i) => ordered(`${i}`, `key ${i}`));
    for (let at = 0; at < all.length; at += 500) {
      outbox.add(all.slice(at, at + 500));
      await outbox.flush();
    }
    await settled(outbox);
    expect(messages).toBeLessThan(40);
    expect(told).toHaveLength(5000);
    expect(new Set(told).size).toBe(5000);
    await outbox.stop(100);
  });

  test('a summary that fails is tried again as one, and what it does not take goes alone at the rate', async () => {
    const world = newWorld();
    const summaries: number[] = [];
    const outbox = await open(
      world,
      async () => ok,
      {
        rate: { messages: 2, perMs: 100 },
        summary: {
          accepts: ({ id }) => id !== 'alone',
          send: async (intents) => (summaries.push(intents.length) === 1 ? retry('503') : ok),
        },
      },
      { now: Date.now },
    );
    outbox.add([...Array.from({ length: 20 }, (_, i) => intent(`${i}`)), intent('alone')]);
    await outbox.flush();
    await settled(outbox);
    expect(new Set(summaries).size).toBe(1);
    expect(summaries).toHaveLength(2);
    expect(world.sent).toContain('alone');
    expect(world.sent.length + summaries[0]!).toBe(21);
    await outbox.stop(100);
  });
});

test('what is given up is kept before the ledger says that it is over: a crash in between gives it up again', async () => {
  const world = newWorld();
  const kept: string[] = [];
  const refuse: DeliveryRoute['send'] = async () => ({ ok: false, retryable: false, error: '410 Gone' });
  const unwritable = (): Promise<void> =>
    world.dead.length > 0 ? Promise.reject(new Error('the dead letters cannot be written')) : Promise.resolve();
  const first = await open(world, refuse, {}, { keepDead: unwritable });
  first.add([intent('a')]);
  await first.flush();
  await settled(first);
  expect(() => first.add([intent('b')])).toThrow('the dead letters cannot be written');
  await first.stop(1000);
  const second = await open(
    world,
    refuse,
    {},
    { keepDead: async () => void kept.splice(0, 9, ...world.dead.map(([id]) => id)) },
  );
  await settled(second);
  await second.stop(1000);
  expect([world.sent, kept]).toEqual([
    ['a', 'a'],
    ['a', 'a'],
  ]);
});

test('where as many wait for a route as may wait, what comes is given up, and told; others are not held up', async () => {
  const world = newWorld();
  const answers = new Map<string, (outcome: SendOutcome) => void>();
  const route: DeliveryRoute = {
    ...patience,
    tryMs: 60_000,
    maxInFlight: 1,
    send: ({ id }) => new Promise((resolve) => answers.set(id, resolve)),
  };
  const routes = new Map([
    ['pager', route],
    ['chat', route],
  ]);
  const deadLetters: string[] = [];
  const outbox = await open(
    world,
    async () => ok,
    {},
    {
      routes,
      maxWaiting: 2,
      keepDead: async () => void deadLetters.push(...world.dead.splice(0).map(([id, reason]) => `${id} ${reason}`)),
    },
  );
  const waiting = ['a', 'b', 'c'].map((id) => ({ ...intent(id), order: 'one after the other' }));
  outbox.add([...waiting, intent('d', 'chat')]);
  await outbox.flush();
  expect([outbox.pending, deadLetters]).toEqual([3, ['c too many']]);
  answers.get('a')!(ok);
  await sleep(20);
  expect([...answers.keys()]).toEqual(['a', 'd', 'b']);
  // There is room again, and who was given up is known.
  outbox.add([intent('c'), intent('e')]);
  await outbox.flush();
  expect(outbox.pending).toBe(3);
  for (const id of ['b', 'd']) answers.get(id)!(ok);
  await sleep(20);
  answers.get('e')!(ok);
  await settled(outbox);
  expect(deadLetters).toEqual(['c too many']);
  await outbox.stop(1000);
});
