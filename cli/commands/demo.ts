/** A simulated fleet through the whole pipeline on embedded defaults; ends by itself. */
import { Command } from 'commander';
import { drawing } from '../terminal/guard.js';
import { examples, number } from '../command-line.js';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { configSchema, type Config } from '../../config/schema.js';
import { createMetrics } from '../../connectors/http/metrics.js';
import type { AlertNotice } from '../../records/notification.js';
import { Feed } from '../../lab/judge/feed.js';
import type { FiredEpisode } from '../../lab/judge/matching.js';
import { simulatedOperator } from '../../lab/judge/operator.js';
import { score } from '../../lab/judge/score.js';
import { StartError } from '../../runtime/start-error.js';
import { createScreen, screenOptions } from '../terminal/screen.js';
import { renderSummary, type DemoSummary } from '../terminal/summary.js';
import { Tally } from '../../lab/judge/tally.js';
import { exitCodes } from '../exit-codes.js';
import { cardOf } from '../terminal/alert-card.js';
import { openEmbedded } from '../../service/channels.js';
import { createLog } from '../../service/log.js';
import { ingestParts } from '../../service/options.js';
import { Pipeline } from '../../service/node.js';
import type { NamedSource } from '../../service/tasks/tasks.js';
import { openLinks } from '../../service/delivery/links.js';
import { listen } from '../../service/http.js';
import { openConsole } from '../console.js';
import { Pace } from '../../lab/simulate/pace.js';
import type { RemoteFleet } from '../../lab/simulate/in-worker.js';
import { simulateInWorker } from '../../lab/simulate/in-worker.js';

interface DemoOptions {
  readonly seed: number;
  readonly lines: number;
  readonly days: number;
  readonly json?: boolean;
  readonly keep?: string;
  /** Serves the console, and goes on at `speed` behind the history. */
  readonly serve?: boolean;
  readonly port: number;
  /** Times as fast as the clock. */
  readonly speed: number;
  /** Days of event time that are there at once. */
  readonly history: number;
}

/** Event time between two looks at the alerts, ms: everything in it is decided before a verdict is given. */
const round = 2 * 3_600_000;
const warmup = 7 * 86_400_000;

/** A rule about data: a source whose lines stay away is put in quarantine, a window at a time, until they come again. */
const suite = {
  name: 'demo',
  expectations: [
    { type: 'expect_column_values_to_be_between', kwargs: { column: 'silence', min_value: 0, max_value: 10 } },
  ],
};

function demoConfig(dir: string, fleet: RemoteFleet, { seed, serve = false, port }: DemoOptions): Config {
  const sources = [...fleet.services, fleet.sessions].map(({ name, year }) => ({
    type: 'file',
    path: name,
    year,
    labels: { service: name },
  }));
  const sessions = [{ class: fleet.sessions.name, pattern: fleet.sessions.sessionKey }];
  return configSchema.parse({
    sources,
    sessions,
    state: { dir },
    http: { port: serve ? port : 0, console: serve },
    // Its days lie behind the clock, and are no backlog.
    detection: { seed, ...(serve ? { training: { drift: 'always' } } : {}) },
    features: { suite: { path: join(dir, 'suite.json') } },
    log: { level: 'warn' },
  });
}

