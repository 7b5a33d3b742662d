/** Partials that still take records: an entity's lines, points or session events of one pane. */
import { CountTable } from './count-table.js';
import { sampleText } from './sample.js';
import {
  bucketOf,
  emptyDetail,
  emptyPart,
  keptSample,
  logAggregate,
  logOf,
  registers,
  seriesAggregate,
  sessionEvents,
  REPLICAS,
  ROUTES,
  type LogAggregate,
  type PartSum,
  type SampleLine,
  type SessionEvents,
  type SignatureDetail,
} from '../../records/aggregate.js';
import { bool, text, uint, type Codec } from '../../records/wire/codec.js';
import { mix32 } from '../../records/wire/hash.js';
import { levels, outcomes, type LogRecord } from '../../records/log-record.js';

/** Caps of one partial; what is beyond is left out and the partial flagged. */
export interface Caps {
  readonly signatures: number;
  readonly sessionKeys: number;
}
/** The caps of a partial where none are given. */
export const caps: Caps = { signatures: 4096, sessionKeys: 65_536 };
const maxPoints = 512;

/** Samples are kept of lines at least this severe. */
const sampled = levels.indexOf('warn');

const warn = levels.indexOf('warn');
const error = levels.indexOf('error');
const clientError = outcomes.indexOf('client-error');
const serverError = outcomes.indexOf('server-error');

abstract class Open {
  readonly entity: string;
  /** Start of the pane, ms. */
  readonly pane: number;
  capped = false;
  /** Changed since the last `put`. */
  changed = false;

  constructor(entity: string, pane: number) {
    this.entity = entity;
    this.pane = pane;
  }
}

/** The lines of a service in one pane so far. */
export class OpenLogPane extends Open {
  readonly kind = 'log';
  readonly key = '';
  private lines = 0;
  private readonly levels = new Uint32Array(levels.length);
  private readonly signatures: CountTable;
  private readonly details: Map<number, SignatureDetail>;
  private readonly parts: Map<number, PartSum>;
  private readonly seconds: CountTable;
  private readonly values: CountTable;
  private readonly distinct: Uint8Array;
  private sample: SampleLine | undefined;

  constructor(entity: string, pane: number, from?: LogAggregate) {
    super(entity, pane);
    this.signatures = new CountTable(from?.signatures);
    this.details = from?.details ?? new Map<number, SignatureDetail>();
    this.parts = from?.parts ?? new Map<number, PartSum>();
    this.seconds = new CountTable(from?.seconds);
    this.values = new CountTable(from?.values);
    this.distinct = from?.distinct ?? new Uint8Array(registers);
    this.sample = from?.sample;
    this.lines = from?.lines ?? 0;
    for (const [level, n] of from?.levels ?? []) this.levels[level] = n;
  }

  /**
   * Adds a line; true where its signature is new here.
   *
   * @param max - signatures that have places; half of them are for those that are known, so that invented ones take none
   */
  add(record: LogRecord, max = caps.signatures, isKnown: (signature: number) => boolean = () => true): boolean {
    const { time, level, signature, variable, value } = record;
    this.lines++;
    this.levels[level]!++;
    this.seconds.add(Math.floor((time - this.pane) / 1000));
    if (value >= 0) this.values.add(bucketOf(value));
    if (variable !== 0) {
      // HyperLogLog: the upper seven bits choose the register, the rank of the first one in the rest is kept.
      const hash = mix32(variable);
      const rank = Math.clz32((hash << 7) | 0x40) + 1;
      const register = hash >>> 25;
      if (rank > this.distinct[register]!) this.distinct[register] = rank;
    }
    if (level >= sampled) this.keepSample(record);
    if (record.route && (value >= 0 || record.outcome > 0)) this.addPart(record.route % ROUTES, record);
    if (record.replica) this.addPart(ROUTES + (record.replica % REPLICAS), record);
    const { size } = this.signatures;
    if ((size < max && (2 * size < max || isKnown(signature))) || this.signatures.has(signature)) {
      this.addDetail(record);
      return this.signatures.add(signature);
    }
    this.capped = true;
    return false;
  }

  /** What the line says beyond that it came. */
  private addDetail({ level, outcome, value, signature, numbers }: LogRecord): void {
    const bad = level >= error || outcome === serverError;
    if (!bad && level !== warn && outcome !== clientError && !(value >= 0) && numbers.length === 0) return;
    let detail = this.details.get(signature);
    if (!detail) this.details.set(signature, (detail = emptyDetail()));
    if (bad) detail.bad++;
    else if (outcome === clientError) detail.refused++;
    if (level === warn) detail.warns++;
    if (value >= 0) addNumber(detail, 0, logOf(1000 * value));
    for (let i = 0; i < numbers.length; i++) if (numbers[i]! >= 0) addNumber(detail, i + 1, numbers[i]!);
  }

