/** Opens the online feature store of a configuration. */
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import { OnlineStore } from '../../connectors/feast/online-store.js';
import type { Metrics } from '../../connectors/http/metrics.js';
import { RedisLink } from '../../connectors/redis/link.js';
import type { LogOpener } from '../snapshots/records-between.js';
import { redisAddress } from '../state.js';
import { OnlineFollower } from './follower.js';

/** After so many timeouts a call has failed: the log is followed from there again. */
const timeoutsOfCall = 4;

export interface OnlineParts {
  readonly decisions: LogOpener;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Undefined where no online store is asked for. Connects when there is something to write. */
export function onlineFollower({ features }: Config, parts: OnlineParts): OnlineFollower | undefined {
  const { online } = features;
  if (!online) return undefined;
  const open = async (): Promise<OnlineStore> => {
    const link = await RedisLink.open({
      ...redisAddress(online),
      giveUpMs: timeoutsOfCall * online.timeout,
      setting: 'features.online',
    });
    return new OnlineStore(link, { project: online.project, keepMs: online.keep });
  };
  return new OnlineFollower({ ...parts, open });
}
