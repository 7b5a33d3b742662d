/** Alerts from the log of a run, also of one that is over: the last transition of each episode. */
import type { Config } from '../config/schema.js';
import { decodeAlert, type Alert } from '../records/alert.js';
import { openChannel } from './replay/channel-records.js';

/** By the time at which they began, the oldest first. @throws StartError where there is no log */
export async function loggedAlerts(config: Config): Promise<Alert[]> {
  const channel = await openChannel(config, 'alerts');
  const known = new Map<string, Alert>();
  try {
    for await (const { value } of channel.records(0)) {
      const alert = decodeAlert(value);
      known.set(alert.fingerprint, alert);
    }
  } finally {
    await channel.close();
  }
  return [...known.values()].sort((a, b) => a.startsAt - b.startsAt || (a.fingerprint < b.fingerprint ? -1 : 1));
}
