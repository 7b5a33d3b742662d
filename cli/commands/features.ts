/** The offline feature store: exports what was decided as Parquet, and answers what was known when. */
import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { parseDuration } from '../../config/duration.js';
import type { Row } from '../../connectors/parquet/part.js';
import { asOf, type AsOfPoint } from '../../training/features/as-of.js';
import { writeFeast } from '../../offline/features/feast.js';
import { exportFeatures, usualDir } from '../../offline/features/export.js';
import { damaged, readManifest, StoreWriter, type StorePart } from '../../training/features/store.js';
import { viewNames, type ViewName } from '../../training/features/views.js';
import { StartError } from '../../runtime/start-error.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { examples, withConfig } from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { fillMethods } from '../../models/imputation/methods.js';
import { checkDay } from '../features/day.js';
import { fillSet } from '../features/fill.js';
import { validateFeatures } from '../features/validate.js';
import { line } from '../terminal/line.js';

interface StoreOptions {
  readonly config: string;
  readonly dir?: string;
  readonly json?: boolean;
}

const folderOf = async ({ config, dir }: StoreOptions): Promise<string> =>
  dir ?? usualDir(await readSettledConfig(config));

/** Rows by view, for people. */
function summary(parts: readonly StorePart[]): string[] {
  return viewNames.flatMap((view) => {
    const own = parts.filter((part) => part.view === view);
    if (own.length === 0) return [];
    const days = own.map(({ day }) => day).sort();
    const sum = (what: 'rows' | 'bytes'): number => own.reduce((total, part) => total + part[what], 0);
    return [
      line`${view.padEnd(10)} ${sum('rows')} rows in ${own.length} parts, ${days[0]} to ${days.at(-1)!}, ${Math.ceil(sum('bytes') / 1024)} KiB`,
    ];
  });
}

export async function exportAll(options: StoreOptions): Promise<void> {
  const done = await exportFeatures(await readSettledConfig(options.config), options.dir);
  if (options.json) console.log(JSON.stringify(done));
  else
    console.log(
      [
        line`${done.decisions} decisions read, stored in ${done.dir}`,
        ...summary(done.parts).map((one) => line`  ${one}`),
      ].join('\n'),
    );
}

export async function listParts(options: StoreOptions): Promise<void> {
  const { parts } = await readManifest(await folderOf(options));
  if (options.json) console.log(JSON.stringify(parts));
  else console.log(parts.length === 0 ? 'nothing is stored: tocsin features export' : summary(parts).join('\n'));
}

export async function verifyStore(options: StoreOptions): Promise<void> {
  const dir = await folderOf(options);
  const found = await damaged(dir);
  const { parts } = await readManifest(dir);
  if (options.json) console.log(JSON.stringify({ parts: parts.length, damaged: found }));
  else console.log([line`${parts.length} parts, ${found.length} damaged`, ...found].join('\n'));
  if (found.length > 0) process.exitCode = exitCodes.findings;
}

export async function deleteDays(options: StoreOptions & { readonly before: string }): Promise<void> {
  checkDay('--before', options.before);
  const store = await StoreWriter.open(await folderOf(options));
  try {
    const deleted = await store.deleteBefore(options.before);
    if (options.json) console.log(JSON.stringify(deleted));
    else console.log(line`${deleted.length} parts of days before ${options.before} deleted`);
  } finally {
    await store.close();
  }
}

export async function defineForFeast(options: StoreOptions & { readonly out: string }): Promise<void> {
  const config = await readSettledConfig(options.config);
  const written = await writeFeast(config, { store: options.dir ?? usualDir(config), out: options.out });
  if (options.json) console.log(JSON.stringify(written));
  else console.log([...written.map((path) => line`${path}`), line`next: cd ${options.out} && feast apply`].join('\n'));
}

export interface AsOfArguments extends StoreOptions {
  readonly entity?: string;
  readonly at?: string;
  readonly known?: string;
  readonly points?: string;
  readonly view: ViewName;
  readonly ttl?: string;
  readonly columns?: string;
}

export async function showAsOf(options: AsOfArguments): Promise<void> {
  const points = await pointsOf(options);
  const ttl = options.ttl === undefined ? undefined : parseDuration(options.ttl);
  if (ttl !== undefined && Number.isNaN(ttl)) throw new StartError(`--ttl ${options.ttl} is no duration: write 1h`);
  const rows = await asOf(await folderOf(options), points, {
    view: options.view,
    ...(ttl === undefined ? {} : { ttl }),
    ...(options.columns === undefined ? {} : { columns: options.columns.split(',') }),
  });
  for (const [i, row] of rows.entries())
    console.log(JSON.stringify({ entity: points[i]!.entity, at: iso(points[i]!.at), row: row ? shown(row) : null }));
  if (rows.every((row) => row === undefined)) process.exitCode = exitCodes.findings;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const shown = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, name.endsWith('_time') ? iso(value as number) : value]),
  );

