/** Trains the detectors on the windows log, or on the file sources where there is none, and promotes them. */
import { Command } from 'commander';
import { examples, withConfig } from '../command-line.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { markPromoted } from '../../models/registry/registry.js';
import type { Config } from '../../config/schema.js';
import { StartError } from '../../runtime/start-error.js';
import { Artefacts } from '../../training/artefacts.js';
import { createLog } from '../../service/log.js';
import { kernel, windowParts } from '../../service/options.js';
import { readCustomModels } from '../../training/custom-models.js';
import { train as trainSet } from '../../training/train.js';
import { openChannel } from '../../offline/replay/channel-records.js';
import { newestSet } from '../../training/artefacts.js';
import { publishModels } from '../../offline/models/publish.js';
import { priorId } from '../../training/prior.js';
import { changesText } from '../terminal/template-changes.js';
import { readLedger } from '../../offline/models/names.js';
import { WorkProgress } from '../../runtime/work-progress.js';
import { ReadBytes } from '../../service/intake/read-bytes.js';
import { line } from '../terminal/line.js';
import { showWork } from '../terminal/progress-line.js';
import {
  appendPromotion,
  hasLog,
  hasPanes,
  ingestSources,
  recordPromotion,
  shardRecords,
} from '../../offline/windows-log.js';

export interface TrainOptions {
  readonly config: string;
  readonly from?: string;
  readonly to?: string;
  readonly promote: boolean;
  readonly json?: boolean;
}

/** Event time of an option, ms. */
export function timeOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new StartError(`${option} ${text} is no time: write for example 2026-01-12T00:00:00Z`);
  return ms;
}

/** Whether the `windows` log has anything to learn from. */
async function isFilled(config: Config): Promise<boolean> {
  const channel = await openChannel(config, 'windows');
  try {
    return await hasPanes(shardRecords(channel));
  } finally {
    await channel.close();
  }
}

async function readSources(config: Config, warn: (message: string) => void): Promise<void> {
  const bytes = new ReadBytes();
  const shown = showWork(bytes);
  try {
    await ingestSources(config, warn, bytes);
  } finally {
    shown.stop();
  }
}

export async function train({ config: file, from, to, promote, json }: TrainOptions): Promise<void> {
  const after = timeOf('--from', from);
  const upTo = timeOf('--to', to);
  if (after !== undefined && upTo !== undefined && after >= upTo)
    throw new StartError(`--from ${from} is not before --to ${to}: no window lies between them`);
  const config = await readSettledConfig(file);
  const log = createLog(config.log);
  const warn = (message: string): void => log.warn(message);
  const own = await readCustomModels(config.detection.models);
  const embedded = config.channels.backend === 'segment-log';
  if (embedded && !((await hasLog(config)) && (await isFilled(config)))) await readSources(config, warn);
  const records = new WorkProgress('records');
  // Once for the templates, once for the features.
  const channel = await openChannel(config, 'windows', { progress: records, passes: 2 });
  const shown = showWork(records);
  try {
    const { dir } = Artefacts.in(config.state.dir);
    const prior = await priorId();
    const previous = await newestSet(dir, undefined, prior);
    const trained = await trainSet({
      shards: shardRecords(channel),
      windows: windowParts(config),
      rules: config.rules,
      kernel,
      seed: config.detection.seed,
      extra: config.detection.extra,
      own,
      dir,
      without: (await readLedger(config)).reverts.flatMap(({ without }) => without),
      ...(previous === undefined ? {} : { previous, keep: previous }),
      ...(after === undefined ? {} : { from: after }),
      ...(upTo === undefined ? {} : { to: upTo }),
    });
    shown.stop();
    if (!trained)
      throw new StartError('too few warm windows to train on: give more data, or widen --from and --to', 'failed');
    await publishModels(config, dir, trained.id, warn);
    if (promote) {
      await appendPromotion(config, trained.id, trained.from);
      await recordPromotion(config, {
        artefact: trained.id,
        from: trained.from,
        rows: trained.rows,
        entities: trained.entities,
        templates: trained.templates,
        detectors: trained.detectors.length,
      });
      await markPromoted(dir, trained.id);
    }
    const { id, rows, entities, templates, changes, detectors } = trained;
    const bound = new Date(trained.from).toISOString();
    if (json)
      console.log(
        JSON.stringify({ id, from: bound, rows, entities, templates, changes, detectors, promoted: promote }),
      );
    else
      console.log(
        [
          line`set        ${id}`,
          line`trained    ${rows} rows of ${entities} entities, up to ${bound}`,
          line`templates  ${templates}${changes ? line`; ${changesText(changes)}` : ''}`,
          line`detectors  ${detectors.map((name) => name.replace(/^detector\//, '')).join(', ')}`,
          promote ? 'promoted   in force from the next boundary that closes' : 'promoted   no',
          line`look at it with: tocsin models show ${id} --config ${file}`,
        ].join('\n'),
      );
  } finally {
    shown.stop();
    await channel.close();
  }
}

export const command = withConfig(new Command('train'))
  .description('train the detectors on the windows log, or on the sources where there is none, and promote them')
  .option('--from <time>', 'event time, ISO 8601')
  .option('--to <time>', 'event time, ISO 8601')
  .option('--no-promote', 'write the artefacts only')
  .option('--json', 'print the result as JSON')
  .addHelpText(
    'after',
    examples(
      'tocsin train --config config/kafka.yaml',
      'tocsin train --config f.yaml --to 2026-01-12T00:00:00Z --no-promote',
    ),
  )
  .action(train);
