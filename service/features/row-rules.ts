/** Reads the suite that feature rows are held against in the stream. */
import { readFileSync } from 'node:fs';
import type { Config } from '../../config/schema.js';
import type { RowRules } from '../../operators/quarantine.js';
import { StartError } from '../../runtime/start-error.js';
import { rowRules } from '../../training/validation/row-rules.js';
import { parseSuite } from '../../training/validation/suite.js';

/**
 * Undefined where none is configured.
 *
 * @throws StartError naming the file and the place of what is wrong
 */
export function readRowRules({ features: { suite } }: Config): RowRules | undefined {
  if (!suite) return undefined;
  const { path, leave_out: leavesOut } = suite;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new StartError(`${path} cannot be read: ${(error as Error).message}`);
  }
  return { rules: rowRules(parseSuite(text, path), path), leavesOut };
}
