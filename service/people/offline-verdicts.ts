/** Verdicts on a run that is over: written to its logs, where the next run finds them. */
import pino from 'pino';
import type { Config } from '../../config/schema.js';
import { createMetrics } from '../../connectors/http/metrics.js';
import type { Alert } from '../../records/alert.js';
import { StartError } from '../../runtime/start-error.js';
import { openEmbedded } from '../channels.js';
import { ControlsLog } from '../flow/controls-log.js';
import { Verdicts } from './verdicts.js';

/** Runs with the verdicts of an embedded run; nobody else may run on its state meanwhile. */
export async function withOfflineVerdicts<T>(
  config: Config,
  alerts: readonly Alert[],
  work: (verdicts: Verdicts) => Promise<T>,
): Promise<T> {
  if (config.channels.backend !== 'segment-log')
    throw new StartError('verdicts on a fleet are given to one of its members: start one, then say it again');
  const log = pino({ level: 'silent' });
  const embedded = await openEmbedded(config, () => undefined);
  try {
    const { windows, decisions, controls } = embedded.channels;
    const said = await ControlsLog.open({ ...controls, log });
    return await work(
      new Verdicts({
        shards: config.channels.shards,
        windows: windows.writer,
        decisions: async () => decisions.reader,
        metrics: createMetrics(),
        alerts: () => alerts,
        controls: said.said,
        say: (control) => said.say(control),
      }),
    );
  } finally {
    await embedded.close();
  }
}
