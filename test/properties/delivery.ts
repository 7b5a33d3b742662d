/** Generated histories of several sources, and the many ways in which one shard of `windows` may receive them. */
import fc from 'fast-check';
import { from, lastValueFrom, toArray, type Observable } from 'rxjs';
import { kernelRarity } from '../../models/detectors/kernel-rarity.js';
import { merge, mergeDefaults, type WindowsItem } from '../../operators/merge.js';
import { emptyLogAggregate } from '../../records/aggregate.js';
import type { Batch, Operator, Rejected } from '../../records/batch.js';
import { compareSubjects, encodeDecision, type InexactReason } from '../../records/score.js';
import type { Closed } from '../../records/window.js';
import { encodeWindowsRecord, type IngestRecord, type WindowsRecord } from '../../records/windows.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { TaskState } from '../../runtime/state.js';
import { detect } from '../../topologies/detect.js';

export const pane = mergeDefaults.pane;
export const start = Date.UTC(2026, 0, 5, 12);

/** What one source wrote, in its order; without the end mark when it has not ended. */
export interface SourceHistory {
  readonly source: string;
  readonly records: readonly IngestRecord[];
}

const step = fc.record({
  /** Panes until the next. */
  skip: fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, { weight: 2, arbitrary: fc.integer({ min: 2, max: 90 }) }),
  partials: fc.array(
    fc.record({
      kind: fc.constantFrom('log' as const, 'series' as const, 'session' as const),
      who: fc.nat(2),
      what: fc.nat(4),
      count: fc.integer({ min: 1, max: 9 }),
      second: fc.nat(59),
    }),
    { maxLength: 4 },
  ),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One to three sources that run to their ends. */
export const histories: fc.Arbitrary<SourceHistory[]> = fc
  .array(fc.array(step, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 })
  .map((all) => all.map((steps, i) => historyOf(`logs/${i}`, steps)));

function historyOf(source: string, steps: readonly Step[]): SourceHistory {
  const records: IngestRecord[] = [];
  let at = start;
  steps.forEach(({ skip, partials }, offset) => {
    let n = 0;
    const tag = () => ({ source, incarnation: 1, epoch: 1, offset, n: 10 * n++ });
    const shaped = { pane: at, settings: 1, capped: false };
    for (const { kind, who, what, count, second } of partials) {
      const time = at + second * 1000;
      if (kind === 'log') {
        const aggregate = emptyLogAggregate();
        aggregate.lines = count;
        aggregate.signatures.set(what + 1, count);
        aggregate.seconds.set(second, count);
        aggregate.levels.set(what, count);
        aggregate.sample = { level: what, time, signature: what + 1, text: Buffer.from(`${source} ${count}`) };
        records.push({ type: 'log', tag: tag(), ...shaped, entity: `service{service="s${who}"}`, aggregate });
      } else if (kind === 'series') {
        const aggregate = { points: [[time, count] as const] };
        records.push({ type: 'series', tag: tag(), ...shaped, entity: `series{service="m${who}"}`, aggregate });
      } else {
        const events = new Map([[what + 1, { count, first: time, last: time }]]);
        const entity = 'session{service="jobs"}';
        records.push({ type: 'session', tag: tag(), ...shaped, entity, key: `job-${who}`, events });
      }
    }
    at += skip * pane;
    records.push({ type: 'mark', tag: tag(), kind: 'data', watermark: at });
  });
  const tag = { source, incarnation: 1, epoch: 1, offset: steps.length, n: 0 };
  records.push({ type: 'mark', tag, kind: 'end', watermark: at });
  return { source, records };
}

export const sourceSet = (all: readonly SourceHistory[]): WindowsRecord => ({
  type: 'sources',
  version: 1,
  sources: all.map(({ source }) => source),
});

/** With another epoch, as the task that took over writes it. */
export const underEpoch = (record: IngestRecord, epoch: number): IngestRecord => ({
  ...record,
  tag: { ...record.tag, epoch },
});

export interface Plan {
  /** Which source is next, modulo those that are left. */
  readonly picks: readonly number[];
  /** After so many records of a source it starts again from an earlier one, with a higher epoch. */
  readonly restarts: readonly { readonly source: number; readonly after: number; readonly back: number }[];
  readonly cuts: readonly number[];
}

export const plans: fc.Arbitrary<Plan> = fc.record({
  picks: fc.array(fc.nat(2), { minLength: 1, maxLength: 60 }),
  restarts: fc.array(fc.record({ source: fc.nat(2), after: fc.nat(20), back: fc.integer({ min: 1, max: 12 }) }), {
    maxLength: 3,
  }),
  cuts: fc.array(fc.nat(80), { maxLength: 8 }),
});

/** What each source sends in all, restarts included, its order kept. */
function sent({ records }: SourceHistory, index: number, plan: Plan): IngestRecord[] {
  let all = [...records];
  let epoch = 1;
  const own = plan.restarts.filter(({ source }) => source === index).sort((a, b) => a.after - b.after);
  for (const { after, back } of own) {
    const at = Math.min(after, all.length);
    epoch++;
    const again = all.slice(Math.max(0, at - back)).map((record) => underEpoch(record, epoch));
    all = [...all.slice(0, at), ...again];
  }
  return all;
}

/** One order in which the shard may receive all. */
export function delivered(all: readonly SourceHistory[], plan: Plan): WindowsRecord[] {
  const queues = all.map((history, i) => sent(history, i, plan));
  const out: WindowsRecord[] = [sourceSet(all)];
  for (let i = 0; queues.some(({ length }) => length > 0); i++) {
    const left = queues.filter(({ length }) => length > 0);
    out.push(left[plan.picks[i % plan.picks.length]! % left.length]!.shift()!);
  }
  return out;
}

/** One source after the other, no restart, no cut. */
export const plain: Plan = { picks: [0], restarts: [], cuts: [] };

export const cut = <T>(all: readonly T[], cuts: readonly number[]): T[][] => {
  const places = [...new Set(cuts.map((place) => place % (all.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((place, i) => all.slice(place, places[i] ?? all.length));
};

export interface Received {
  /** Canonical text of all windows and sessions, in order. */
  readonly windows: string;
  /** Canonical bytes of all decisions, sorted. */
  readonly decisions: string;
  readonly rejected: Readonly<Record<string, number>>;
  readonly boundaries: number;
  /** Windows with the flag `late`, which is left out of the others. */
  readonly late: number;
}

const shard = 'windows/0';

/** Runs one delivery through merge, and through all of detect. */
export async function receive(records: readonly WindowsRecord[], cuts: readonly number[] = []): Promise<Received> {
  const batches = cut(
    records.map((record, offset): WindowsItem => ({ offset, record })),
    cuts,
  ).map((items): Batch<WindowsItem> => ({ items, rejected: [] }));

  const stores = await TaskState.restore(new MemoryBackend(), 'merge/0', 1);
  const times = { nextDue: () => undefined, quiet: () => 3_600_000 };
  const identity: Operator<Closed, Closed> = (input: Observable<Batch<Closed>>) => input;
  const merged = await outputs(merge(stores, { ...mergeDefaults, shard, sessions: times }, identity), batches);
  const closed = merged.items.map((item) => ('flags' in item ? { ...item, flags: withoutLate(item.flags) } : item));

  const kernel = async () => ({ score: async (query: Parameters<typeof kernelRarity>[0]) => kernelRarity(query) });
  const tracked = await outputs(
    detect({
      stores: await TaskState.restore(new MemoryBackend(), 'detect/0', 1),
      windows: { ...mergeDefaults, shard },
      artefacts: { loaded: () => undefined, load: async () => undefined },
      calibration: () => undefined,
      kernel,
      rules: [],
      select: { policy: 'mixture', budget: () => 3 },
      track: { tag: { source: shard, incarnation: 1, epoch: 1 } },
    }),
    batches,
  );
  const decisions = tracked.items.flatMap((item) =>
    item.type === 'decided' ? [{ ...item.decision, flags: withoutLate(item.decision.flags) }] : [],
  );
  const rejected: Record<string, number> = {};
  for (const { reason } of merged.rejected) rejected[reason] = (rejected[reason] ?? 0) + 1;
  return {
    windows: closed.flatMap((item) => (isWindow(item) ? [textOf(item)] : [])).join('\n'),
    decisions: Buffer.concat(decisions.sort(compareSubjects).map(encodeDecision)).toString('hex'),
    rejected,
    boundaries: closed.filter(({ type }) => type === 'boundary').length,
    late: merged.items.filter((item) => 'flags' in item && item.flags.includes('late')).length,
  };
}

const withoutLate = (flags: readonly InexactReason[]): InexactReason[] => flags.filter((flag) => flag !== 'late');

/** Definitions come from whoever saw a signature first, and boundaries count their sources. */
const isWindow = ({ type }: Closed): boolean => type === 'log' || type === 'series' || type === 'session';

async function outputs<A, B>(
  operator: Operator<A, B>,
  batches: readonly Batch<A>[],
): Promise<{ items: B[]; rejected: Rejected[] }> {
  const all = await lastValueFrom(from(batches).pipe(operator, toArray()), { defaultValue: [] });
  return { items: all.flatMap(({ items }) => [...items]), rejected: all.flatMap(({ rejected }) => [...rejected]) };
}

/** Maps in the order of their keys, bytes as hexadecimal text. */
export const textOf = (item: unknown): string =>
  JSON.stringify(item, (_, value: unknown) => {
    if (value instanceof Map) return [...(value as Map<string | number, unknown>)].sort(([a], [b]) => (a < b ? -1 : 1));
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
    return value;
  });

/** Whether two deliveries differ in the order of their records. */
export const sameOrder = (a: readonly WindowsRecord[], b: readonly WindowsRecord[]): boolean =>
  a.length === b.length && a.every((record, i) => encodeWindowsRecord(record).equals(encodeWindowsRecord(b[i]!)));