export async function demo(options: DemoOptions): Promise<void> {
  const { seed, days, lines, json, keep, serve = false, speed, history } = options;
  const learning = warmup / 86_400_000;
  // With the console it has no table at its end.
  if (!serve && days <= learning)
    throw new StartError(`--days ${days}: the table counts what comes after the first ${learning} days; give more`);
  const began = performance.now();
  const fleet = simulateInWorker(
    { seed, days, lines, early: true },
    new URL('../../lab/simulate/worker.js', import.meta.url),
  );
  if (keep) await mkdir(keep, { recursive: true });
  const dir = keep ?? (await mkdtemp(join(tmpdir(), 'tocsin-demo-')));
  const config = demoConfig(dir, fleet, options);
  await writeFile(join(dir, 'suite.json'), JSON.stringify(suite));
  const log = createLog(config.log);
  const out = json ? process.stderr : process.stdout;
  const screen = createScreen(drawing(out), screenOptions(out, process.env));
  const metrics = createMetrics();

  const feeds = new Map([...fleet.services, fleet.sessions].map(({ name }) => [name, new Feed(name)]));
  const sources: NamedSource[] = config.sources.map((source) => {
    const name = source.type === 'file' ? source.path : '';
    return { name, incarnation: 0, source: feeds.get(name)!.source, parts: ingestParts(config, source) };
  });

  const tally = new Tally();
  const episodes = new Map<string, FiredEpisode>();
  const answered = new Set<string>();
  const count = { windows: 0, verdicts: 0, lines: 0 };
  const print = ({ alert }: AlertNotice): void => {
    // What only differs is listed and is no page.
    if (alert.audit || alert.severity === 'info') return;
    const { fingerprint, entity, startsAt, lastAt, status } = alert;
    const known = episodes.get(fingerprint);
    episodes.set(fingerprint, {
      entity,
      start: startsAt,
      firedAt: known?.firedAt ?? alert.at,
      ...(status === 'resolved' ? { end: lastAt } : {}),
    });
    if (!known && status === 'firing' && !json) screen.alert(cardOf(alert));
  };

  const embedded = await openEmbedded(config, (message) => log.warn(message));
  let pipeline: Pipeline | undefined;
  const page = openConsole(config, metrics, log);
  const { server, url } = await listen(config, metrics, () => pipeline, page?.extend);
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const opened = await Pipeline.open({
      config,
      embedded,
      sources,
      metrics,
      log,
      url,
      links: openLinks(config, url),
      print,
      watch: (decided) => {
        count.windows++;
        tally.add(decided.decision);
        page?.see(decided);
      },
    });
    pipeline = opened;
    const running = opened.run();
    if (page) {
      await page.start(opened, url);
      screen.note(`console: ${url}  (Ctrl-C ends it)`);
    }
    let failed: unknown;
    running.catch((error: unknown) => (failed = error));

    const ask = simulatedOperator({ seed, incidents: fleet.incidents });
    /** Waits until everything handed in so far is decided and told. */
    const settle = async (): Promise<void> => {
      const { flow } = opened;
      const { length } = config.windows;
      for (;;) {
        if (interrupted || failed) return;
        const idle = [...feeds.values()].every((feed) => feed.idle || flow.mustWait(feed.name));
        // Before every source has a mark, nothing can be decided.
        const marks = flow.watermarks.size === feeds.size ? Math.min(...flow.watermarks.values()) : 0;
        const isDecided = (flow.decided() ?? 0) >= Math.floor(marks / length) * length;
        if (idle && isDecided && opened.wiring.underWay === 0 && !flow.isHeld) return;
        await sleep(1);
      }
    };
    /** Gives the verdicts whose time has come, in order, by the door that people use. */
    const answer = async (now: number): Promise<void> => {
      const due = [...episodes]
        .filter(([id]) => !answered.has(id))
        .map(([id, episode]) => ({ id, said: ask(episode), firedAt: episode.firedAt }))
        .filter(({ said, firedAt }) => (said?.at ?? firedAt) <= now)
        .sort((a, b) => a.firedAt - b.firedAt || (a.id < b.id ? -1 : 1));
      for (const { id, said } of due) {
        answered.add(id);
        if (!said) continue;
        await axios.post(
          `${url}/api/verdicts`,
          { alert: id, value: said.verdict, by: 'simulated operator' },
          { proxy: false },
        );
        count.verdicts++;
      }
    };

    let next = fleet.start + round;
    const pace = new Pace(fleet.start + history * 86_400_000, speed);
    for await (const { source, bytes, lines: more, until } of fleet.chunks()) {
      if (serve) await pace.until(until, () => interrupted || failed !== undefined);
      if (interrupted || failed) break;
      feeds.get(source)!.push(bytes);
      count.lines += more;
      if (until < next) continue;
      next = until + round;
      await settle();
      // Behind the history it is the visitor who answers.
      if (!serve || !pace.isLive) await answer(opened.flow.decided() ?? 0);
      screen.progress({
        eventTime: until,
        start: fleet.start,
        end: fleet.end,
        lines: count.lines,
        linesPerSecond: count.lines / ((performance.now() - began) / 1000),
        windows: count.windows,
        alerts: episodes.size,
      });
    }
    if (serve && !interrupted && !failed) {
      screen.note('the simulated days are over; the console stays until Ctrl-C');
      while (!interrupted && !failed) await sleep(200);
    }
    if (interrupted) opened.stop();
    for (const feed of feeds.values()) feed.end();
    await running;
    screen.close();
    if (interrupted) {
      process.exitCode = exitCodes.interrupted;
      return;
    }
    const from = fleet.start + warmup;
    const watched = [...feeds.keys()];
    const summary: DemoSummary = {
      seed,
      lines: count.lines,
      windows: count.windows,
      days,
      seconds: (performance.now() - began) / 1000,
      score: score({ incidents: fleet.incidents, episodes: [...episodes.values()], watched, from, to: fleet.end }),
      first: score({
        incidents: fleet.incidents,
        episodes: [...episodes.values()],
        watched,
        from: fleet.start,
        to: Math.min(from, fleet.end),
      }),
      budgetPerWeek: config.detection.budget,
      verdicts: count.verdicts,
      ...tally.rows(fleet.incidents, from, fleet.end),
    };
    if (json) console.log(JSON.stringify(summary));
    else screen.summary((columns, paint) => renderSummary(summary, columns, paint));
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await server.close();
    await page?.close();
    await embedded.close();
    if (!keep) await rm(dir, { recursive: true, force: true });
  }
}

export const command = new Command('demo')
  .description('a simulated fleet through the whole pipeline, in a few minutes')
  .option('--seed <n>', 'the same seed gives the same demo', number, 1)
  .option('--lines <n>', 'log lines, about', number, 3_200_000)
  .option('--days <n>', 'days of event time', number, 24)
  .option('--json', 'print the result as JSON')
  .option('--keep <folder>', 'keep state and logs there')
  .option('--serve', 'serve the console, and go on as a live fleet until Ctrl-C')
  .option('--port <n>', 'of the console', number, 9464)
  .option('--speed <n>', 'of the live fleet: times as fast as the clock', number, 300)
  .option('--history <days>', 'days of event time that are there before it is live', number, 12)
  .addHelpText(
    'after',
    examples(
      'tocsin demo',
      'tocsin demo --serve',
      'tocsin demo --seed 7',
      'NO_COLOR=1 tocsin demo --lines 500000 | cat',
    ),
  )
  .action(demo);
