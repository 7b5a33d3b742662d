/** `models canary`: a set scores a share of the entities, and is ended by itself where it is worse. */
import { Command } from 'commander';
import type { Config } from '../../config/schema.js';
import { askCanaryOffline, readControls, readLedger } from '../../offline/models/names.js';
import { StartError } from '../../runtime/start-error.js';
import type { CanaryOutcome } from '../../service/canary/ask.js';
import { CanaryWatch } from '../../service/canary/watch.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { createLog } from '../../service/log.js';
import { openReader } from '../../offline/replay/channel-records.js';
import { answeredAlerts } from '../../training/canary/verdicts.js';
import { Artefacts } from '../../training/artefacts.js';
import { callApi } from '../api-client.js';
import { examples, withAuthor, withConfig } from '../command-line.js';
import { line } from '../terminal/line.js';

interface CanaryOptions {
  readonly config: string;
  readonly share?: string;
  readonly off?: boolean;
  readonly url?: string;
  readonly tokenFile?: string;
  readonly why?: string;
  readonly by: string;
  readonly json?: boolean;
}

/** Of 1000, from `10%` or `.1`. */
function shareOf(text: string): number {
  const share = text.endsWith('%') ? Number(text.slice(0, -1)) * 10 : Number(text) * 1000;
  if (!(share >= 1 && share <= 1000) || text.trim() === '')
    throw new StartError(`--share ${text} is no share: write for example 10%`);
  return Math.round(share);
}

async function canary(set: string | undefined, options: CanaryOptions): Promise<void> {
  const config = await readSettledConfig(options.config);
  if (set === undefined && options.share === undefined && !options.off) return show(config, options);
  if ((options.share === undefined) === (options.off !== true))
    throw new StartError('give --share PERCENT, or --off: tocsin models canary SET --share 10%');
  const share = options.off === true ? 0 : shareOf(options.share ?? '');
  const request = { artefact: set ?? '', share, by: options.by, why: options.why ?? '' };
  const log = createLog(config.log);
  const { dir } = Artefacts.in(config.state.dir);
  let outcome: CanaryOutcome;
  try {
    outcome = await askCanaryOffline(config, dir, request, (message) => log.warn(message));
  } catch (error) {
    if (!(error instanceof StartError) || error.kind !== 'failed' || config.channels.backend === 'kafka') throw error;
    outcome = await callApi<CanaryOutcome>('post', '/api/models/canary', options, request);
  }
  if (!outcome.done) throw new StartError(outcome.why, outcome.kind === 'wrong' ? 'usage' : 'findings');
  if (options.json) console.log(JSON.stringify(outcome));
  else
    console.log(
      share === 0
        ? line`${outcome.artefact} is no canary any more: the champion scores all entities from the next boundary that closes`
        : line`${outcome.artefact} scores ${(share / 10).toFixed(1)} % of the entities from the next boundary that closes`,
    );
}

async function show(config: Config, { json }: CanaryOptions): Promise<void> {
  const { canary: now } = await readLedger(config);
  if (!now) {
    console.log(json ? JSON.stringify({ canary: null }) : 'there is no canary');
    return;
  }
  const { shards } = config.channels;
  const watch = new CanaryWatch(now.artefact, shards, async () => {
    const reader = await openReader(config, 'decisions', shards);
    return { reader, close: () => reader.close() };
  });
  const found = await watch.look(now, answeredAlerts((await readControls(config)).values()));
  if (json) {
    console.log(JSON.stringify({ canary: now, found }));
    return;
  }
  const { entities, windows, alerts, answers, expected, logRatio, isBetter, objection } = found;
  console.log(
    [
      line`${now.artefact} scores ${(now.share / 10).toFixed(1)} % of the entities since ${new Date(now.at).toISOString()}, by ${now.by}${now.why === '' ? '' : `: ${now.why}`}`,
      line`  entities ${entities.canary} (rest ${entities.rest}), windows ${windows.canary} (${windows.rest}), alerts ${alerts.canary} (${alerts.rest}); ${expected.toFixed(1)} of its alerts would be usual`,
      line`  called false ${answers.false.canary} of ${answers.answered.canary} answered alerts (rest ${answers.false.rest} of ${answers.answered.rest}); ${answers.expected.toFixed(1)} would be usual`,
      line`  evidence that it is louder: e^${logRatio.toFixed(1)}, that more of its alerts are false: e^${answers.worse.toFixed(1)}; above e^4.6 it ends by itself${objection === undefined ? '' : `: ${objection}`}`,
      line`  evidence that fewer of its alerts are false: e^${answers.better.toFixed(1)}${isBetter ? line`; tocsin models promote ${now.artefact} puts it in force for all` : ''}`,
    ].join('\n'),
  );
}

export const canaryCommand = withAuthor(withConfig(new Command('canary')))
  .description('let a set score a share of the entities; without one: how the canary does beside the rest')
  .argument('[set]', 'the canary that there is, where it is not given')
  .option('--share <percent>', 'share of the entities; one that grows only adds: 5%, then 25%')
  .option('--off', 'end it')
  .option('--why <text>', 'the reason, for the log')
  .option('--url <url>', 'address of the running tocsin that holds the log; that of --config where it is not given')
  .option('--token-file <file>', 'file with the bearer token')
  .option('--json', 'print as JSON')
  .addHelpText(
    'after',
    examples('tocsin models canary SET --share 10% --config f.yaml', 'tocsin models canary --config f.yaml'),
  )
  .action(canary);
