/** Validates what the offline feature store holds, and writes the failing rows with the rule that each broke. */
import { join } from 'node:path';
import { readPart, type Row } from '../../connectors/parquet/part.js';
import { writeWhole } from '../../models/registry/registry.js';
import { StartError } from '../../runtime/start-error.js';
import { readManifest } from '../../training/features/store.js';
import { columnsOf, type ViewName } from '../../training/features/views.js';
import type { Suite } from '../../training/validation/suite.js';
import { validate, type ValidationResult } from '../../training/validation/validate.js';

export interface StoredRequest {
  readonly view: ViewName;
  /** UTC days, both inclusive; all that are stored where they are not given. */
  readonly from?: string;
  readonly to?: string;
}

/** @throws StartError where nothing is stored of that view and time */
export async function validateStored(
  dir: string,
  suite: Suite,
  { view, from = '', to = '9' }: StoredRequest,
): Promise<{ readonly result: ValidationResult; readonly rows: readonly Row[] }> {
  const parts = (await readManifest(dir)).parts.filter(
    (part) => part.view === view && part.day >= from && part.day <= to,
  );
  if (parts.length === 0)
    throw new StartError(`nothing is stored of ${view} in that time: tocsin features export`, 'failed');
  const columns = new Set<string>();
  const rows: Row[] = [];
  for (const { path, schema } of parts) {
    const read = await readPart(join(dir, path));
    for (const { name } of columnsOf(view, schema, read.slice(0, 1))) columns.add(name);
    for (const row of read) rows.push(row);
  }
  return { result: validate(suite, columns, rows), rows };
}

/** One JSON object a failing row and rule: the rule's type, its column, and the row. Gives how many there are. */
export async function writeQuarantine(
  path: string,
  { results }: ValidationResult,
  rows: readonly Row[],
): Promise<number> {
  const lines = results.flatMap(({ expectation: { type, kwargs, id }, rows: failing }) =>
    failing.map((at) =>
      JSON.stringify({
        rule: type,
        ...(id === undefined ? {} : { id }),
        column: 'column' in kwargs ? kwargs.column : '',
        row: rows[at],
      }),
    ),
  );
  await writeWhole(path, lines.map((one) => `${one}\n`).join(''));
  return lines.length;
}
