/**
 * Lines whose session is not known, since they were cut before the end of its key or in it. Such a line still says that
 * a step came in some session of its class: one that misses that step at that time has it.
 */
import { bool, list, struct, text, time, uint } from '../../records/wire/codec.js';
import type { SessionEvents } from '../../records/aggregate.js';
import type { StateStores, Store } from '../../records/store.js';

/** Lines kept of a class; the latest replace the others. */
const maxStrays = 1024;

/** The first of the lines of one template in one pane. */
interface StrayLine {
  readonly signature: number;
  /** Event time, ms. */
  readonly at: number;
  /** What is left of the key of its session; empty where nothing is. */
  readonly key: string;
}

interface Strays {
  readonly lines: readonly StrayLine[];
  /** A line of the class was cut in its key, or before it. */
  readonly seen: boolean;
  /** Keys of the class begin with one another: a short one is not taken for a cut one. */
  readonly nested: boolean;
}

/** What a class knows of its lines, to tell where one without a session belongs. Times in ms. */
export interface LineKnowledge {
  /** Whether all lines may end in the key of their session, or some line goes on behind it. */
  ends(entity: string, key: string, events: SessionEvents): 'in-key' | 'behind-key' | 'unknown';
  /** The steps that a line may be, where its end is missing; with `whole` also the one that it is as it is. */
  stepsOf(entity: string, signature: number, whole: boolean): readonly number[];
  /** Steps that most sessions have, and that this one lacks so long after its first line. */
  missing(entity: string, events: SessionEvents, waited: number): readonly number[];
  /** Whether a step comes so long after the start of a session; below 0 it would be its start. */
  comesAt(entity: string, step: number, sinceStart: number): boolean;
}

const codec = struct<Strays>({
  lines: list(struct<StrayLine>({ signature: uint, at: time, key: text })),
  seen: bool,
  nested: bool,
});
const none: Strays = { lines: [], seen: false, nested: false };

const opened = (stores: StateStores): Store<Strays> => stores.open('stray-lines', codec);

/** Whether lines of a class were cut in the key of their session, or before it, by entity. */
export function seesStrays(stores: StateStores): (entity: string) => boolean {
  const strays = opened(stores);
  return (entity) => strays.get(entity)?.seen ?? false;
}

/** The lines without a session of a shard, by class. */
export class StrayLines {
  private readonly strays: Store<Strays>;
  /** Classes with lines of this boundary: whether they are cut ones is known when it was handled. */
  private readonly fresh = new Set<string>();
  /** One line of each kind among the lines of a class: those of a kind may be the same steps. */
  private readonly kinds = new Map<
    string,
    { readonly of: readonly StrayLine[]; readonly kinds: readonly StrayLine[] }
  >();

  constructor(
    stores: StateStores,
    private readonly known: LineKnowledge,
  ) {
    this.strays = opened(stores);
  }

  /** Whether there are any. */
  has(entity: string): boolean {
    return (this.strays.get(entity) ?? none).lines.length > 0;
  }

  /** Whether keys of the class begin with one another. */
  isNested(entity: string): boolean {
    return (this.strays.get(entity) ?? none).nested;
  }

  /** A whole key is the beginning of another one. */
  nest(entity: string): void {
    this.strays.put(entity, { ...(this.strays.get(entity) ?? none), nested: true });
  }

  /** @param key - what is left of the session's key */
  add(entity: string, key: string, events: SessionEvents): void {
    const { lines, ...known } = this.strays.get(entity) ?? none;
    const more = [...events].flatMap(([signature, { count, first, last }]): StrayLine[] => {
      const ends = count > 1 ? [first, last] : [first];
      return ends.map((at) => ({ signature, at, key }));
    });
    this.strays.put(entity, { ...known, lines: [...lines, ...more].slice(-maxStrays) });
    this.fresh.add(entity);
  }

  /** Forgets lines that are no part of the class, and those before `oldest`, ms. Their templates are described by now. */
  settle(oldest: (entity: string) => number): void {
    for (const entity of this.fresh) {
      const { lines, seen, nested } = this.strays.get(entity) ?? none;
      const since = oldest(entity);
      const stepsOf = this.stepsOfKinds(entity);
      const kept = lines.filter((line) => line.at >= since && stepsOf(line).length > 0);
      if (kept.length > 0 || seen || nested)
        this.strays.put(entity, { lines: kept, seen: seen || kept.length > 0, nested });
      else this.strays.delete(entity);
    }
    this.fresh.clear();
  }

  /**
   * A line that is one of the steps that a session misses, or undefined. It is taken out.
   *
   * @param first - time of the session's first line, ms
   */
  claim(
    entity: string,
    key: string,
    first: number,
    missing: readonly number[],
  ): { step: number; at: number } | undefined {
    const strays = this.strays.get(entity);
    if (!strays) return undefined;
    const isMissed = (step: number): boolean => missing.includes(step);
    const stepsOf = this.stepsOfKinds(entity);
    if (!this.kindsOf(entity, strays.lines).some((line) => stepsOf(line).some(isMissed))) return undefined;
    let found: { line: StrayLine; step: number } | undefined;
    for (const line of strays.lines) {
      if (!key.startsWith(line.key) || (found && line.key.length <= found.line.key.length)) continue;
      const step = stepsOf(line).find((one) => isMissed(one) && this.known.comesAt(entity, one, line.at - first));
      if (step !== undefined) found = { line, step };
    }
    if (!found) return undefined;
    const { line, step } = found;
    this.strays.put(entity, { ...strays, lines: strays.lines.filter((one) => one !== line) });
    return { step, at: line.at };
  }

  private kindsOf(entity: string, of: readonly StrayLine[]): readonly StrayLine[] {
    const known = this.kinds.get(entity);
    if (known?.of === of) return known.kinds;
    const kinds = [...new Map(of.map((line) => [kindOf(line), line])).values()];
    this.kinds.set(entity, { of, kinds });
    return kinds;
  }

  /** The steps that lines may be, asked for once for each kind while what is known of the class is the same. */
  private stepsOfKinds(entity: string): (line: StrayLine) => readonly number[] {
    const steps = new Map<number, readonly number[]>();
    return (line) => {
      const kind = kindOf(line);
      let found = steps.get(kind);
      if (!found) steps.set(kind, (found = this.known.stepsOf(entity, line.signature, line.key !== '')));
      return found;
    };
  }
}

/** Lines of one kind may be the same steps. With some of its key the rest may look like the whole line. */
const kindOf = ({ signature, key }: StrayLine): number => (key === '' ? signature : -1 - signature);
