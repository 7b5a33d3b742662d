/** Reads the first records of a file, a topic or a stream as a run would, and shows what each was read as. */
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { configSchema, type Config, type SourceConfig } from '../../config/schema.js';
import type { TriedLine } from '../../offline/try/fates.js';
import { fileSample, topicSample, valueSample, type SourceSample } from '../../offline/try/sample.js';
import { streamSample } from '../../offline/try/stream-sample.js';
import { sourceFor, tried, type TryInput, type TryResult } from '../../offline/try/tried.js';
import { exitCodes } from '../exit-codes.js';
import { StartError } from '../../runtime/start-error.js';
import { readConfig } from '../../service/configuration.js';
import { Artefacts, newestCatalogue } from '../../training/artefacts.js';
import { examples, number } from '../command-line.js';
import { paint } from '../terminal/paint.js';
import { screenOptions } from '../terminal/screen.js';
import { line } from '../terminal/line.js';
import { renderTried, templateOf } from '../terminal/try-report.js';

export interface TryOptions {
  readonly config?: string;
  readonly topic?: string;
  readonly brokers?: string;
  readonly stream?: string;
  readonly servers?: string;
  readonly format?: string;
  readonly values?: boolean;
  readonly limit: number;
  readonly json?: boolean;
}

export async function tryInput(file: string | undefined, options: TryOptions): Promise<void> {
  const { config: configFile, limit, json } = options;
  const input = inputOf(file, options);
  const config = configFile === undefined ? usualConfig(input, options) : readConfig(configFile);
  const source = sourceFor(config, input);
  if (!source) throw new StartError(`${configFile} has no source of type ${missing(input)}`);
  const samples = await samplesOf(input, config, source, options);
  const known = configFile === undefined ? undefined : await newestCatalogue(Artefacts.in(config.state.dir).dir);
  const found = await tried(samples, config, source, known);
  if (json) for (const line of found.lines) console.log(JSON.stringify(jsonOf(line, found)));
  else {
    const { colour, columns = 80 } = screenOptions(process.stdout, process.env);
    if (found.lines.length === 0)
      console.log(line`${Object.values(input)[0]} is empty: there is nothing to read (${limit} looked for)`);
    else for (const line of renderTried(found, columns, paint(colour))) console.log(line);
  }
  if (!found.lines.some((line) => line.status === 'read')) process.exitCode = exitCodes.findings;
}

/** The one thing that is named. */
function inputOf(file: string | undefined, { topic, stream }: TryOptions): TryInput {
  const named: TryInput[] = [
    ...(file === undefined ? [] : [{ file }]),
    ...(topic === undefined ? [] : [{ topic }]),
    ...(stream === undefined ? [] : [{ stream }]),
  ];
  if (named.length !== 1) throw new StartError('give a FILE, - for standard input, --topic NAME, or --stream NAME');
  return named[0]!;
}

/** Which source a configuration lacks. */
function missing(input: TryInput): string {
  if ('topic' in input) return `kafka with the topic ${input.topic}: add it under sources[].topics`;
  return 'stream' in input ? `nats with the stream ${input.stream}` : `file that could be tried with ${input.file}`;
}

/** A configuration of nothing but this input. */
function usualConfig(input: TryInput, { brokers, servers, format }: TryOptions): Config {
  if ('topic' in input && brokers === undefined)
    throw new StartError('--topic needs --config FILE, or --brokers host:port');
  if ('stream' in input && servers === undefined)
    throw new StartError('--stream needs --config FILE, or --servers nats://host:port');
  const as = format === undefined ? {} : { format };
  const parsed = configSchema.safeParse(
    'topic' in input
      ? { kafka: { brokers: brokers!.split(',') }, sources: [{ type: 'kafka', topics: [input.topic], ...as }] }
      : 'stream' in input
        ? { nats: { servers: servers!.split(',') }, sources: [{ type: 'nats', stream: input.stream, ...as }] }
        : { sources: [{ type: 'file', path: input.file, ...as }] },
  );
  if (!parsed.success) throw new StartError(parsed.error.issues.map(({ message }) => message).join('; '));
  return parsed.data;
}

async function samplesOf(
  input: TryInput,
  { kafka, nats }: Config,
  source: SourceConfig,
  { limit, values }: TryOptions,
): Promise<readonly SourceSample[]> {
  if ('topic' in input) return topicSample(kafka!, input.topic, limit);
  if ('stream' in input) return source.type === 'nats' ? streamSample(nats!, source, limit) : [];
  if (!values) return [await fileSample(input.file, limit, source.time === 'received')];
  try {
    return [valueSample(await readFile(input.file, 'utf8'), input.file, limit)];
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`${input.file} cannot be read: ${(error as Error).message}`);
  }
}

/** HTTP's words where the outcome is that of a request, which most are. */
const outcomeWords = { unknown: null, ok: 'ok', 'client-error': '4xx', 'server-error': '5xx' } as const;

/** One line as a JSON object; what is not known is null. */
function jsonOf(line: TriedLine, { templates }: TryResult): object {
  if (line.status === 'refused')
    return { line: line.line, status: line.status, reason: line.reason, detail: line.detail };
  if (line.status === 'joined') return { line: line.line, status: line.status, to: line.to };
  const { record } = line;
  if (!record) return { line: line.line, status: line.status, holds: 'no record' };
  const { entity, time, value, log } = record;
  const { service = null, ...labels } = entity.labels;
  const number = Number.isNaN(value) ? null : value;
  const at = { line: line.line, status: line.status, time: new Date(time).toISOString() };
  if (!log) return { ...at, service, labels, value: number };
  return {
    ...at,
    level: log.level,
    service,
    labels,
    message: log.message,
    template: templateOf(line, templates) ?? null,
    duration_ms: number,
    outcome: outcomeWords[log.outcome],
  };
}

export const command = new Command('try')
  .description('read the first records of a file, a topic or a stream, and show what each is read as')
  .argument('[file]', 'a log file, plain, .gz or .zst; - is standard input')
  .option('--topic <name>', 'a topic of the cluster instead')
  .option('-c, --config <file>', 'with the settings of the source that it belongs to; the defaults without')
  .option('--brokers <list>', 'of --topic without a configuration: host:port, comma-separated')
  .option('--stream <name>', 'a JetStream stream of NATS instead')
  .option('--servers <list>', 'of --stream without a configuration: nats://host:port, comma-separated')
  .option('--format <name>', 'without a configuration: auto, json, plain or metric')
  .option('--values', 'FILE is a JSON array of Kafka values: texts, or {"value", "timestamp"}')
  .option('--limit <n>', 'records that are read', number, 1000)
  .option('--json', 'print one object a line: its status and what was read')
  .addHelpText(
    'after',
    examples(
      'tocsin try app.log',
      'kubectl logs deploy/checkout | tocsin try -',
      'tocsin try --topic logs --config tocsin.yaml --json',
    ),
  )
  .action(tryInput);
