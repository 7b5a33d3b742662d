import { setTimeout as sleep } from 'node:timers/promises';
import { Supervisor, type Service } from '../../runtime/supervisor.js';

let log: string[];
beforeEach(() => {
  log = [];
});

interface Behaviour {
  /** Ends by itself after this many ms. */
  readonly endsAfter?: number;
  readonly failsAfter?: number;
  readonly failsToStart?: boolean;
  /** Ends this long after it was told to drain; undefined has no drain; Infinity never does. */
  readonly drainsIn?: number;
}

function service(name: string, { endsAfter, failsAfter, failsToStart, drainsIn }: Behaviour = {}): Service {
  let end!: () => void;
  let fail!: (error: Error) => void;
  const done = new Promise<void>((resolve, reject) => {
    end = () => {
      if (!log.includes(`${name} over`)) log.push(`${name} over`);
      resolve();
    };
    fail = reject;
  });
  done.catch(() => undefined);
  return {
    name,
    done,
    async start() {
      if (failsToStart) throw new Error(`${name} cannot start`);
      log.push(`${name} starts`);
      if (endsAfter !== undefined) setTimeout(end, endsAfter);
      if (failsAfter !== undefined) setTimeout(() => fail(new Error(`${name} broke`)), failsAfter);
    },
    async stop() {
      log.push(`${name} stops`);
      end();
      return true;
    },
    ...(drainsIn === undefined
      ? {}
      : {
          drain() {
            log.push(`${name} drains`);
            if (drainsIn < Infinity) setTimeout(end, drainsIn);
          },
        }),
  };
}

test('a bounded run starts against the flow and ends along it', async () => {
  const stages = [
    [service('ingest', { endsAfter: 5 })],
    [service('detect 0', { drainsIn: 10 }), service('detect 1', { drainsIn: 2 })],
    [service('respond', { drainsIn: 1 })],
    [service('http')],
  ];
  await new Supervisor(stages).run();
  expect(log).toEqual([
    'http starts',
    'respond starts',
    'detect 0 starts',
    'detect 1 starts',
    'ingest starts',
    'ingest over',
    'detect 0 drains',
    'detect 1 drains',
    'detect 1 over',
    'detect 0 over',
    'respond drains',
    'respond over',
    'http stops',
    'http over',
  ]);
});

test('asked to stop, it stops what reads from outside and drains the rest', async () => {
  const supervisor = new Supervisor([
    [service('ingest', { drainsIn: Infinity })],
    [service('detect', { drainsIn: 5 })],
    [service('http')],
  ]);
  const run = supervisor.run();
  await sleep(10);
  supervisor.stop(5000);
  await run;
  expect(log.slice(3)).toEqual([
    'ingest stops',
    'ingest over',
    'detect drains',
    'detect over',
    'http stops',
    'http over',
  ]);
});

test('what does not drain in time is stopped', async () => {
  const supervisor = new Supervisor([[service('ingest')], [service('detect', { drainsIn: Infinity })]]);
  const run = supervisor.run();
  await sleep(5);
  supervisor.stop(100);
  await run;
  expect(log.slice(2)).toEqual(['ingest stops', 'ingest over', 'detect drains', 'detect stops', 'detect over']);
});

test('the first failure stops everything and is reported', async () => {
  const events: string[] = [];
  const supervisor = new Supervisor(
    [[service('ingest')], [service('detect', { failsAfter: 5, drainsIn: 1 })], [service('http')]],
    { event: (what, name, error) => void events.push(`${name} ${what}${error ? `: ${error.message}` : ''}`) },
  );
  await expect(supervisor.run()).rejects.toThrow('detect broke');
  expect(log.filter((line) => line.endsWith('stops')).sort()).toEqual(['detect stops', 'http stops', 'ingest stops']);
  expect(events).toContain('detect failed: detect broke');
});

test('what cannot start stops what is up, and nothing else is started', async () => {
  const supervisor = new Supervisor([
    [service('ingest')],
    [service('detect', { failsToStart: true })],
    [service('http')],
  ]);
  await expect(supervisor.run()).rejects.toThrow('detect cannot start');
  expect(log).toContain('http stops');
  expect(log).not.toContain('ingest starts');
});
