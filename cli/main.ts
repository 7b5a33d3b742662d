#!/usr/bin/env node
/** The command line. Each command is a file in commands/, loaded when it is called. */
import { version } from './version.js';
import { Command, CommanderError, Option } from 'commander';
import { ConfigError } from '../config/problem.js';
import type { RangeOptions } from './commands/feedback.js';
import { exitCodes } from './exit-codes.js';
import { StartError } from '../runtime/start-error.js';

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new StartError(`${text} is no number`);
  return value;
};

const codes = `
Exit codes: ${exitCodes.ok} done; ${exitCodes.failed} failed; ${exitCodes.usage} wrong command line or configuration;
${exitCodes.findings} findings (see the output); ${exitCodes.unavailable} a needed service does not answer; ${exitCodes.interrupted} interrupted.`;

const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;

const program = new Command('tocsin')
  .description(
    'Reads logs and metrics, scores windows with an ensemble of ONNX detectors, learns whom to trust, alerts.',
  )
  .version(version)
  .showHelpAfterError('(see --help)')
  .exitOverride() // inherited by the commands
  .addHelpText('after', codes);

const config = () => new Option('-c, --config <file>', 'configuration file').makeOptionMandatory();

program
  .command('demo')
  .description('a simulated fleet through the whole pipeline, in under a minute')
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
  .action(async (options) => (await import('./commands/demo.js')).demo(options));

program
  .command('run')
  .description('read the sources of a configuration until they end or SIGTERM')
  .addOption(config())
  .option('--bounded', 'Kafka sources end at what is their end now')
  .option('--drain', 'of a fleet: read no logs, and end when what was read of them is decided and told')
  .option('--roles <roles>', 'in a fleet: some of ingest,detect,respond, for members of their own')
  .addHelpText(
    'after',
    examples('tocsin run --config config/file.yaml', 'tail -n +1 -F app.log | tocsin run --config config/file.yaml'),
  )
  .action(async (options) => (await import('./commands/run.js')).run(options));

program
  .command('train')
  .description('train the detectors on the windows log, or on the sources where there is none, and promote them')
  .addOption(config())
  .option('--from <time>', 'event time, ISO 8601')
  .option('--to <time>', 'event time, ISO 8601')
  .option('--no-promote', 'write the artefacts only')
  .option('--json', 'print the result as JSON')
  .addHelpText(
    'after',
    examples(
      'tocsin train --config config/kafka.yaml',
      'tocsin train --config f.yaml --to 2026-01-12T00:00:00Z --no-promote',
    ),
  )
  .action(async (options) => (await import('./commands/train.js')).train(options));

program
  .command('replay')
  .description('decide again what was decided, and write the decisions sorted, as canonical bytes')
  .addOption(config())
  .addOption(
    new Option('--source <what>', 'what to replay').choices(['windows', 'logs', 'decisions']).default('windows'),
  )
  .requiredOption('-o, --out <file>', 'where to write the decisions')
  .option('--slice <n>', 'records a batch: changes nothing but the cuts', number)
  .option('--json', 'print the result as JSON')
  .addHelpText(
    'after',
    examples(
      'tocsin replay --config f.yaml --source decisions --out live.bin',
      'tocsin replay --config f.yaml --source windows --out again.bin && cmp live.bin again.bin',
    ),
  )
  .action(async (options) => (await import('./commands/replay.js')).replay(options));

program
  .command('lint <file...>')
  .description('check configuration files')
  .option('--json', 'print problems as JSON')
  .addHelpText('after', examples('tocsin lint config/kafka.yaml'))
  .action(async (files, options) => (await import('./commands/lint.js')).lint(files, options));

program
  .command('topology <file>')
  .description('draw the three topologies of a configuration')
  .addHelpText('after', examples('tocsin topology config/kafka.yaml'))
  .action(async (file) => (await import('./commands/topology.js')).topology(file));

program
  .command('topics')
  .description('print, check or create the topics that a configuration needs')
  .addOption(config())
  .option('--create', 'create those that are missing')
  .option('--check', 'compare with the cluster')
  .option('--made-anew <topic>', 'say that this log topic was deleted and made again: it is read from its beginning')
  .option('--json', 'print them as JSON')
  .addHelpText(
    'after',
    examples('tocsin topics --config config/kafka.yaml', 'tocsin topics --config config/kafka.yaml --create'),
  )
  .action(async (options) => (await import('./commands/topics.js')).topics(options));

