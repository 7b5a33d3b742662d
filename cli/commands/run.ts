/** Runs the sources of a configuration until they end or SIGTERM: the command that stays on. */
import { readConfig } from '../../service/configuration.js';
import type { Logger } from 'pino';
import { createMetrics, type Metrics } from '../../connectors/http/metrics.js';
import { createScreen, screenOptions } from '../terminal/screen.js';
import type { AlertNotice } from '../../records/notification.js';
import { exitCodes } from '../exit-codes.js';
import { StartError } from '../../runtime/start-error.js';
import { cardOf } from '../terminal/alert-card.js';
import { openEmbedded } from '../../service/channels.js';
import { createLog } from '../../service/log.js';
import { Fleet } from '../../service/fleet/fleet.js';
import { Pipeline } from '../../service/node.js';
import { openLinks } from '../../service/delivery/links.js';
import { roleNames, type Role } from '../../service/fleet/roles.js';
import { openConsole } from '../console.js';
import { listen, type Served } from '../../service/http.js';
import { fileSources } from '../../service/intake/sources.js';

interface RunOptions {
  readonly config: string;
  /** Kafka sources end at what is their end now. Files end by themselves. */
  readonly bounded?: boolean;
  /** Of a fleet: reads no logs, and ends when what was read of them is decided and told. */
  readonly drain?: boolean;
  /** Of `ingest`, `detect` and `respond`, joined by commas: those that this member of a fleet runs. */
  readonly roles?: string;
}

function rolesOf({ roles: text, bounded = false, drain = false }: RunOptions): ReadonlySet<Role> {
  if (drain && (bounded || text !== undefined))
    throw new StartError('--drain goes without --bounded and --roles: it runs detect and respond to their end');
  if (drain) return new Set(['detect', 'respond']);
  const names = text?.split(',').map((name) => name.trim()) ?? roleNames;
  const wrong = names.filter((name) => !(roleNames as readonly string[]).includes(name));
  if (wrong.length > 0) throw new StartError(`--roles ${wrong.join(',')}: give some of ${roleNames.join(', ')}`);
  const roles = new Set(names as readonly Role[]);
  if (bounded && !roles.has('ingest') && !roles.has('detect'))
    throw new StartError(
      '--bounded with --roles respond: nothing tells it that all alerts have come; leave --bounded out',
    );
  return roles;
}

/** How long connections that are being closed may take, ms. */
const lingerMs = 3000;

/** What runs: embedded, or as a member of a fleet. */
interface Runner extends Served {
  run(): Promise<void>;
  stop(): void;
}

export async function run(options: RunOptions): Promise<void> {
  const { config: file, bounded = false, drain = false, roles: some } = options;
  const roles = rolesOf(options);
  const config = readConfig(file);
  const log = createLog(config.log);
  const metrics = createMetrics();
  let runner: Runner | undefined;
  const page = openConsole(config, metrics, log);
  const { server, url } = await listen(config, metrics, () => runner, page?.extend);
  const closing: (() => Promise<unknown>)[] = [() => server.close()];
  try {
    const screen = createScreen(process.stdout, { ...screenOptions(process.stdout, process.env), inPlace: false });
    const print = ({ alert, change }: AlertNotice): void => {
      if (!alert.audit && (change === 'new' || change === 'worse')) screen.alert(cardOf(alert));
    };
    const parts = {
      metrics,
      log,
      url,
      links: openLinks(config, url),
      ...(config.respond.stdout ? { print } : {}),
      ...(page ? { watch: page.see } : {}),
    };
    const { kafka } = config;
    if (config.channels.backend === 'kafka' && kafka) {
      runner = await Fleet.open({ ...parts, config: { ...config, kafka }, bounded, drain, roles });
    } else {
      if (some !== undefined || drain)
        throw new StartError(`--${drain ? 'drain' : 'roles'} is for a fleet: it needs channels.backend: kafka`);
      const sources = await fileSources(config);
      if (sources.length === 0) throw new StartError('no source to read: kafka sources need channels.backend: kafka');
      const embedded = await openEmbedded(config, (message) => log.warn(message));
      closing.push(() => embedded.close());
      runner = await Pipeline.open({ ...parts, config, embedded, sources });
    }
    const running = runner;
    if (page) {
      closing.push(() => page.close());
      await page.start(running, url);
    }
    let interrupted = false;
    const interrupt = (): void => {
      if (interrupted) process.exit(exitCodes.interrupted);
      interrupted = true;
      log.info('stopping: what was read is finished and written (again to stop at once)');
      running.stop();
    };
    process.on('SIGTERM', interrupt).on('SIGINT', interrupt);
    metrics.ready.set(1);
    log.info({ url, sources: config.sources.length }, 'running');
    await running.run();
    await reportRefused(metrics, log);
    log.info(interrupted ? 'stopped' : 'all sources read to their end');
    process.off('SIGTERM', interrupt).off('SIGINT', interrupt);
    if (interrupted) process.exitCode = exitCodes.interrupted;
  } finally {
    for (const close of closing.reverse()) await close();
    // A pipe that is still open would keep the process alive.
    if (config.sources.some((source) => source.type === 'file' && source.path === '-')) process.stdin.destroy();
    // So would a client that goes on asking a broker which is gone. By now all is written and closed.
    setTimeout(() => process.exit(), lingerMs).unref();
  }
}

/** What was refused, by reason: the dead letters have each. */
async function reportRefused({ rejected }: Metrics, log: Logger): Promise<void> {
  const { values } = await rejected.get();
  const refused = values
    .filter(({ value }) => value > 0)
    .map(({ labels, value }) => [String(labels.reason), value] as const);
  if (refused.length > 0)
    log.warn({ refused: Object.fromEntries(refused) }, 'some input was refused: each is in the dead letters');
}
