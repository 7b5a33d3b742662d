/** The console of a command, unless its configuration goes without. */
import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import type { Metrics } from '../connectors/http/metrics.js';
import { Console } from '../console/console.js';
import { version } from './version.js';

export const openConsole = (config: Config, metrics: Metrics, log: Logger): Console | undefined =>
  config.http.console ? new Console({ config, metrics, log, version }) : undefined;