program
  .command('reshard')
  .description('change the number of shards: moves the state, and begins the logs of windows and decisions anew')
  .addOption(config())
  .requiredOption(
    '--shards <n>',
    'how many there will be; the configuration has the old number until it is done',
    number,
  )
  .option('--delete-topics', 'of a fleet: delete the old topics')
  .addHelpText('after', examples('tocsin reshard --config tocsin.yaml --shards 6'))
  .action(async (options) => (await import('./commands/reshard.js')).reshardCommand(options));

program
  .command('dlq <action> [numbers...]')
  .description('list, show or redrive dead letters: what was refused, why, and the way back')
  .addOption(config())
  .option('--reason <reason>', 'only with this reason')
  .option('--source <name>', 'only of sources whose names begin so')
  .option('--since <time>', 'only written at or after, ISO 8601')
  .option('--until <time>', 'only written before, ISO 8601')
  .option('--limit <n>', 'letters listed, the last ones', number, 20)
  .option('--raw', 'show what was written: secrets and personal data are not masked')
  .option('--json', 'print as JSON')
  .addHelpText(
    'after',
    examples(
      'tocsin dlq list --config f.yaml --reason not-json',
      'tocsin dlq show 17 --config f.yaml',
      'tocsin dlq redrive --config f.yaml --reason not-json --since 2026-01-31T08:00:00Z',
    ),
  )
  .action(async (action, numbers, options) => (await import('./commands/dlq.js')).dlq(action, numbers, options));

program
  .command('templates')
  .description('list the templates of log lines with counts, examples, first and last seen')
  .addOption(config())
  .option('--json', 'print as JSON')
  .addHelpText('after', examples('tocsin templates --config f.yaml', 'tocsin templates --config f.yaml --json'))
  .action(async (options) => (await import('./commands/templates.js')).templates(options));

program
  .command('models [action] [what]')
  .description('list, card SET, importance [SET] (features, by the verdicts) or verify FILE')
  .option('-c, --config <file>', 'configuration file (its state folder holds the models)')
  .option('--schema <id>', 'feature schema that a verified file must have')
  .option('--json', 'print as JSON')
  .addHelpText(
    'after',
    examples(
      'tocsin models list --config f.yaml',
      'tocsin models card SET --config f.yaml',
      'tocsin models importance --config f.yaml',
      'tocsin models verify forest.onnx --schema logs-1',
    ),
  )
  .action(async (action, what, options) => (await import('./commands/models.js')).models(action, what, options));

program
  .command('simulate')
  .description("write the demo's log lines to a folder, standard output or a Kafka topic")
  .option('--seed <n>', 'seed', number, 1)
  .option('--lines <n>', 'log lines, about', number, 3_200_000)
  .option('--days <n>', 'days of event time', number, 24)
  .option('--out <folder>', 'a file a source, and truth.json')
  .option('--topic <name>', 'a Kafka topic, with --brokers')
  .option('--brokers <list>', 'host:port, comma-separated')
  .option('--rate <n>', 'lines a second; as fast as possible without', number)
  .addHelpText(
    'after',
    examples(
      'tocsin simulate --lines 100000 --out /tmp/fleet',
      'tocsin simulate --topic logs --brokers localhost:9092 --rate 2000',
    ),
  )
  .action(async (options) => (await import('./commands/simulate.js')).simulate(options));

/** A command that asks a running tocsin. */
const ofRunning = (command: Command): Command =>
  command
    .option('--url <url>', 'address of a running tocsin', 'http://127.0.0.1:9464')
    .option('--token-file <file>', 'file with the bearer token')
    .option('--json', 'print the answer as JSON');

const said = program.command('feedback').description('verdicts: say what an alert was, list what was said');
said
  .command('list')
  .description('what was said, by whom, and what it changed')
  .addOption(config())
  .option('--json', 'print as JSON, one a line')
  .action(async (options) => (await import('./commands/feedback-list.js')).feedbackList(options));
const saying = (command: Command): Command =>
  ofRunning(command).option('--by <name>', 'who says so', process.env.USER ?? 'unknown');
saying(said.command('give <alert> <verdict>', { isDefault: true }))
  .description('tell tocsin what an alert was: anomaly, not-anomaly, expected or new-normal')
  .addHelpText(
    'after',
    examples('tocsin feedback 3f9a1c20b7d4e8 not-anomaly', 'tocsin feedback 3f9a1c20b7d4e8 anomaly --by ann'),
  )
  .action(async (alert: string, verdict, options) =>
    (await import('./commands/feedback.js')).feedback({ alert }, verdict, options),
  );
