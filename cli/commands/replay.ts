/** Decides again what was decided, and writes the decisions sorted, as canonical bytes. */
import { Command, Option } from 'commander';
import { examples, number, withConfig } from '../command-line.js';
import type { Config } from '../../config/schema.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { exitCodes } from '../exit-codes.js';
import { StartError } from '../../runtime/start-error.js';
import type { InexactWindow } from '../../offline/replay/decision-set.js';
import { fromDecisions, fromWindows, type Replayed } from '../../offline/replay/from-log.js';
import { WorkProgress } from '../../runtime/work-progress.js';
import { ReadBytes } from '../../service/intake/read-bytes.js';
import { line } from '../terminal/line.js';
import { showWork } from '../terminal/progress-line.js';
import { fromSources } from '../../offline/replay/from-sources.js';

export interface ReplayArguments {
  readonly config: string;
  readonly source: 'windows' | 'logs' | 'decisions';
  readonly out: string;
  readonly slice?: number;
  readonly json?: boolean;
}

async function replayed(config: Config, source: ReplayArguments['source'], slice?: number): Promise<Replayed> {
  const records = new WorkProgress('records');
  const bytes = new ReadBytes();
  const shown = showWork(source === 'logs' ? bytes : records);
  try {
    if (source === 'decisions') return await fromDecisions(config, records);
    return source === 'logs' ? await fromSources(config, slice, bytes) : await fromWindows(config, slice, records);
  } finally {
    shown.stop();
  }
}

/** Windows that are listed for people; `--json` lists all. */
const maxListed = 20;

export async function replay({ config: file, source, out, slice, json }: ReplayArguments): Promise<void> {
  if (slice !== undefined && !(Number.isInteger(slice) && slice >= 1))
    throw new StartError(`--slice ${slice}: give a whole number of records, at least 1`);
  const config = await readSettledConfig(file);
  const result = await replayed(config, source, slice);
  const { decisions, records, refused, doubts } = result;
  await decisions.write(out);
  const { size, fired, repeats, inexact, conflicts, late } = decisions;
  if (json)
    console.log(
      JSON.stringify({
        source,
        out,
        records,
        refused,
        decisions: size,
        fired,
        repeats,
        inexact,
        late,
        conflicts,
        doubts,
      }),
    );
  else console.log([line`${source}: ${size} decisions written to ${out}`, ...lines(result)].join('\n'));
  if (inexact.length + late.length + conflicts.length + doubts.length > 0) process.exitCode = exitCodes.findings;
}

function lines({ decisions, records, refused, doubts }: Replayed): string[] {
  const { fired, repeats, inexact, conflicts, late } = decisions;
  const text = [
    line`  records ${records}, refused ${refused}, repeats ${repeats}, fired ${fired}, not exact ${inexact.length}`,
    ...doubts.map((doubt) => line`  note: ${doubt}`),
    ...conflicts.slice(0, maxListed).map((subject) => line`  decided twice, not alike: ${where(subject)}`),
    ...inexact.slice(0, maxListed).map((window) => line`  not exact (${window.flags.join(', ')}): ${where(window)}`),
    ...late.slice(0, maxListed).map((detail) => line`  came too late: ${detail}`),
  ];
  const more = [conflicts, inexact, late].reduce((sum, { length }) => sum + Math.max(0, length - maxListed), 0);
  return more > 0 ? [...text, `  and ${more} more: --json lists all`] : text;
}

const where = ({ entity, start, end, key }: Omit<InexactWindow, 'flags'>): string =>
  `${entity}${key === '' ? '' : ` ${key}`} ${new Date(start).toISOString()} to ${new Date(end).toISOString()}`;

export const command = withConfig(new Command('replay'))
  .description('decide again what was decided, and write the decisions sorted, as canonical bytes')
  .addOption(
    new Option('--source <what>', 'what to replay').choices(['windows', 'logs', 'decisions']).default('windows'),
  )
  .requiredOption('-o, --out <file>', 'where to write the decisions')
  .option('--slice <n>', 'records a batch: changes nothing but the cuts', number)
  .option('--json', 'print the result as JSON')
  .addHelpText(
    'after',
    examples(
      'tocsin replay --config f.yaml --source decisions --out live.bin',
      'tocsin replay --config f.yaml --source windows --out again.bin && cmp live.bin again.bin',
    ),
  )
  .action(replay);
