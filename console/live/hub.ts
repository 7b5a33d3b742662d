/** What changed, for every browser that listens: numbered, the last of it kept for those that come back. */
import { randomBytes } from 'node:crypto';

export interface LiveEvent {
  readonly id: string;
  readonly event: 'change' | 'resync';
  readonly data: { readonly topics: readonly string[]; readonly decidedTo: number };
}

/** Events kept for those that come back. */
const maxKept = 256;

type EventListener = (event: LiveEvent) => void;

/**
 * Collects changes and says them together, at most once in `everyMs`. An event says what is other than before, not how:
 * whoever has missed some asks once, and has it all.
 */
export class Hub {
  /** Other than that of a process that had this address before. */
  private readonly boot = randomBytes(6).toString('hex');
  private readonly kept: LiveEvent[] = [];
  private readonly listeners = new Set<EventListener>();
  private readonly pending = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private n = 0;

  constructor(
    private readonly decidedTo: () => number,
    private readonly everyMs = 500,
  ) {}

  get size(): number {
    return this.listeners.size;
  }

  changed(topic: string): void {
    this.pending.add(topic);
    this.timer ??= setTimeout(() => this.say(), this.everyMs).unref();
  }

  /**
   * Listens from now on. Who comes back gets what came after its last event, or one `resync` where that is not known
   * any more. Gives what to call to listen no longer.
   */
  listen(lastId: string | undefined, listener: EventListener): () => void {
    for (const event of this.since(lastId)) listener(event);
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  close(): void {
    clearTimeout(this.timer);
    this.listeners.clear();
  }

  private since(lastId: string | undefined): readonly LiveEvent[] {
    const resync: LiveEvent = {
      id: `${this.boot}-${this.n}`,
      event: 'resync',
      data: { topics: [], decidedTo: this.decidedTo() },
    };
    if (lastId === undefined) return [];
    const [boot, number] = lastId.split('-');
    const last = Number(number);
    if (boot !== this.boot || !Number.isSafeInteger(last) || last > this.n) return [resync];
    const missed = this.n - last;
    return missed > this.kept.length ? [resync] : this.kept.slice(this.kept.length - missed);
  }

  private say(): void {
    this.timer = undefined;
    const event: LiveEvent = {
      id: `${this.boot}-${++this.n}`,
      event: 'change',
      data: { topics: [...this.pending].sort(), decidedTo: this.decidedTo() },
    };
    this.pending.clear();
    this.kept.push(event);
    if (this.kept.length > maxKept) this.kept.shift();
    for (const listener of this.listeners) listener(event);
  }
}
