/** Runs the sources of a configuration until they end or SIGTERM: the command that stays on. */
import { createInterface } from 'node:readline/promises';
import { setFlagsFromString } from 'node:v8';
import { Command } from 'commander';
import { line } from '../terminal/line.js';
import { drawing } from '../terminal/guard.js';
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import { createMetrics, type Metrics } from '../../connectors/http/metrics.js';
import { serviceManagerOf } from '../../connectors/systemd/service-manager.js';
import type { AlertNotice } from '../../records/notification.js';
import { StartError } from '../../runtime/start-error.js';
import { openEmbedded } from '../../service/channels.js';
import { settleTopics } from '../../service/channel-topics.js';
import { readConfig } from '../../service/configuration.js';
import { openLinks } from '../../service/delivery/links.js';
import { figuresOf, type RunFigures } from '../../service/figures.js';
import { Fleet } from '../../service/fleet/fleet.js';
import type { FleetConfig } from '../../service/fleet/member.js';
import { roleNames, type Role } from '../../service/fleet/roles.js';
import { openConsole } from '../console.js';
import { listen, type Served } from '../../service/http.js';
import { FollowedSources } from '../../service/intake/followed-sources.js';
import { Pushing } from '../../service/intake/pushing.js';
import { ReadBytes } from '../../service/intake/read-bytes.js';
import { fileSources } from '../../service/intake/sources.js';
import { Streams } from '../../service/intake/streams.js';
import { kafkaLogOf } from '../../service/kafka-log.js';
import { createLog } from '../../service/log.js';
import { Pipeline } from '../../service/node.js';
import { supervise } from '../../service/supervised.js';
import { watchChanges } from '../../service/watch.js';
import { examples, withConfig } from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { alertPrinter, formOf } from '../terminal/alert-output.js';
import { showProgress, type WorkDone } from '../terminal/progress-line.js';
import { remedyOf } from '../terminal/remedies.js';
import { renderRunSummary } from '../terminal/run-summary.js';
import { createScreen, screenOptions } from '../terminal/screen.js';

interface RunOptions {
  readonly config: string;
  /** Kafka sources, streams and followed files end at what is their end now. Other files end by themselves. */
  readonly bounded?: boolean;
  /** Of a fleet: reads no logs, and ends when what was read of them is decided and told. */
  readonly drain?: boolean;
  /** Topics between the parts that are missing are created. */
  readonly createTopics?: boolean;
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
  // By default V8 lets a heap grow to four times of what is in use: a flood would take that much for nothing.
  setFlagsFromString('--heap-growing-percent=100');
  const read = readConfig(file);
  const isFleet = read.channels.backend === 'kafka';
  if (!isFleet && (some !== undefined || drain))
    throw new StartError(`--${drain ? 'drain' : 'roles'} is for a fleet: it needs channels.backend: kafka`);
  const log = createLog(read.log);
  const metrics = createMetrics();
  const stopping = stopOnSignal(log);
  const manager = serviceManagerOf(process.env, (message) => log.warn(message));
  const config = isFleet ? await settled(read, options, log) : read;
  let runner: Runner | undefined;
  const page = openConsole(config, metrics, log);
  let pushed: Pushing | undefined;
  const { server, url } = await listen(
    config,
    metrics,
    () => runner,
    page?.extend,
    (signal) => pushed?.intake(signal),
    log,
  );
  const closing: (() => Promise<unknown>)[] = [() => server.close()];
  const supervised = supervise(manager, () => runner?.health() ?? { live: [], ready: ['starting'] });
  closing.push(async () => supervised.stop());
  const began = performance.now();
  const bytes = new ReadBytes();
  const progress = showProgress(drawing(process.stderr), async () => workDone(bytes, await figuresOf(metrics), began));
  try {
    const print = printerOf(config, () => progress.clear());
    const parts = {
      metrics,
      log,
      url,
      links: openLinks(config, url),
      ...(print ? { print } : {}),
      ...(page ? { watch: page.see } : {}),
    };
    if (isFleet) runner = await Fleet.open({ ...parts, config: config as FleetConfig, bounded, drain, roles });
    else {
      let front = (): number => 0;
      const sources = await fileSources(config, bytes, () => front());
      const embedded = await openEmbedded(config, (message) => log.warn(message));
      closing.push(() => embedded.close());
      const pushing = await Pushing.open(config, bounded, (message) => log.warn(message));
      pushed = pushing;
      closing.push(() => {
        pushed = undefined;
        return pushing.close();
      });
      const streams = await Streams.open({ config, bounded, metrics, log });
      closing.push(() => streams.close());
      const followed = new FollowedSources(config, bounded, log);
      const more = followed.isEmpty ? {} : { followed, bounded };
      const pipeline = await Pipeline.open({
        ...parts,
        config,
        embedded,
        sources: [...sources, ...pushing.sources, ...streams.sources],
        ...more,
      });
      front = () => pipeline.flow.front;
      pushing.front = front;
      streams.flow = pipeline.flow;
      runner = pipeline;
    }
    const running = runner;
    if (page) {
      closing.push(() => page.close());
      await page.start(running, url);
    }
    stopping.onStop(() => {
      supervised.stopping();
      running.stop();
    });
    log.info({ url, sources: config.sources.length }, 'running');
    const watching = watchChanges(running, metrics, log);
    closing.push(async () => watching.stop());
    await running.run();
    progress.stop();
    const seconds = (performance.now() - began) / 1000;
    await sayEnd(metrics, log, seconds, stopping.isAsked, `tocsin alerts list --config ${file}`);
  } finally {
    progress.stop();
    stopping.onStop(() => undefined);
    for (const close of closing.reverse()) await close();
    stopping.onStop(() => process.exit());
    // A pipe that is still open would keep the process alive.
    if (config.sources.some((source) => source.type === 'file' && source.path === '-')) process.stdin.destroy();
    // So would a client that goes on asking a broker which is gone. By now all is written and closed.
    setTimeout(() => process.exit(), lingerMs).unref();
  }
}

