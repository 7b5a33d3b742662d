/** A Parquet file in memory: columns of one kind to bytes, and back. */
import { readFile } from 'node:fs/promises';
import { parquetMetadata, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';

/** Types of columns; `TIMESTAMP` is ms since 1970, UTC. */
export type ColumnType = 'STRING' | 'TIMESTAMP' | 'FLOAT' | 'DOUBLE' | 'BOOLEAN' | 'INT32';

/** A column of a file. */
export interface ParquetColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** `null` where there is no value. A `TIMESTAMP` is given, and read, as ms since 1970. */
export type Value = string | number | boolean | null;
/** A row, by column. */
export type Row = Readonly<Record<string, Value>>;

/** Rows of one group: small enough to be read at once, large enough to be skipped as a whole. */
const rowsOfGroup = 50_000;

/**
 * The same rows give the same bytes. A column that a row lacks is null there.
 *
 * @param metadata key-value pairs of the file, such as the feature schema
 */
export function encodePart(
  columns: readonly ParquetColumn[],
  rows: readonly Row[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const columnData = columns.map(({ name, type }) => ({
    name,
    type,
    data: rows.map((row) => {
      const value = row[name] ?? null;
      return type === 'TIMESTAMP' && value !== null ? new Date(value as number) : value;
    }),
  }));
  const kvMetadata = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  return new Uint8Array(
    parquetWriteBuffer({ columnData, kvMetadata, rowGroupSize: rowsOfGroup, createdBy: 'tocsin', statistics: true }),
  );
}

/**
 * The rows of a file.
 *
 * @param columns the names that are wanted; all where it is not given. One that the file lacks is left out.
 * @throws Error where the file is missing or no Parquet file
 */
export async function readPart(path: string, columns?: readonly string[]): Promise<Row[]> {
  const bytes = await readFile(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const has = new Set(parquetMetadata(file).schema.map(({ name }) => name));
  const wanted = columns?.filter((name) => has.has(name));
  const rows = await parquetReadObjects({ file, ...(wanted ? { columns: wanted } : {}) });
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row as Record<string, unknown>).map(([name, value]) => [name, plain(value)])),
  );
}

/** The columns of a file that `encodePart` wrote. */
export async function readColumns(path: string): Promise<ParquetColumn[]> {
  const bytes = await readFile(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return parquetMetadata(file).schema.flatMap((element) => {
    const type = columnType(element);
    return type ? [{ name: element.name, type }] : [];
  });
}

/** Undefined for what is no column of its own. */
function columnType({ type, converted_type: converted, logical_type: logical }: SchemaElement): ColumnType | undefined {
  if (type === 'BYTE_ARRAY') return 'STRING';
  if (converted === 'TIMESTAMP_MILLIS' || logical?.type === 'TIMESTAMP') return 'TIMESTAMP';
  return type === 'FLOAT' || type === 'DOUBLE' || type === 'BOOLEAN' || type === 'INT32' ? type : undefined;
}

function plain(value: unknown): Value {
  if (value instanceof Date) return value.getTime();
  if (value === undefined) return null;
  return typeof value === 'bigint' ? Number(value) : (value as Value);
}