async function pointsOf({ entity, at, known, points }: AsOfArguments): Promise<AsOfPoint[]> {
  if (points === undefined) {
    if (entity === undefined || at === undefined)
      throw new StartError('what is asked for is missing: give --entity and --at, or --points FILE');
    return [{ entity, at: timeOf('--at', at), ...(known === undefined ? {} : { known: timeOf('--known', known) }) }];
  }
  let text: string;
  try {
    text = await readFile(points, 'utf8');
  } catch (error) {
    throw new StartError(`${points} cannot be read: ${(error as Error).message}`);
  }
  return text.split('\n').flatMap((one, i) => {
    if (one.trim() === '') return [];
    const where = `${points}:${i + 1}`;
    try {
      const { entity, at, known } = JSON.parse(one) as Record<string, unknown>;
      if (typeof entity === 'string' && typeof at === 'string')
        return [
          {
            entity,
            at: timeOf(where, at),
            ...(typeof known === 'string' ? { known: timeOf(where, known) } : {}),
          },
        ];
    } catch (error) {
      if (error instanceof StartError) throw error;
    }
    throw new StartError(`${where}: no point: write {"entity":"...","at":"2026-01-05T10:00:00Z"}, one a line`);
  });
}

function timeOf(where: string, text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new StartError(`${where}: ${text} is no time in ISO 8601`);
  return time;
}

const ofStore = (name: string): Command =>
  withConfig(new Command(name))
    .option('--dir <folder>', 'folder of the store; STATE/features where it is not given')
    .option('--json', 'print as JSON');

export const command = new Command('features').description(
  'the offline feature store: windows, decisions and answers as Parquet',
);
command.addCommand(
  ofStore('export')
    .description('add what was decided since the last export; a run may go on meanwhile')
    .addHelpText('after', examples('tocsin features export --config f.yaml'))
    .action(exportAll),
);
command.addCommand(
  ofStore('as-of')
    .description('what was known of an entity at a time, one JSON object a point')
    .option('--entity <key>', 'for example service{service="cart"}')
    .option('--at <time>', 'event time, ISO 8601')
    .option('--known <time>', 'what was known by then; --at where it is not given')
    .option('--points <file>', 'many points: {"entity":"...","at":"..."} (and "known"), one a line')
    .addOption(new Option('--view <view>', 'what to look up').choices(viewNames).default('windows'))
    .option('--ttl <duration>', 'rows older than this do not count')
    .option('--columns <names>', 'columns, separated by commas')
    .addHelpText(
      'after',
      examples(`tocsin features as-of --config f.yaml --entity 'service{service="cart"}' --at 2026-01-05T10:00:00Z`),
    )
    .action(showAsOf),
);
command.addCommand(
  ofStore('feast')
    .description('write feature_store.yaml and the definitions of the views, for feast apply')
    .requiredOption('--out <folder>', 'where the two files go')
    .addHelpText('after', examples('tocsin features feast --config f.yaml --out feast'))
    .action(defineForFeast),
);
command.addCommand(ofStore('list').description('what is stored, by view').action(listParts));
command.addCommand(ofStore('verify').description('compare every part with its hash').action(verifyStore));
command.addCommand(
  ofStore('validate')
    .description('judge stored rows by a suite of expectations (JSON of Great Expectations 1.x); code 3 where it fails')
    .requiredOption('--suite <file>', 'the suite')
    .addOption(new Option('--view <view>', 'what to judge').choices(viewNames).default('windows'))
    .option('--from <day>', 'the first day, 2026-01-05')
    .option('--to <day>', 'the last day')
    .option('--quarantine <file>', 'write the failing rows, each with the rule that it broke, as JSON lines')
    .option('--html <file>', 'write the report as a page')
    .addHelpText('after', examples('tocsin features validate --config f.yaml --suite windows.json'))
    .action(validateFeatures),
);
command.addCommand(
  ofStore('fill')
    .description(
      'one column of several entities side by side, gaps filled from what came before; one JSON object a time',
    )
    .addOption(new Option('--view <view>', 'what to read').choices(['windows', 'series']).default('series'))
    .option('--column <name>', 'the column', 'average_value')
    .option('--match <text>', 'part of the key of the entities', '')
    .addOption(new Option('--method <name>', 'how gaps are filled').choices(fillMethods).default('knn'))
    .addHelpText('after', examples(`tocsin features fill --config f.yaml --match 'service="cart"' --method mice`))
    .action(fillSet),
);
command.addCommand(
  ofStore('delete')
    .description('delete whole days')
    .requiredOption('--before <day>', 'the first day that stays, 2026-01-05')
    .action(deleteDays),
);
