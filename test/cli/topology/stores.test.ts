/** The stores that the drawing gives each operator are those that its topology opens. */
import { join } from 'node:path';
import { from, lastValueFrom } from 'rxjs';
import { drawn } from '../../../cli/topology/operators.js';
import { loadConfig } from '../../../config/load.js';
import { mergeDefaults } from '../../../operators/merge.js';
import type { Operator } from '../../../records/batch.js';
import type { StateStores } from '../../../records/store.js';
import { MemoryBackend } from '../../../runtime/memory-backend.js';
import { TaskState } from '../../../runtime/state.js';
import { respondParts } from '../../../service/options.js';
import { detect } from '../../../topologies/detect.js';
import { ingest } from '../../../topologies/ingest.js';
import { respond } from '../../../topologies/respond.js';

const config = loadConfig(join(__dirname, '../../../config/file.yaml'), {});
const tag = { source: 'windows/0', incarnation: 1, epoch: 1 };
const topologies = {
  ingest: (stores: StateStores) => ingest({ source: 'logs/0', incarnation: 1, epoch: 1, stores, format: 'auto' }),
  detect: (stores: StateStores) =>
    detect({
      stores,
      windows: { ...mergeDefaults, shard: 'windows/0' },
      artefacts: { loaded: () => undefined, load: async () => undefined },
      calibration: () => undefined,
      kernel: async () => ({ score: async () => new Float64Array() }),
      rules: [],
      select: { policy: 'mixture', budget: () => 3 },
      track: { tag },
      speaksForInput: true,
    }),
  respond: (stores: StateStores) => respond({ stores, ...respondParts(config) }),
} as const;

/** The operator that opens a store, by the stack: what lies behind RxJS subscribes it. */
function caller(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  const frames = (new Error().stack ?? '').split('\n').filter((line) => !line.includes('operators/map-batch'));
  Error.stackTraceLimit = limit;
  // What a shadow opens is its own, whatever operators it is made of.
  if (frames.some((line) => line.includes('OneShadow'))) return 'shadow';
  const subscribed = frames.findIndex((line) => line.includes('/rxjs/'));
  const own = frames.slice(0, subscribed < 0 ? frames.length : subscribed);
  const file = own.flatMap((line) => /\/operators\/([\w/-]+)\.ts/.exec(line)?.[1] ?? []).at(-1) ?? '';
  return operatorOf[file] ?? file.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** Files whose operator has another name. */
const operatorOf: Readonly<Record<string, string>> = {
  artefact: 'awaitArtefacts',
  'sessions/session-class': 'learnSessions',
  'select/budget': 'select',
  // Only the first shard raises these, beside the flow.
  'input-alerts': 'merge',
};

test.each(Object.entries(topologies))('%s opens the stores that are drawn', async (name, build) => {
  const opened = new Map<string, Set<string>>();
  const state = await TaskState.restore(new MemoryBackend(), 'test/0', 1);
  const stores: StateStores = {
    open: (store, ...rest) => {
      const operator = caller();
      opened.set(operator, (opened.get(operator) ?? new Set()).add(store));
      return state.open(store, ...rest);
    },
  };
  const topology = build(stores) as Operator<unknown, unknown>;
  await lastValueFrom(from([]).pipe(topology), { defaultValue: undefined });
  const operators = drawn[name as keyof typeof drawn];
  expect(operators.map((one) => [one.name, [...one.stores].sort()])).toEqual(
    operators.map((one) => [one.name, [...(opened.get(one.name) ?? [])].sort()]),
  );
  const names: readonly string[] = operators.map((one) => one.name);
  expect([...opened.keys()].filter((operator) => !names.includes(operator))).toEqual([]);
});
