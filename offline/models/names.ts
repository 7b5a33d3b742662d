/** Names of sets beside a run: read from the `controls` log, and moved where no process holds it. */
import type { Config } from '../../config/schema.js';
import { decodeControl, type Control } from '../../records/control.js';
import { StartError } from '../../runtime/start-error.js';
import { moveName, type NameOutcome, type NameParts, type NameRequest } from '../../service/training/names.js';
import { TrainingLedger } from '../../training/ledger.js';
import { openChannel } from '../replay/channel-records.js';
import { appendControl } from '../windows-log.js';
import { askCanary, type CanaryOutcome, type CanaryRequest } from '../../service/canary/ask.js';
import { publishModels } from './publish.js';

/** What the log has recorded so far; empty where there is no log. */
export async function readLedger(config: Config): Promise<TrainingLedger> {
  const ledger = new TrainingLedger();
  ledger.read(await readControls(config));
  return ledger;
}

/** Commands by id, each as it came first; none where there is no log. */
export async function readControls(config: Config): Promise<Map<string, Control>> {
  const said = new Map<string, Control>();
  const log = await openChannel(config, 'controls').catch((error: unknown) => {
    if (error instanceof StartError && error.kind === 'failed') return undefined;
    throw error;
  });
  if (!log) return said;
  try {
    for await (const { value } of log.records(0)) {
      const control = decodeControl(value);
      if (!said.has(control.id)) said.set(control.id, control);
    }
  } finally {
    await log.close();
  }
  return said;
}

/**
 * Writes the move to the log. The process that leads, or the next that starts, puts a champion in force.
 *
 * @throws StartError where a running tocsin holds the log: it has to be asked
 */
export function moveNameOffline(
  config: Config,
  dir: string,
  request: NameRequest,
  warn: (message: string) => void,
): Promise<NameOutcome> {
  return moveName(request, 'cli', doorsOf(config, dir, warn));
}

/** As `moveNameOffline`, of the set that scores a share of the entities. */
export function askCanaryOffline(
  config: Config,
  dir: string,
  request: CanaryRequest,
  warn: (message: string) => void,
): Promise<CanaryOutcome> {
  return askCanary(request, 'cli', doorsOf(config, dir, warn));
}

const doorsOf = (config: Config, dir: string, warn: (message: string) => void): NameParts => ({
  ledger: () => readLedger(config),
  dir,
  publish: (id) => publishModels(config, dir, id, warn),
  say: async (control) => {
    await appendControl(config, control);
    return readLedger(config);
  },
});
