/** `decide` on a real run: what it says of lines that are not read yet is what the stream decides when they come. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './services/free-port.js';
import { begin, type Running } from './services/tocsin.js';
import { until } from './services/until.js';

const minute = 60_000;
/** A window of the configuration, ms. */
const length = 5 * minute;
const monday = Date.UTC(2026, 0, 5);
const folder = mkdtempSync(join(tmpdir(), 'tocsin-decide-'));
let url: string;
let run: Running;

interface Infer {
  readonly model_version: string;
  readonly outputs: readonly { readonly name: string; readonly data: readonly (number | string | boolean)[] }[];
}
interface Decided {
  readonly id: string;
  readonly entity: string;
  readonly end: string;
  readonly u: number;
  readonly threshold: number;
  readonly fired: boolean;
  readonly features: readonly { readonly value: number }[];
}

/** Lines of window `k` of two services; each eleventh has a flood of errors. */
function linesOf(k: number): string[] {
  return Array.from({ length: 120 }, (_, i) => {
    const time = new Date(monday + k * length + i * 2500).toISOString();
    const service = i % 3 === 0 ? 'cart' : 'pay';
    const isSick = k % 11 === 10 && i % 2 === 0;
    const message = isSick
      ? `payment ${i * k} failed: gateway timed out`
      : `order ${i * 7 + k} took ${20 + ((i * 13 + k) % 9)} ms`;
    return JSON.stringify({ time, level: isSick ? 'error' : 'info', service, message });
  });
}
const write = (lines: readonly string[]): void => void run.stdin.write(`${lines.join('\n')}\n`);
const api = async <T>(path: string): Promise<T> => (await (await fetch(`${url}${path}`)).json()) as T;
const infer = async (inputs: readonly object[], model = 'decide'): Promise<Response> =>
  fetch(`${url}/v2/models/${model}/infer`, { method: 'POST', body: JSON.stringify({ inputs }) });
const lastEnd = async (): Promise<number> => {
  const { items } = await api<{ items: { end: string }[] }>('/api/v1/decisions?limit=1');
  return Date.parse(items[0]?.end ?? '');
};

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const config = join(folder, 'tocsin.json');
  writeFileSync(
    config,
    JSON.stringify({
      sources: [{ type: 'file', path: '-', format: 'json' }],
      state: { dir: join(folder, 'state') },
      windows: { pane: '1m', length: '5m', lateness: '0s', idle_after: '1h' },
      respond: { max_age: '36500d' },
      http: { port, rate_limit: 100_000 },
      log: { format: 'json' },
    }),
  );
  run = begin(['run', '--config', config], { stdin: 'pipe' });
  await until('a server', async () => (await fetch(`${url}/v2/health/live`).catch(() => undefined))?.ok || undefined);
});
afterAll(async () => {
  run.signal('SIGTERM');
  await run.ended;
  rmSync(folder, { recursive: true, force: true });
});

test('lines that are asked about have the bits of the decision that follows, window for window', async () => {
  for (let k = 0; k < 6; k++) write(linesOf(k));
  write(linesOf(6).slice(0, 40));
  let compared = 0;
  for (let k = 6; k < 16; k++) {
    const from = monday + k * length;
    await until('the window before', async () => ((await lastEnd()) >= from ? true : undefined), 25_000);
    const asked = await infer([{ name: 'lines', datatype: 'BYTES', shape: [120], data: linesOf(k) }]);
    const { outputs, model_version: version } = (await asked.json()) as Infer;
    const rows = outputs[0]!.data.map((_, i) =>
      Object.fromEntries(outputs.map(({ name, data }) => [name, data[i]] as const)),
    );
    // The first lines, of more than a pane, were written to close the window before.
    write(linesOf(k).slice(40));
    write(linesOf(k + 1).slice(0, 40));
    await until('this window', async () => ((await lastEnd()) >= from + length ? true : undefined), 25_000);
    const { items } = await api<{ items: Decided[] }>(
      `/api/v1/decisions?from=${new Date(from).toISOString()}&to=${new Date(from + length).toISOString()}`,
    );
    const shown = (one: Decided) => ({
      entity: one.entity,
      level: one.u,
      threshold: one.threshold,
      would_fire: one.fired,
    });
    const byEntity = (a: { entity: string }, b: { entity: string }): number => (a.entity < b.entity ? -1 : 1);
    expect(rows).toEqual(
      items
        .map(shown)
        .sort(byEntity)
        .map((row): unknown => expect.objectContaining({ ...row, end: from + length, as_of: from })),
    );
    expect(version).toMatch(/^[0-9a-f]{32,}$/);
    compared += rows.length;
  }
  expect(compared).toBe(20);
});

test('a row of the log is answered by what was decided from it, to the bit; another row of its time is refused', async () => {
  const { items } = await api<{ items: Decided[] }>('/api/v1/decisions?limit=20');
  const one = async (row: Decided, change = 0): Promise<Response> => {
    const { features } = await api<Decided>(`/api/v1/decisions/${row.id}`);
    const data = features.map(({ value }, i) => (i === 0 ? value + change : value));
    return infer([
      { name: 'entity', datatype: 'BYTES', shape: [1], data: [row.entity] },
      { name: 'end', datatype: 'INT64', shape: [1], data: [Date.parse(row.end)] },
      { name: 'features', datatype: 'FP64', shape: [1, data.length], data },
      { name: 'aspects', datatype: 'FP64', shape: [1, 48], data: new Array<number>(48).fill(0) },
    ]);
  };
  for (const row of items) {
    const { outputs } = (await (await one(row)).json()) as Infer;
    const value = (name: string) => outputs.find((output) => output.name === name)?.data[0];
    expect([value('level'), value('threshold'), value('would_fire')]).toEqual([row.u, row.threshold, row.fired]);
  }
  const refused = await one(items[0]!, 1);
  expect(refused.status).toBe(409);
  expect(await refused.text()).toContain('decided already');
});

test('it is listed and ready, and what cannot be asked is refused in words', async () => {
  expect(await api('/v2/models/decide/ready')).toEqual({ name: 'decide', ready: true });
  expect(await api('/v2/models/decide')).toMatchObject({ name: 'decide', platform: 'tocsin' });
  for (const [inputs, status] of [
    [[], 400],
    [[{ name: 'lines', datatype: 'BYTES', shape: [1], data: ['no record'] }], 400],
    [[{ name: 'features', datatype: 'FP64', shape: [1, 28], data: new Array<number>(28).fill(0) }], 400],
    [[{ name: 'entity', datatype: 'BYTES', shape: [1], data: ['nothing'] }], 400],
  ] as const) {
    const answer = await infer(inputs);
    expect([answer.status, ((await answer.json()) as { error: string }).error.length > 10]).toEqual([status, true]);
  }
});