  private addPart(key: number, { level, outcome, value }: LogRecord): void {
    let part = this.parts.get(key);
    if (!part) this.parts.set(key, (part = emptyPart()));
    part.lines++;
    if (level >= error || outcome === serverError) part.bad++;
    else if (outcome === clientError) part.refused++;
    if (!(value >= 0)) return;
    const log = logOf(1000 * value);
    part.durations.n++;
    part.durations.sum += log;
    part.durations.squares += log * log;
  }

  private keepSample({ level, time, signature, bytes, start, end }: LogRecord): void {
    const kept = this.sample;
    if (kept && (level < kept.level || (level === kept.level && time > kept.time))) return;
    this.sample = keptSample(kept, { level, time, signature, text: sampleText(bytes, start, end) });
  }

  toAggregate(): LogAggregate {
    const byLevel = new Map<number, number>();
    this.levels.forEach((n, level) => n > 0 && byLevel.set(level, n));
    return {
      lines: this.lines,
      levels: byLevel,
      signatures: this.signatures.toMap(),
      details: this.details,
      parts: this.parts,
      seconds: this.seconds.toMap(),
      values: this.values.toMap(),
      distinct: this.distinct,
      ...(this.sample && { sample: this.sample }),
    };
  }
}

function addNumber({ numbers }: SignatureDetail, slot: number, log: number): void {
  while (numbers.length <= slot) numbers.push({ n: 0, sum: 0, squares: 0 });
  const place = numbers[slot]!;
  place.n++;
  place.sum += log;
  place.squares += log * log;
}

/** The points of a metric series in one pane so far. */
export class OpenSeries extends Open {
  readonly kind = 'series';
  readonly key = '';
  private readonly points: (readonly [number, number])[];

  constructor(entity: string, pane: number, points: readonly (readonly [number, number])[] = []) {
    super(entity, pane);
    this.points = [...points];
  }

  add(time: number, value: number): void {
    if (this.points.length < maxPoints) this.points.push([time, value === 0 ? 0 : value]);
    else this.capped = true;
  }

  /** Sorted by time and value. */
  sorted(): (readonly [number, number])[] {
    return [...this.points].sort(([t, v], [u, w]) => t - u || v - w);
  }

  /** In the order in which they came: what a cap leaves out depends on it. */
  inOrder(): readonly (readonly [number, number])[] {
    return this.points;
  }
}

/** The events of a session key in one pane so far. */
export class OpenSessionPane extends Open {
  readonly kind = 'session';
  readonly key: string;
  readonly events: Map<number, { count: number; first: number; last: number }>;

  constructor(entity: string, pane: number, key: string, events?: SessionEvents) {
    super(entity, pane);
    this.key = key;
    this.events = new Map(events);
  }

  add(signature: number, time: number, max = caps.signatures): void {
    const event = this.events.get(signature);
    if (event) {
      event.count++;
      if (time < event.first) event.first = time;
      if (time > event.last) event.last = time;
    } else if (this.events.size < max) this.events.set(signature, { count: 1, first: time, last: time });
    else this.capped = true;
  }
}

/** What is open of an entity in one pane. */
export type OpenPartial = OpenLogPane | OpenSeries | OpenSessionPane;

const kinds = ['log', 'series', 'session'] as const;

/** Canonical bytes of an open partial. */
export const openPartial: Codec<OpenPartial> = {
  write(to, open) {
    uint.write(to, kinds.indexOf(open.kind));
    text.write(to, open.entity);
    uint.write(to, open.pane);
    bool.write(to, open.capped);
    if (open.kind === 'log') logAggregate.write(to, open.toAggregate());
    else if (open.kind === 'series') seriesAggregate.write(to, { points: open.inOrder() });
    else {
      text.write(to, open.key);
      sessionEvents.write(to, open.events);
    }
  },
  read(from) {
    const kind = kinds[uint.read(from)];
    const entity = text.read(from);
    const pane = uint.read(from);
    const capped = bool.read(from);
    const open =
      kind === 'log'
        ? new OpenLogPane(entity, pane, logAggregate.read(from))
        : kind === 'series'
          ? new OpenSeries(entity, pane, seriesAggregate.read(from).points)
          : new OpenSessionPane(entity, pane, text.read(from), sessionEvents.read(from));
    open.capped = capped;
    return open;
  },
};
