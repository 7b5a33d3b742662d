/** Writes a first configuration: asks at most five questions, looks at a sample, and leaves a file that runs. */
import { existsSync, writeFileSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline/promises';
import { Command } from 'commander';
import { parseConfig } from '../../config/load.js';
import type { Config } from '../../config/schema.js';
import { fileSample, topicSample, type SourceSample } from '../../offline/try/sample.js';
import { streamSample } from '../../offline/try/stream-sample.js';
import { tried, type TryResult } from '../../offline/try/tried.js';
import { StartError } from '../../runtime/start-error.js';
import { configurationChecks } from '../../service/configuration.js';
import { examples, number, usualConfig } from '../command-line.js';
import { firstConfig, lacksTimes, type FirstConfig } from '../init/first-config.js';
import { paint } from '../terminal/paint.js';
import { screenOptions } from '../terminal/screen.js';
import { line } from '../terminal/line.js';
import { renderTried } from '../terminal/try-report.js';

export interface InitOptions {
  readonly file?: string;
  readonly brokers?: string;
  readonly topics?: string;
  readonly servers?: string;
  readonly stream?: string;
  readonly service?: string;
  readonly alertmanager?: string;
  readonly budget?: number;
  readonly out: string;
  readonly force?: boolean;
  readonly sample: boolean;
}

const sampled = 1000;

export async function init(options: InitOptions): Promise<void> {
  const { out, force } = options;
  if (existsSync(out) && force !== true)
    throw new StartError(`${out} is there already: give another name with --out, or --force to write over it`);
  const wanted = await answersOf(options);
  const bare = firstConfig(wanted);
  const config = checked(bare, out);
  const text = options.sample ? await withSample(wanted, config, out) : bare;
  checked(text, out);
  writeFileSync(out, text);
  const named = out === usualConfig ? '' : ` --config ${out}`;
  console.log(
    line`\n${out} is written. Next:\n  tocsin lint ${out}\n  tocsin run${named}${config.channels.backend === 'kafka' ? ' --create-topics' : ''}`,
  );
}

const checked = (text: string, out: string): Config => parseConfig(text, out, process.env, configurationChecks);

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

/** From options, and from questions about what they leave open where there is a terminal. */
async function answersOf(options: InitOptions): Promise<FirstConfig> {
  const given = [options.file, options.brokers, options.servers].filter((each) => each !== undefined);
  if (given.length > 1) throw new StartError('give one of --file, --brokers and --servers');
  if (options.stream !== undefined && options.servers === undefined)
    throw new StartError('--stream needs --servers nats://host:port');
  const isGiven = given.length > 0;
  const canAsk = process.stdin.isTTY && process.stdout.isTTY;
  if (!isGiven && !canAsk)
    throw new StartError(
      'nothing to read is named: give --file FILE, --brokers host:port --topics NAME, or --servers nats://host:port --stream NAME',
    );
  const lines = canAsk && !isGiven ? createInterface({ input: process.stdin, output: process.stdout }) : undefined;
  try {
    return await answered(options, lines);
  } finally {
    lines?.close();
  }
}

async function answered(options: InitOptions, lines: Interface | undefined): Promise<FirstConfig> {
  const ask = async (given: string | undefined, question: string, fallback: string): Promise<string> =>
    given ?? ((await lines?.question(`${question}${fallback === '' ? '' : ` [${fallback}]`}: `))?.trim() || fallback);
  const where = await ask(
    options.file ?? options.brokers ?? options.servers,
    'A log file, brokers of Kafka as host:port, or servers of NATS as nats://host:port',
    'app.log',
  );
  const isNats = options.servers !== undefined || (options.file === undefined && /^(?:nats|tls|wss?):\/\//.test(where));
  const isFile =
    !isNats && options.brokers === undefined && (options.file !== undefined || !/^[^/\s]+:\d+(,|$)/.test(where));
  const topics = isFile || isNats ? [] : listOf(await ask(options.topics, 'Topics with logs, by commas', 'logs'));
  const stream = isNats ? await ask(options.stream, 'The stream with logs', 'LOGS') : '';
  const service = isFile ? await ask(options.service, 'Service of lines that name none', '') : (options.service ?? '');
  const alertmanager = await ask(
    options.alertmanager,
    'Alertmanager, such as http://alertmanager:9093 (empty: none)',
    '',
  );
  const budget = options.budget ?? number(await ask(undefined, 'False alerts a week that a service may cost', '1'));
  return {
    input: isNats ? { servers: listOf(where), stream } : isFile ? { file: where } : { brokers: listOf(where), topics },
    budget,
    ...(service === '' ? {} : { service }),
    ...(alertmanager === '' ? {} : { alertmanager }),
  };
}

/** The configuration with what its sample shows; shows that, too. */
async function withSample(wanted: FirstConfig, config: Config, out: string): Promise<string> {
  if ('file' in wanted.input && wanted.input.file === '-') return firstConfig(wanted);
  const found = await read(wanted, config);
  if (!lacksTimes(found)) return shown({ ...wanted, tried: found });
  // It is read as the configuration will have it.
  const timeless = { ...wanted, isTimeless: true };
  return shown({ ...timeless, tried: await read(timeless, checked(firstConfig(timeless), out)) });
}

const read = async ({ input }: FirstConfig, config: Config): Promise<TryResult> =>
  tried(await samplesOf(input, config), config, config.sources[0]!);

function shown(wanted: FirstConfig & { readonly tried: TryResult }): string {
  const { tried: found } = wanted;
  const { colour, columns = 80 } = screenOptions(process.stdout, process.env);
  if (found.lines.length === 0) console.log('the sample is empty: nothing can be said of how it is read');
  else for (const line of renderTried(found, columns, paint(colour))) console.log(line);
  return firstConfig(wanted);
}

async function samplesOf(
  input: FirstConfig['input'],
  { kafka, nats, sources: [source] }: Config,
): Promise<readonly SourceSample[]> {
  if ('file' in input) return [await fileSample(input.file, sampled, source!.time === 'received')];
  if (nats && source!.type === 'nats') return streamSample(nats, source!, sampled);
  return kafka && 'topics' in input ? topicSample(kafka, input.topics[0]!, sampled) : [];
}

export const command = new Command('init')
  .description('write a first configuration: asks at most five questions, or takes them as options')
  .option('--file <path>', 'a log file; - is standard input')
  .option('--brokers <list>', 'or brokers of Kafka, host:port, comma-separated')
  .option('--topics <list>', 'with --brokers: topics with logs, comma-separated')
  .option('--servers <list>', 'or servers of NATS, nats://host:port, comma-separated')
  .option('--stream <name>', 'with --servers: a JetStream stream with logs')
  .option('--service <name>', 'service of lines that name none')
  .option('--alertmanager <url>', 'where alerts go')
  .option('--budget <n>', 'false alerts a week that a service may cost', number)
  .option('--out <file>', 'the file that is written', usualConfig)
  .option('--force', 'write over it')
  .option('--no-sample', 'do not look at a sample')
  .addHelpText(
    'after',
    examples(
      'tocsin init',
      'tocsin init --file app.log',
      'tocsin init --brokers kafka:9092 --topics logs --alertmanager http://alertmanager:9093',
      'tocsin init --servers nats://nats:4222 --stream LOGS',
    ),
  )
  .action(init);
