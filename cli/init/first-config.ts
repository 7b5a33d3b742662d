/** The text of a first configuration: few keys, each with a comment, and what a sample has shown. */
import { stringify } from 'yaml';
import type { TryResult } from '../../offline/try/tried.js';

export interface FirstConfig {
  /** A file, topics of a cluster, or a stream of NATS. */
  readonly input:
    | { readonly file: string }
    | { readonly brokers: readonly string[]; readonly topics: readonly string[] }
    | { readonly servers: readonly string[]; readonly stream: string };
  /** Label `service` of a file's lines; those that name one themselves keep it. */
  readonly service?: string;
  readonly alertmanager?: string;
  readonly budget: number;
  /** What the sample was read as. */
  readonly tried?: TryResult;
  /** Most lines of the file have no time. */
  readonly isTimeless?: boolean;
}

const flow = (value: unknown): string => stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
const indented = (lines: readonly string[], by: number): string[] => lines.map((line) => `${' '.repeat(by)}${line}`);

/** YAML that passes `tocsin lint`. */
export function firstConfig({ input, service, alertmanager, budget, tried, isTimeless }: FirstConfig): string {
  const source =
    'file' in input
      ? fileOf(input.file, isTimeless === true)
      : 'stream' in input
        ? [`- stream: ${flow(input.stream)} # read from its beginning, by a durable consumer`]
        : [
            `- topics: ${flow(input.topics)}`,
            '  start: earliest # of a topic that is not read yet: what it holds is what is learnt from',
          ];
  const lines = [
    '# Check it with `tocsin lint`, see how lines are read with `tocsin try`, start it with `tocsin run`.',
    '# docs/configuration.md has every key. ${NAME} is taken from the environment.',
    ...('stream' in input
      ? [
          'nats:',
          `  servers: ${flow(input.servers)}`,
          '  # credentials: tocsin.creds',
          '  # username: tocsin',
          '  # password_file: nats.password',
        ]
      : []),
    ...(!('brokers' in input)
      ? []
      : [
          'kafka:',
          `  brokers: ${flow(input.brokers)}`,
          '  # tls: true',
          '  # username: tocsin',
          '  # password_file: kafka.password',
        ]),
    'sources:',
    ...indented(source, 2),
    ...(service === undefined
      ? []
      : indented([`labels: { service: ${flow(service)} } # of lines that name no service`], 4)),
    ...indented(tried ? seenOf(tried) : [], 4),
    'detection:',
    `  budget: ${budget} # false alerts a week that each service may cost`,
    'respond:',
    ...(alertmanager === undefined
      ? ['  # alertmanager:', '  #   - url: http://alertmanager:9093', '  stdout: auto # alerts on a terminal']
      : ['  alertmanager:', `    - url: ${flow(alertmanager)}`]),
    'http:',
    '  port: 9464 # /metrics, /healthz, /api',
  ];
  return `${lines.join('\n')}\n`;
}

/** Whether most lines of a sample are texts without a time. */
export function lacksTimes({ lines }: TryResult): boolean {
  const timeless = lines.filter(
    (line) => line.status === 'refused' && line.reason === 'no-time' && !line.text.startsWith('{'),
  );
  return timeless.length > lines.length / 2;
}

/** A file whose lines have no time is read as it grows: only so can be told when they were written. */
function fileOf(path: string, isTimeless: boolean): string[] {
  if (path === '-')
    return [
      `- path: '-' # standard input`,
      '  # time: received # of a program that runs: lines without a time have that of their coming',
    ];
  if (!isTimeless || /\.(?:gz|zst)$/.test(path))
    return [`- path: ${flow(path)} # read from its start to its end; - is standard input`];
  return [
    `- path: ${flow(path)}`,
    '  follow: true # as it grows',
    '  time: received # lines without a time have that at which they are read',
  ];
}

/** Comments that say what the sample was read as. */
function seenOf({ lines, isCut, unused, entities }: TryResult): string[] {
  const count = (status: string): number => lines.filter((line) => line.status === status).length;
  const numbers = unused.filter(({ isNumber, records }) => isNumber && records > 1).map(({ path }) => path);
  const texts = unused.filter(({ isNumber, records }) => !isNumber && records > 1).map(({ path }) => path);
  const names = (paths: readonly string[]): string => paths.slice(0, 6).join(', ');
  return [
    `# ${isCut ? 'The first ' : ''}${lines.length} lines: ${count('read')} read, ${count('joined')} joined, ${count('refused')} refused; ${entities.length} to watch.`,
    ...(numbers.length > 0
      ? [`# Numbers that are not used: ${names(numbers)}. A latency among them: fields: { value: NAME }`]
      : []),
    ...(texts.length > 0
      ? [`# Texts that are not used: ${names(texts)}. To tell services apart: fields: { labels: { service: NAME } }`]
      : []),
  ].map((line) => line.replace(/[\p{Cc}\p{Cs}]/gu, '?'));
}
