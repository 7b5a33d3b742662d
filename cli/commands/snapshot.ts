/** `snapshot list`, `create` and `revert`: what the models have learnt, stored and restored. */
import { Command } from 'commander';
import type { Config } from '../../config/schema.js';
import { listSnapshots, revertOffline, snapshotOffline } from '../../offline/models/snapshots.js';
import type { TimeRange } from '../../records/snapshot.js';
import { StartError } from '../../runtime/start-error.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { createLog } from '../../service/log.js';
import type { SnapshotOutcome } from '../../service/snapshots/ask.js';
import { callApi } from '../api-client.js';
import { examples, withAuthor, withConfig } from '../command-line.js';
import { line } from '../terminal/line.js';

interface SnapshotOptions {
  readonly config: string;
  readonly url?: string;
  readonly tokenFile?: string;
  readonly why?: string;
  readonly by: string;
  readonly json?: boolean;
}

/** Where a running tocsin holds the log it is asked; else the log is written. */
async function ask(
  config: Config,
  options: SnapshotOptions,
  path: string,
  request: object,
  offline: () => Promise<SnapshotOutcome>,
): Promise<Extract<SnapshotOutcome, { done: true }>> {
  let outcome: SnapshotOutcome;
  try {
    outcome = await offline();
  } catch (error) {
    if (!(error instanceof StartError) || error.kind !== 'failed' || config.channels.backend === 'kafka') throw error;
    outcome = await callApi<SnapshotOutcome>('post', path, options, request);
  }
  if (!outcome.done) throw new StartError(outcome.why, outcome.kind === 'wrong' ? 'usage' : 'findings');
  return outcome;
}

const iso = (ms: number): string => new Date(ms).toISOString();

async function list({ config: file, json }: SnapshotOptions): Promise<void> {
  const { snapshots, reverts, deleted } = await listSnapshots(await readSettledConfig(file));
  if (json) {
    console.log(JSON.stringify({ snapshots, reverts, deleted }));
    return;
  }
  const rows = snapshots.map(
    ({ id, artefact, decided, bytes, by, why }) =>
      line`${id.padEnd(24)} ${(decided === 0 ? 'asked for while nothing ran' : `decided up to ${iso(decided)}`).padEnd(38)}  models ${artefact || 'none'}  ${bytes === undefined ? 'not on this disk' : `${Math.ceil(bytes / 1024)} KiB`}  ${by}${why === '' ? '' : `: ${why}`}`,
  );
  const back = reverts.map(
    ({ at, by, snapshot, without, why }) =>
      line`${iso(at)} ${by} went back to ${snapshot}${without.map(({ from, to }) => ` without ${iso(from)}..${iso(to)}`).join('')}${why === '' ? '' : `: ${why}`}`,
  );
  console.log([...rows, ...back].join('\n') || 'no snapshot yet: one is taken each day of event time');
}

async function create(id: string | undefined, options: SnapshotOptions): Promise<void> {
  const config = await readSettledConfig(options.config);
  const request = { ...(id === undefined ? {} : { id }), by: options.by, why: options.why ?? '' };
  const done = await ask(config, options, '/api/snapshots', request, () => snapshotOffline(config, request));
  if (options.json) console.log(JSON.stringify(done));
  else console.log(line`${done.id}: asked for; every shard keeps what it has learnt at its place in the log`);
}

function rangeOf(text: string): TimeRange {
  const [from = Number.NaN, to = Number.NaN] = text
    .split('..')
    .map((time) => (/^\d{4}-\d{2}-\d{2}/.test(time) ? Date.parse(time) : Number.NaN));
  if (!(from < to))
    throw new StartError(`--without ${text} is no range: write 2026-01-12T00:00:00Z..2026-01-13T00:00:00Z`);
  return { from, to };
}

async function revert(
  snapshot: string,
  options: SnapshotOptions & { readonly without?: readonly string[] },
): Promise<void> {
  const config = await readSettledConfig(options.config);
  const log = createLog(config.log);
  const without = (options.without ?? []).map(rangeOf);
  const request = { snapshot, without, by: options.by, why: options.why ?? '' };
  const done = await ask(config, options, '/api/snapshots/revert', request, () =>
    revertOffline(config, request, (message) => log.warn(message)),
  );
  if (options.json) console.log(JSON.stringify(done));
  else
    console.log(
      line`back to ${snapshot}: what came since is decided again for what is learnt from it${without.length > 0 ? ', without what you left out' : ''}; models ${done.artefact || 'none'}`,
    );
}

const asking = (command: Command): Command =>
  withAuthor(withConfig(command))
    .option('--why <text>', 'the reason, for the log')
    .option('--url <url>', 'address of the running tocsin that holds the log; that of --config where it is not given')
    .option('--token-file <file>', 'file with the bearer token')
    .option('--json', 'print as JSON');

export const command = new Command('snapshot')
  .description('keep what was learnt (baselines, calibration, policies, templates, models), and go back to it')
  .enablePositionalOptions();
command.addCommand(
  withConfig(new Command('list'))
    .description('snapshots that are kept, and when somebody went back')
    .option('--json', 'print as JSON')
    .action(list),
);
command.addCommand(
  asking(new Command('create'))
    .description('keep what is learnt now; each day of event time this is done by itself')
    .argument('[name]', 'its name; one that says when, where it is not given')
    .addHelpText('after', examples('tocsin snapshot create before-the-move --config f.yaml'))
    .action(create),
);
command.addCommand(
  asking(new Command('revert'))
    .description('go back to a snapshot; what came since is decided again, for what is learnt from it')
    .argument('<snapshot>')
    .option(
      '--without <from..to...>',
      'event time that is neither decided again nor learnt from, now and in later trainings',
    )
    .addHelpText(
      'after',
      examples(
        'tocsin snapshot revert at-2026-01-11 --without 2026-01-12T00:00:00Z..2026-01-13T00:00:00Z --config f.yaml',
      ),
    )
    .action(revert),
);
