/** What several sources write to one shard of `windows`, and the ways in which it may arrive. */
import fc from 'fast-check';
import { emptyLogAggregate, type LogAggregate, type SessionEvents } from '../../records/aggregate.js';
import { entity } from '../../records/entity.js';
import type { Definition, Mark, PanePartial, WindowsRecord } from '../../records/windows.js';

/** Long panes: a session class in its youth waits a day for a session to be over, and that shall be few panes. */
export const pane = 6 * 3_600_000;
export const windowPanes = 3;
export const began = Math.ceil(Date.UTC(2026, 0, 1) / (windowPanes * pane)) * windowPanes * pane;

const services = ['cart', 'shop'].map((service) => entity('service', { service }).key);
const load = entity('series', { name: 'load' }).key;
export const jobs = entity('session', { class: 'jobs' }).key;

type Sent = PanePartial | Definition | Mark;
/** What one source writes, in its order. */
export type Stream = readonly Sent[];

interface Drawn {
  readonly kind: 'log' | 'series' | 'session';
  readonly which: number;
  /** Pane within the step, and second within the pane. */
  readonly at: number;
  readonly signature: number;
  readonly settings: number;
  readonly capped: boolean;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  kind: fc.constantFrom('log', 'series', 'session', 'session'),
  which: fc.nat(2),
  at: fc.nat(1000),
  signature: fc.integer({ min: 1, max: 4 }),
  settings: fc.constantFrom(7, 7, 7, 7, 7, 8),
  capped: fc.constantFrom(false, false, false, false, true),
});

const oneLine = (signature: number, second: number): LogAggregate => ({
  ...emptyLogAggregate(),
  lines: 1,
  levels: new Map([[signature, 1]]),
  signatures: new Map([[signature, 1]]),
  seconds: new Map([[second, 1]]),
  sample: { level: signature, time: second, signature, text: Buffer.from(`line ${signature}`) },
});

/** Steps of a source: definitions at first sight, lines of some panes, then the mark that closes them; at last the end. */
const stream = (source: string): fc.Arbitrary<Stream> =>
  fc
    .array(
      fc.record({
        panes: fc.constantFrom(0, 1, 1, 1, 2, 3, 7, 40),
        idle: fc.boolean(),
        lines: fc.array(drawn, { maxLength: 5 }),
      }),
      { minLength: 1, maxLength: 8 },
    )
    .map((steps) => {
      const sent: Sent[] = [];
      let watermark = began;
      let offset = 0;
      let n = 0;
      const tag = () => ({ source, incarnation: 1, epoch: 1, offset, n: n++ });
      const defined = new Set<number>();
      const define = (signature: number): void => {
        if (defined.has(signature)) return;
        defined.add(signature);
        sent.push({ type: 'definition', signature, masked: `text ${signature}`, sample: '', tag: tag() });
      };
      for (const { panes, idle, lines } of steps) {
        offset += 3;
        n = 0;
        for (const line of panes > 0 ? lines : []) {
          define(line.signature);
          sent.push({ ...partial(line, watermark, panes), tag: tag() });
        }
        watermark += panes * pane;
        sent.push({ type: 'mark', kind: idle ? 'idle' : 'data', watermark, tag: tag() });
      }
      sent.push({ type: 'mark', kind: 'end', watermark, tag: tag() });
      return sent;
    });

/** One to four sources. */
export const streams: fc.Arbitrary<Stream[]> = fc
  .integer({ min: 1, max: 4 })
  .chain((sources) => fc.tuple(...Array.from({ length: sources }, (_, i) => stream(`logs/${i}`))));

type Untagged<T> = T extends unknown ? Omit<T, 'tag'> : never;

function partial(line: Drawn, watermark: number, panes: number): Untagged<PanePartial> {
  const { kind, which, at, signature, settings, capped } = line;
  const start = watermark + (at % panes) * pane;
  const shaped = { pane: start, settings, capped };
  if (kind === 'log') {
    return { type: 'log', entity: services[which % services.length]!, ...shaped, aggregate: oneLine(signature, at) };
  }
  if (kind === 'series') {
    return { type: 'series', entity: load, ...shaped, aggregate: { points: [[start + at, signature]] } };
  }
  const time = start + at * 1000;
  const events: SessionEvents = new Map([[signature, { count: 1 + which, first: time, last: time + 500 }]]);
  return { type: 'session', entity: jobs, key: `job-${which}`, ...shaped, events };
}

/** How what was sent arrives. */
export interface Arrival {
  readonly records: readonly WindowsRecord[];
  readonly repeats: number;
  readonly zombies: number;
  /** Which source each record is of, in words, to tell orders apart. */
  readonly order: string;
}

export const arrivalOf = (streams: readonly Stream[]): fc.Arbitrary<Arrival> =>
  fc
    .record({
      picks: fc.array(fc.nat(1000), { minLength: 1, maxLength: 200 }),
      // A record is followed by: nothing, itself, a restart from an earlier record, a restart and a zombie.
      faults: fc.array(fc.constantFrom('', '', '', '', 'twice', 'restart', 'zombie'), { minLength: 1, maxLength: 60 }),
      back: fc.array(fc.nat(5), { minLength: 1, maxLength: 20 }),
    })
    .map(({ picks, faults, back }) => {
      const records: WindowsRecord[] = [{ type: 'sources', version: 1, sources: streams.map((_, i) => `logs/${i}`) }];
      const at = streams.map(() => 0);
      const epoch = streams.map(() => 1);
      let repeats = 0;
      let zombies = 0;
      let order = '';
      for (let turn = 0; ; turn++) {
        const open = streams.flatMap((sent, i) => (at[i]! < sent.length ? [i] : []));
        if (open.length === 0) break;
        const i = open[picks[turn % picks.length]! % open.length]!;
        const send = (record: Sent) => records.push({ ...record, tag: { ...record.tag, epoch: epoch[i]! } });
        send(streams[i]![at[i]!]!);
        order += String(i);
        const fault = faults[turn % faults.length];
        if (fault === 'twice') {
          send(streams[i]![at[i]!]!);
          repeats++;
        } else if (fault !== '') {
          epoch[i]!++;
          for (let past = Math.max(0, at[i]! - back[turn % back.length]!); past <= at[i]!; past++, repeats++) {
            send(streams[i]![past]!);
          }
        }
        if (fault === 'zombie') {
          // The task that was replaced goes on, further than its successor has come, and with other contents.
          const { tag } = streams[i]![at[i]!]!;
          const old = { ...tag, epoch: epoch[i]! - 1, offset: tag.offset + 1 };
          records.push({
            ...partial({ kind: 'log', which: 0, at: 0, signature: 3, settings: 7, capped: false }, 0, 1),
            tag: old,
          });
          records.push({ type: 'mark', kind: 'end', watermark: began + 1000 * pane, tag: { ...old, n: old.n + 1 } });
          zombies += 2;
        }
        at[i]!++;
      }
      return { records, repeats, zombies, order };
    });
