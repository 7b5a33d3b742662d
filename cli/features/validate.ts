/** `features validate`: stored rows against a suite of expectations. */
import { readFile } from 'node:fs/promises';
import { writeWhole } from '../../models/registry/registry.js';
import { usualDir } from '../../offline/features/export.js';
import type { ViewName } from '../../training/features/views.js';
import { validateStored, writeQuarantine } from '../../offline/validation/stored.js';
import { validationPage } from '../../offline/validation/page.js';
import { parseSuite } from '../../training/validation/suite.js';
import type { ExpectationResult } from '../../training/validation/validate.js';
import { StartError } from '../../runtime/start-error.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { exitCodes } from '../exit-codes.js';
import { line } from '../terminal/line.js';
import { checkDay } from './day.js';

export interface ValidateOptions {
  readonly config: string;
  readonly dir?: string;
  readonly suite: string;
  readonly view: ViewName;
  readonly from?: string;
  readonly to?: string;
  readonly quarantine?: string;
  readonly html?: string;
  readonly json?: boolean;
}

export async function validateFeatures(options: ValidateOptions): Promise<void> {
  const { suite: path, view, from, to, quarantine, html, json } = options;
  if (from !== undefined) checkDay('--from', from);
  if (to !== undefined) checkDay('--to', to);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new StartError(`${path} cannot be read: ${(error as Error).message}`);
  }
  const suite = parseSuite(text, path);
  const dir = options.dir ?? usualDir(await readSettledConfig(options.config));
  const { result, rows } = await validateStored(dir, suite, {
    view,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  });
  const kept = quarantine === undefined ? undefined : await writeQuarantine(quarantine, result, rows);
  if (html !== undefined) await writeWhole(html, validationPage(result, view));
  if (json) console.log(JSON.stringify({ ...result, results: result.results.map(({ rows: _, ...shown }) => shown) }));
  else
    console.log(
      [
        line`${result.suite}: ${result.success ? 'passed' : 'failed'} on ${result.elements} rows of ${view}`,
        ...result.results.map(shown),
        ...(kept === undefined ? [] : [line`${kept} failing rows written to ${quarantine!}`]),
      ].join('\n'),
    );
  if (!result.success) process.exitCode = exitCodes.findings;
}

function shown({
  expectation: { type, kwargs },
  success,
  elements,
  missing,
  unexpected,
  observed,
}: ExpectationResult): string {
  const about = 'column' in kwargs ? ` ${kwargs.column}` : '';
  const figures =
    unexpected !== undefined
      ? `${unexpected} of ${elements! - (missing ?? 0)} unexpected`
      : observed === undefined
        ? ''
        : `observed ${observed}`;
  return line`  ${success ? 'ok    ' : 'FAILED'} ${type}${about}${figures && `: ${figures}`}`;
}
