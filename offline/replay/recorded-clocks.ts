/** What time it was at the reader of a source, and where: a source that is read again has the same clock. */
import type { SourceCommand, SourceItem } from '../../records/raw.js';
import { isClock, type Mark } from '../../records/windows.js';

interface RecordedClock {
  /** Offset of the record before it, or -1 where none was. */
  readonly after: number;
  readonly control: SourceCommand;
}

export class RecordedClocks {
  private readonly recorded = new Map<string, RecordedClock[]>();
  private readonly seen = new Set<string>();

  /** Takes a mark of the `windows` log; one that was written twice counts once. */
  take(mark: Mark): void {
    const { tag, kind, watermark } = mark;
    const id = `${tag.source} ${tag.offset} ${tag.n}`;
    if (!(isClock(mark) || kind === 'reset' || kind === 'end') || this.seen.has(id)) return;
    this.seen.add(id);
    const known = this.recorded.get(tag.source) ?? [];
    const isFirst = known.length === 0 && tag.offset === 0 && tag.n === 0;
    known.push({ after: isFirst ? -1 : tag.offset, control: { type: kind as SourceCommand['type'], watermark } });
    this.recorded.set(tag.source, known);
  }

  /** The items of a source in their order, with the recorded controls instead of those that it gave this time. */
  of(source: string): (items: readonly SourceItem[]) => SourceItem[] {
    const left = [...(this.recorded.get(source) ?? [])];
    let last = -1;
    return (items) => {
      const out: SourceItem[] = [];
      for (const item of items) {
        if (item.type === 'live' || item.type === 'behind') continue;
        // The end that it comes to now is its own; one before was that of a bounded run, and lines came later.
        if (item.type === 'end') left.splice(0, left.length, ...left.filter(({ control }) => control.type !== 'end'));
        for (let next = left[0]; next && next.after <= last; next = left[0]) out.push(left.shift()!.control);
        out.push(item);
        if (item.type === undefined) last = item.offset;
      }
      return out;
    };
  }
}
