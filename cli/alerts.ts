/** Alerts for commands: of a running process, or from the log of a run that is over. */
import { loggedAlerts } from '../offline/alerts.js';
import type { Alert } from '../records/alert.js';
import { StartError } from '../runtime/start-error.js';
import { readSettledConfig } from '../service/channel-topics.js';
import { callApi, configOf, type ApiOptions } from './api-client.js';

/** Asks the process that runs; where none does and there is a configuration (that of this folder, too), its log. */
export async function alertsOf(options: ApiOptions): Promise<readonly Alert[]> {
  try {
    return await callApi<readonly Alert[]>('get', '/api/alerts', options);
  } catch (error) {
    const config = configOf(options);
    if (!(error instanceof StartError) || error.kind === 'failed' || config === undefined || options.url !== undefined)
      throw error;
    return loggedAlerts(await readSettledConfig(config));
  }
}

/** The alert that a fingerprint, or enough of its beginning, means. */
export function alertNamed(alerts: readonly Alert[], name: string): Alert {
  const exact = alerts.find(({ fingerprint }) => fingerprint === name);
  if (exact) return exact;
  const found = alerts.filter(({ fingerprint }) => fingerprint.startsWith(name));
  if (found.length === 1) return found[0]!;
  if (found.length === 0)
    throw new StartError(`no alert is called ${name}: \`tocsin alerts list\` shows those that there are`);
  const some = found.slice(0, 5).map(({ fingerprint }) => fingerprint);
  throw new StartError(`${name} is the beginning of ${found.length} alerts (${some.join(', ')}): give more of it`);
}
