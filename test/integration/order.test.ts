/**
 * Which source begins first, and who is scheduled when, changes nothing: training and promotion included, a run over files
 * decides the same bytes. The worst orders are forced: each source runs as far as it can before the next one begins.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { configSchema, type Config } from '../../config/schema.js';
import { fileSource } from '../../connectors/file/source.js';
import { createMetrics } from '../../connectors/http/metrics.js';
import { fromDecisions } from '../../offline/replay/from-log.js';
import { endOfSource } from '../../records/raw.js';
import { openEmbedded } from '../../service/channels.js';
import { openLinks } from '../../service/delivery/links.js';
import { createLog } from '../../service/log.js';
import { Pipeline } from '../../service/node.js';
import { ingestParts } from '../../service/options.js';
import type { NamedSource } from '../../service/tasks/tasks.js';
import { tocsin } from './services/tocsin.js';
import { until } from './services/until.js';

const services = ['auth', 'gateway', 'jobs'];
let folder = '';
let runs = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-order-'));
  // jobs has its first pane an hour after the others.
  await tocsin('simulate', '--lines', '16000', '--days', '3', '--out', join(folder, 'logs'));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Reads a file once `mayBegin`, in slices of some size. */
function source(config: Config, index: number, slice: number, mayBegin: () => Promise<unknown>): NamedSource {
  const of = config.sources[index]!;
  const path = of.type === 'file' ? of.path : '';
  const name = services[index]!;
  return {
    name,
    incarnation: 0,
    parts: ingestParts(config, of),
    source: {
      async *open(position, { stop }) {
        await mayBegin();
        let at = position ?? { source: name, offset: 0 };
        for await (const batch of fileSource({ path, source: name, offset: at.offset, slice, stop })) {
          if (stop.aborted) return;
          at = batch.position ?? at;
          yield { ...batch, position: at };
        }
        yield { items: [endOfSource], rejected: [], position: at, unrepeatable: true };
      },
    },
  };
}

/** Decides all in this order of beginnings; gives the decisions and the models that were promoted. */
async function decide(order: readonly number[], slices: readonly number[]): Promise<{ bytes: Buffer; sets: string[] }> {
  const dir = join(folder, `run-${runs++}`);
  const config = configSchema.parse({
    sources: services.map((name) => ({
      type: 'file',
      path: join(folder, 'logs', `${name}.log`),
      labels: { service: name },
    })),
    sessions: [{ class: 'jobs', pattern: 'job-[0-9a-f]{8}' }],
    state: { dir },
    http: { port: 0 },
    log: { level: 'error' },
    respond: { stdout: 'none' },
  });
  const embedded = await openEmbedded(config, () => undefined);
  try {
    const running: { pipeline?: Pipeline } = {};
    const turn = (index: number) => async (): Promise<void> => {
      const before = order.slice(0, order.indexOf(index)).map((each) => services[each]);
      await until('the sources before it', () => {
        const flow = running.pipeline?.flow;
        return (flow && before.every((name) => flow.mustWait(name!) || flow.hasEnded(name!))) || undefined;
      });
    };
    running.pipeline = await Pipeline.open({
      config,
      embedded,
      sources: services.map((_, index) => source(config, index, slices[index]!, turn(index))),
      metrics: createMetrics(),
      log: createLog(config.log),
      url: 'http://127.0.0.1',
      links: openLinks(config, 'http://127.0.0.1'),
    });
    await running.pipeline.run();
    const sets = [...running.pipeline.healer.controls.said.values()]
      .filter(({ command, about }) => command === 'training' && about !== 'claimed')
      .map(({ about, value }) => `${about} ${value.replace(/"epoch":\d+,?/, '')}`);
    await embedded.close();
    const out = join(dir, 'decisions.bin');
    await (await fromDecisions(config)).decisions.write(out);
    return { bytes: readFileSync(out), sets };
  } finally {
    await embedded.close();
  }
}

test('any order in which sources begin, in slices of any size, gives the same models and the same decisions', async () => {
  const whole = await decide([0, 1, 2], [1_048_576, 1_048_576, 1_048_576]);
  expect(whole.bytes.length).toBeGreaterThan(50_000);
  expect(whole.sets.filter((what) => what.startsWith('promoted')).length).toBeGreaterThan(0);
  const orders = fc.record({
    order: fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
    slices: fc.array(fc.integer({ min: 2000, max: 200_000 }), { minLength: 3, maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(orders, async ({ order, slices }) => {
      const other = await decide(order, slices);
      expect(other.sets).toEqual(whole.sets);
      expect(other.bytes.equals(whole.bytes)).toBe(true);
    }),
    {
      numRuns: 4,
      endOnFailure: true,
      examples: [
        [{ order: [2, 1, 0], slices: [5000, 5000, 5000] }],
        [{ order: [1, 2, 0], slices: [100_000, 3000, 50_000] }],
      ],
    },
  );
}, 300_000);
