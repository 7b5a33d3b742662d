/**
 * The controls of a shard's `windows` log and the boundary at which each took effect: found by deciding the log again,
 * since boundaries of sessions follow from what was learnt before.
 */
import type { BoundaryCommand, Promotion, WindowsRecord } from '../../records/windows.js';
import { RecordedClocks } from './recorded-clocks.js';
import type { ReplayedShard } from './shard.js';

export interface EffectiveControl<C> {
  readonly control: C;
  /** The boundary, ms. */
  readonly at: number;
}

export class RecordedControls {
  readonly promotions: EffectiveControl<Promotion>[] = [];
  readonly said: EffectiveControl<BoundaryCommand>[] = [];
  /** Every set of sources that was listed, each once, sorted and joined by blanks. */
  readonly sourceSets = new Set<string>();
  /** What time it was at the readers of each source. */
  readonly clocks = new RecordedClocks();
  private waiting: (Promotion | BoundaryCommand)[] = [];

  /** Takes the next record of the log. */
  async take(shard: ReplayedShard, record: WindowsRecord, offset: number): Promise<void> {
    if (record.type === 'mark') this.clocks.take(record);
    if (record.type === 'sources') this.sourceSets.add([...record.sources].sort().join(' '));
    if (!isControl(record)) return shard.take(record, offset);
    // Cut here, so that the boundaries that come out from now on are those after it.
    await shard.flush();
    await shard.take(record, offset);
    await shard.flush();
    this.waiting.push(record);
  }

  /** A boundary was closed. */
  readonly boundary = (end: number): void => {
    const later = this.waiting.filter((control) => control.type === 'promotion' && control.from > end);
    for (const control of this.waiting) {
      if (later.includes(control)) continue;
      if (control.type === 'promotion') this.promotions.push({ control, at: end });
      else this.said.push({ control, at: end });
    }
    this.waiting = later;
  };
}

const isControl = (record: WindowsRecord): record is Promotion | BoundaryCommand => controls.has(record.type);
const controls: ReadonlySet<WindowsRecord['type']> = new Set([
  'promotion',
  'verdict',
  'revocation',
  'calendar',
  'deploy',
  'snapshot',
  'revert',
  'canary',
  'shadow',
] satisfies (Promotion | BoundaryCommand)['type'][]);
