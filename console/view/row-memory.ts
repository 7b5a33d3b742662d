/**
 * What was measured and what is typical, and the templates that stood out: of the windows that this process has decided
 * since it started. Decisions hold normalised features alone, so this cannot be read back from a log.
 */
import type { Decided } from '../../records/decided.js';
import type { FeatureRow } from '../../records/row.js';

export interface MeasuredRow {
  /** End of the window, ms since 1970. */
  readonly end: number;
  readonly schema: string;
  /** A column each, in its unit; NaN where there is none. */
  readonly actual: Float64Array;
  readonly typical: Float64Array;
  readonly lines: number;
}

export interface SeenTemplate {
  readonly id: number;
  readonly text: string;
  /** A masked example line. */
  sample: string;
  /** Ends of the first and the last window that it stood out in, ms since 1970. */
  readonly first: number;
  last: number;
  /** The window in which the entity had it for the first time, where that was seen. */
  novelAt?: number;
  /** Typical count a window, when it was last seen. */
  typical: number;
  /** Count by the end of a window, the latest last. */
  readonly counts: { readonly end: number; readonly count: number; readonly typical: number }[];
}

interface EntityRows {
  readonly rows: MeasuredRow[];
  readonly templates: Map<number, SeenTemplate>;
}

export interface RowMemoryOptions {
  /** Rows of all entities: some 500 bytes each. */
  readonly maxRows: number;
  readonly maxEntities: number;
  /** Templates of one entity, and counts of one template. */
  readonly maxTemplates: number;
  readonly maxCounts: number;
}

const defaults: RowMemoryOptions = { maxRows: 40_000, maxEntities: 5000, maxTemplates: 100, maxCounts: 500 };
/** Rows that an entity may have however many there are. */
const minRows = 30;

export class RowMemory {
  private readonly entities = new Map<string, EntityRows>();
  private readonly options: RowMemoryOptions;

  constructor(options: Partial<RowMemoryOptions> = {}) {
    this.options = { ...defaults, ...options };
  }

  see({ row }: Pick<Decided, 'row'>): void {
    if (!row) return;
    const { entity, end } = row.subject;
    let known = this.entities.get(entity);
    if (!known) {
      // At the limit those that are watched already stay: no neighbour pushes them out.
      if (this.entities.size >= this.options.maxEntities) return;
      this.entities.set(entity, (known = { rows: [], templates: new Map() }));
    }
    const { schema, actual, typical, lines } = row;
    known.rows.push({ end, schema: schema.id, actual: actual.slice(), typical: typical.slice(), lines });
    const most = Math.max(minRows, Math.floor(this.options.maxRows / this.entities.size));
    // Cut in pieces: shifting one at a time costs the length of the list each time.
    if (known.rows.length > most * 1.25) known.rows.splice(0, known.rows.length - most);
    for (const template of row.templates) this.seeTemplate(known.templates, template, end);
  }

  private seeTemplate(
    templates: Map<number, SeenTemplate>,
    { id, text, count, typical, novel, sample }: FeatureRow['templates'][number],
    end: number,
  ): void {
    const { maxTemplates, maxCounts } = this.options;
    let known = templates.get(id);
    if (!known) {
      known = { id, text, sample, first: end, last: end, typical, counts: [] };
      templates.set(id, known);
      if (templates.size > maxTemplates) {
        const [oldest] = [...templates.values()].sort((a, b) => a.last - b.last);
        if (oldest) templates.delete(oldest.id);
      }
    }
    known.last = Math.max(known.last, end);
    known.typical = typical;
    if (sample !== '') known.sample = sample;
    if (novel) known.novelAt ??= end;
    known.counts.push({ end, count, typical });
    if (known.counts.length > maxCounts * 1.25) known.counts.splice(0, known.counts.length - maxCounts);
  }

  rows(entity: string, from: number, to: number): readonly MeasuredRow[] {
    return (this.entities.get(entity)?.rows ?? []).filter(({ end }) => end > from && end <= to);
  }

  templates(entity: string): readonly SeenTemplate[] {
    return [...(this.entities.get(entity)?.templates.values() ?? [])];
  }
}