saying(said.command('incident <incident> <verdict>'))
  .description('the same for every alert of an incident')
  .addHelpText('after', examples('tocsin feedback incident i3f9a1c20b7d4e8 expected'))
  .action(async (incident: string, verdict, options) =>
    (await import('./commands/feedback.js')).feedback({ incident }, verdict, options),
  );
saying(said.command('range <entity> <verdict>'))
  .description('the same for what was told of an entity in a time; an anomaly also where nothing was told')
  .requiredOption('--from <time>', 'event time, ISO 8601')
  .requiredOption('--to <time>', 'event time, ISO 8601')
  .addHelpText(
    'after',
    examples(
      `tocsin feedback range 'service{service="cart"}' anomaly --from 2026-01-31T14:00:00Z --to 2026-01-31T14:30:00Z`,
    ),
  )
  .action(async (entity: string, verdict, { from, to, ...options }: RangeOptions) =>
    (await import('./commands/feedback.js')).feedback({ entity, from, to }, verdict, options),
  );
saying(said.command('revoke <id>'))
  .description('take a verdict back, by the id that give or list showed')
  .addHelpText('after', examples('tocsin feedback revoke 5d1f20ab37c9'))
  .action(async (id, options) => (await import('./commands/feedback.js')).revoke(id, options));

const calendar = program.command('calendar').description('mute, freeze learning, or announce a change');
ofRunning(calendar.command('list').description('what holds or will hold')).action(async (options) =>
  (await import('./commands/calendar.js')).listCalendar(options),
);
ofRunning(calendar.command('add <action>').description('mute, freeze or expect, for some entities and a time'))
  .requiredOption('--name <text>', 'why, for people')
  .requiredOption('--for <duration>', 'how long, for example 2h')
  .option('--match <label=value...>', 'labels of the entities; all without', [])
  .option('--from <time>', 'when it begins (ISO 8601); now without')
  .option('--by <name>', 'who says so', process.env.USER ?? 'unknown')
  .addHelpText('after', examples('tocsin calendar add mute --name "database upgrade" --match service=/pay.*/ --for 2h'))
  .action(async (action, options) => (await import('./commands/calendar.js')).addToCalendar(action, options));
ofRunning(calendar.command('end <id>').description('end it now')).action(async (id, options) =>
  (await import('./commands/calendar.js')).endInCalendar(id, options),
);

const heal = program
  .command('heal')
  .description('healing: what is going on, approvals, the stop, what would be sent, the ledger');
const asked = (name: string, description: string): Command => ofRunning(heal.command(name).description(description));
asked('status', 'what is stopped, open, asked and under way').action(async (options) =>
  (await import('./commands/heal.js')).healStatus(options),
);
for (const [name, description] of [
  ['approve <action>', 'agree to an action; guards are asked once more'],
  ['deny <action>', 'say no to an action'],
  ['resume', 'end the stop'],
  ['close-breaker <label=value>', 'let healing act under this label value again'],
  ['resume-remedy <rule>', 'let a rule act again that did not help'],
] as const) {
  asked(name, description)
    .option('--by <name>', 'who says so', process.env.USER ?? 'unknown')
    .option('--why <text>', 'why')
    .action(async (...args) => {
      const command = args.at(-1) as Command;
      const { healSay } = await import('./commands/heal.js');
      await healSay(command.name() as Parameters<typeof healSay>[0], command.args[0], command.opts());
    });
}
asked('stop', 'stop all healing, in every process, within a second')
  .option('--by <name>', 'who says so', process.env.USER ?? 'unknown')
  .option('--why <text>', 'why')
  .option('-c, --config <file>', 'by a file in the state folder instead: works when no tocsin answers')
  .action(async (options) => {
    const { healSay, healStopFile } = await import('./commands/heal.js');
    const { config: file } = options as { config?: string };
    if (file !== undefined) healStopFile({ config: file });
    else await healSay('stop', undefined, options);
  });
heal
  .command('test <rule>')
  .description('print exactly what a rule would send for an alert; nothing is sent')
  .addOption(config())
  .option('--alert <file>', 'alerts as /api/alerts gives them: the first that matches; an example without')
  .option('--reveal', 'show secrets in headers')
  .option('--json', 'print as JSON')
  .action(async (rule, options) => (await import('./commands/heal.js')).healTest(rule, options));