/**
 * SIGTERM and SIGINT, from the first moment to the last: the first one stops in good order, the second at once. One that
 * comes to a run that has ended by itself changes nothing of its exit code.
 */
function stopOnSignal(log: Logger): { readonly isAsked: boolean; onStop(stop: () => void): void } {
  let asked = false;
  let stop: (() => void) | undefined;
  const interrupt = (): void => {
    if (asked) process.exit(exitCodes.interrupted);
    asked = true;
    log.info('stopping: what was read is finished and written (again to stop at once)');
    // Nothing has been read before there is something to stop.
    if (stop) stop();
    else process.exit(exitCodes.ok);
  };
  process.on('SIGTERM', interrupt).on('SIGINT', interrupt);
  return {
    get isAsked() {
      return asked;
    },
    onStop: (how) => (stop = how),
  };
}

/** The configuration of a fleet with its topics seen to. */
async function settled(read: Config, { createTopics }: RunOptions, log: Logger): Promise<FleetConfig> {
  const brokers = read.kafka?.brokers ?? [];
  const mayCreate = async (missing: readonly string[]): Promise<boolean> =>
    createTopics === true || (await agreed(`Create the topics ${missing.join(', ')} at ${brokers.join(', ')}?`));
  const { config, created } = await settleTopics(read, mayCreate, kafkaLogOf(log, brokers));
  if (created.length > 0) log.info({ topics: created, shards: config.channels.shards }, 'topics created');
  return config as FleetConfig;
}

/** Asked on a terminal; elsewhere there is no one to agree. */
async function agreed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}

function printerOf({ respond }: Config, clear: () => void): ((notice: AlertNotice) => void) | undefined {
  const screen = createScreen(drawing(process.stdout), {
    ...screenOptions(process.stdout, process.env),
    inPlace: false,
  });
  const print = alertPrinter(formOf(respond.stdout, process.stdout.isTTY), screen, (line) =>
    process.stdout.write(line),
  );
  return (
    print &&
    ((notice) => {
      clear();
      print(notice);
    })
  );
}

/** How far the files are read; undefined before the first line. */
function workDone(bytes: ReadBytes, { lines }: RunFigures, began: number): WorkDone | undefined {
  if (lines === 0) return undefined;
  return { share: bytes.share, count: lines, noun: 'lines', seconds: (performance.now() - began) / 1000 };
}

/** The summary, and the exit code: a run that could read nothing has not done what was asked. */
async function sayEnd(
  metrics: Metrics,
  log: Logger,
  seconds: number,
  isStopped: boolean,
  shownBy: string,
): Promise<void> {
  const figures = await figuresOf(metrics);
  const { lines, read, refused, reasons } = figures;
  if (process.stderr.isTTY) for (const line of renderRunSummary(figures, seconds)) console.error(line);
  else
    log.info(
      { ...figures, reasons: Object.fromEntries(reasons), seconds: Math.round(seconds) },
      isStopped ? 'stopped: summary' : 'all sources read to their end: summary',
    );
  if (figures.fired > 0) {
    if (process.stderr.isTTY) console.error(line`  shown by ${shownBy}`);
    else log.info(`its alerts are shown by \`${shownBy}\``);
  }
  const most = reasons[0]?.[0];
  if (refused > 0 && most !== undefined && most !== 'empty')
    log.warn(
      `${refused} of ${lines} lines were refused, most as ${most}: ${remedyOf(most)}. Each is in the dead letters: tocsin dlq list`,
    );
  if (lines === 0 && !isStopped)
    log.warn('no line came: the sources are empty, or have nothing that an earlier run did not read');
  if (isStopped || lines === 0 || read > 0) return;
  log.error(`none of ${lines} lines could be read: look at some with \`tocsin try\``);
  process.exitCode = exitCodes.findings;
}

export const command = withConfig(new Command('run'))
  .description('read the sources of a configuration until they end or SIGTERM')
  .option('--bounded', 'Kafka sources, streams and followed files end at what is their end now')
  .option('--drain', 'of a fleet: read no logs, and end when what was read of them is decided and notified')
  .option('--create-topics', 'of a fleet: create the topics between the parts where they are missing')
  .option('--roles <roles>', 'in a fleet: some of ingest,detect,respond, for members of their own')
  .addHelpText(
    'after',
    examples('tocsin run --config config/file.yaml', 'tail -n +1 -F app.log | tocsin run --config config/file.yaml'),
  )
  .action(run);
