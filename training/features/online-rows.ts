/** Rows of the views as the online store has them: what is no time and not the entity is a feature. */
import type { OnlineRow } from '../../connectors/feast/online-store.js';
import type { ValueType } from '../../connectors/feast/layout.js';
import type { ParquetColumn, ColumnType } from '../../connectors/parquet/part.js';
import type { Decision } from '../../records/score.js';
import { columnsOf, rowsOf, type ViewName } from './views.js';

/** Views that have a newest row for each entity. */
export const onlineViews = ['windows', 'series', 'decisions'] as const satisfies readonly ViewName[];

const types: Readonly<Record<Exclude<ColumnType, 'TIMESTAMP'>, ValueType>> = {
  STRING: 'string',
  FLOAT: 'float',
  DOUBLE: 'double',
  BOOLEAN: 'bool',
  INT32: 'int32',
};

/** The type of a feature; undefined for a column that is none. */
export const featureType = ({ name, type }: ParquetColumn): ValueType | undefined =>
  type === 'TIMESTAMP' || name === 'entity' || name === 'session' ? undefined : types[type];

/** The rows of a decision about a window. A session is about a key, and no state of its entity: it has none. */
export function onlineRows(decision: Decision): OnlineRow[] {
  if (decision.key !== '') return [];
  return [...rowsOf(decision)].map(({ view, schema, row }) => ({
    view,
    entity: decision.entity,
    time: decision.end,
    features: columnsOf(view, schema, [row]).flatMap((column) => {
      const type = featureType(column);
      return type ? [[column.name, type, row[column.name] ?? null] as const] : [];
    }),
  }));
}