heal
  .command('audit')
  .description('print the ledger, or verify its hash chain')
  .addOption(config())
  .option('--verify', 'check that every entry follows the one before')
  .option('--head <hash>', 'a hash noted before: it must be in the chain')
  .option('--json', 'print as JSON')
  .action(async (options) => (await import('./commands/heal.js')).healAudit(options));
heal.addHelpText(
  'after',
  examples(
    'tocsin heal status',
    'tocsin heal test restart-checkout --alert alert.json --config f.yaml',
    'tocsin heal approve 3f9a1c20b7d4e8-restart-checkout --by ann',
    'tocsin heal stop --why "maintenance"',
    'tocsin heal audit --verify --config f.yaml',
  ),
);

program
  .command('token <name>')
  .description('make a bearer token and the entry for http.tokens; the token is shown once and stored nowhere')
  .option('--scopes <list>', 'read, verdict, heal, admin; comma-separated', 'read')
  .addHelpText('after', examples('tocsin token grafana', 'tocsin token oncall --scopes read,verdict,heal'))
  .action(async (name, options) => (await import('./commands/token.js')).token(name, options));

program
  .command('whatif')
  .description('what another budget, ensemble or policy would have done with the alerts that were answered')
  .addOption(config())
  .option('--budget <n>', 'false alerts a week of each service', number)
  .option('--without <detector>', 'take a detector out')
  .option('--policy <arm>', 'believe one arm: default, mean, median, a detector')
  .option('--from <time>', 'event time, ISO 8601')
  .option('--to <time>', 'event time, ISO 8601')
  .option('--json', 'print the result as JSON')
  .addHelpText(
    'after',
    examples('tocsin whatif --config f.yaml --budget 3', 'tocsin whatif --config f.yaml --without pca-reconstruction'),
  )
  .action(async (options) => (await import('./commands/whatif.js')).whatif(options));

program
  .command('eval <benchmark>')
  .description('score a public benchmark by its protocol: hdfs, kpi, loghub or nab')
  .requiredOption('--dir <folder>', 'folder of the data')
  .option('--out <folder>', 'where to write what was predicted')
  .option('--left-out', 'loghub: choose the rules of mining on two thirds of the systems, score the others')
  .option('--json', 'print the result as JSON')
  .option('--all', 'kpi: every setting of the published table, the series scored once')
  .option('--budget <count>', 'kpi, nab: false alerts a week that a series may cost')
  .option('--verdicts <none|all|count>', 'kpi: alerts of a series that are answered, from the first on')
  .option('--break <count>', 'kpi: detectors that are replaced by copies of themselves shifted in time')
  .option('--policy <name>', 'kpi: mixture, thompson or default')
  .option(
    '--extra <names>',
    'kpi, nab: detectors beside the usual ones, by commas: isolation-forest, ecod, autoencoder',
  )
  .option('--without <names>', 'kpi, nab: detectors that are left out, by commas')
  .addHelpText(
    'after',
    examples(
      'tocsin eval hdfs --dir data/hdfs',
      'tocsin eval kpi --dir data/kpi-aiops --out /tmp/kpi --json',
      'tocsin eval kpi --dir data/kpi-aiops --budget 1 --verdicts all',
      'tocsin eval kpi --dir data/kpi-aiops --all',
      'tocsin eval nab --dir data/nab --out /tmp/nab',
      'tocsin eval loghub --dir data/loghub-2k --out /tmp/loghub',
    ),
  )
  .action(async (benchmark, options) => (await import('./commands/eval.js')).evaluate(benchmark, options));

program
  .command('assets')
  .description('write the Grafana dashboards and the Prometheus rules that watch tocsin itself')
  .requiredOption('--out <folder>', 'where to write them')
  .addHelpText('after', examples('tocsin assets --out deploy'))
  .action(async (options) => (await import('./commands/assets.js')).assets(options));

program
  .command('docs', { hidden: true })
  .description('print or write the generated reference pages')
  .option('--write', 'write them to docs/')
  .action(async (options) => (await import('./commands/docs.js')).docs(options));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // It has said what is wrong, or has printed the help that was asked for.
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  } else if (error instanceof StartError || error instanceof ConfigError) {
    console.error(error.message);
    process.exitCode = exitCodes[error instanceof StartError ? error.kind : 'usage'];
  } else {
    console.error(
      error instanceof Error ? (process.env.TOCSIN_DEBUG ? error.stack : `tocsin: ${error.message}`) : error,
    );
    process.exitCode = exitCodes.failed;
  }
}
