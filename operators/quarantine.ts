/** Puts feature rows that break a rule about data aside, each with the rule that it broke. */
import type { Batch, Operator, Rejected } from '../records/batch.js';
import type { Featured, FeatureRow } from '../records/row.js';
import { mapBatch } from './map-batch.js';

/** A value of a row: of a feature as float32, as the feature store has it; null where there is none. */
export type RowValue = string | number | null;

/** What a value of one column must be. */
export interface RowRule {
  /** Name, for people: it has no `: `, which ends it in a detail. */
  readonly name: string;
  readonly column: string;
  readonly isExpected: (value: RowValue) => boolean;
}

/** What rows must be, and what becomes of those that are not. */
export interface RowRules {
  readonly rules: readonly RowRule[];
  /** Whether a row that breaks one is neither decided nor learnt from. */
  readonly leavesOut: boolean;
}

const noRules: RowRules = { rules: [], leavesOut: false };

/** Columns of a row beside its features, as the feature store names them. */
export const rowColumns = ['entity', 'event_time', 'known_time', 'start_time', 'schema', 'inexact'] as const;

/**
 * Rejects each row that breaks a rule, once a rule, with the row as JSON; the row itself goes on, or is left out. A rule about
 * a column that the schema of the row lacks says nothing of it.
 *
 * @param shard - name of the shard, for rejects: `windows/0`
 */
export function quarantine(shard: string, { rules, leavesOut }: RowRules = noRules): Operator<Featured, Featured> {
  return mapBatch((batch: Batch<Featured>) => {
    if (rules.length === 0) return batch;
    const rejected: Rejected[] = [];
    const items = batch.items.filter((item) => {
      if (item.type !== 'row') return true;
      const before = rejected.length;
      const row = new Map<string, RowValue>(columnsOf(item));
      for (const { name, column, isExpected } of rules) {
        const value = row.get(column);
        if (value !== undefined && !isExpected(value)) rejected.push(rejectedBy(name, item, row, shard));
      }
      return !leavesOut || rejected.length === before;
    });
    return rejected.length === 0 ? batch : { ...batch, items, rejected: [...batch.rejected, ...rejected] };
  });
}

function* columnsOf({ subject, schema, flags, vector }: FeatureRow): Generator<[string, RowValue]> {
  const { entity, start, end } = subject;
  const own: Record<(typeof rowColumns)[number], RowValue> = {
    entity,
    event_time: end,
    known_time: end,
    start_time: start,
    schema: schema.id,
    inexact: flags.join(' '),
  };
  yield* Object.entries(own);
  for (const [i, { name }] of schema.columns.entries()) {
    const value = Math.fround(vector[i]!);
    yield [name, Number.isNaN(value) ? null : value];
  }
}

/** Its place is the end of its window: of all that is in the log it follows from nothing else alone. */
function rejectedBy(
  name: string,
  { subject: { entity, end } }: FeatureRow,
  row: ReadonlyMap<string, RowValue>,
  shard: string,
): Rejected {
  return {
    reason: 'quarantine',
    detail: `${name}: ${entity} ${new Date(end).toISOString()}`,
    source: shard,
    offset: end,
    time: end,
    bytes: Buffer.from(JSON.stringify(Object.fromEntries(row))),
  };
}

/** The name of the rule that a row broke; undefined where the item was refused for another reason. */
export function brokenRule({ reason, detail }: Pick<Rejected, 'reason' | 'detail'>): string | undefined {
  const end = detail.indexOf(': ');
  return reason === 'quarantine' && end > 0 ? detail.slice(0, end) : undefined;
}
