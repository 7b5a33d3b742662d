/** Draws the three topologies of a configuration, and what joins them, as text. */
import { formatDuration } from '../../config/duration.js';
import type { Config, SourceConfig } from '../../config/schema.js';
import { shardsOf, type ChannelName } from '../../service/channels.js';
import { drawn, type DrawnOperator } from './operators.js';
import { shownUrl } from '../../connectors/webhook/shown-url.js';

/** Columns of the drawing. */
export const width = 80;
const nameWidth = 16;

const cut = (text: string): string => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);

/**
 * The drawing: lines of at most 80 columns.
 *
 * @param stores - below each operator, the stores that it opens; one that stands below several joins them
 */
export function draw(config: Config, stores = false): string {
  const topology = (name: string, note: string, operators: readonly DrawnOperator[]): string[] => [
    `${name}  (${note})`,
    ...operators.flatMap((operator) => operatorLines(operator, stores)),
  ];
  const { windows, detection, channels, sessions, rules } = config;
  const span = `pane ${formatDuration(windows.pane)}, lateness ${formatDuration(windows.lateness)}`;
  const shards =
    channels.shards === 0 ? 'a task a shard' : `${channels.shards} task${channels.shards === 1 ? '' : 's'}`;
  const window = `window ${formatDuration(windows.length)}, ${detection.policy}, budget ${detection.budget} a week`;
  return [
    'sources',
    ...config.sources.flatMap(sourceLines),
    ...sessions.map((session) => `  sessions ${session.class} by /${session.pattern}/`),
    ...joint(),
    ...topology('ingest', `a task a partition or file; ${span}`, drawn.ingest),
    ...joint(channel(config, 'windows')),
    ...topology('detect', `${shards}; ${window}`, drawn.detect),
    ...rules.map(({ name, action, at_least }) => `    rule ${name}: ${action}, at least ${at_least} lines`),
    ...joint(channel(config, 'decisions'), channel(config, 'alerts')),
    ...topology('respond', 'one task', drawn.respond),
    ...joint(),
    'outputs',
    ...outputLines(config),
    '',
  ]
    .map(cut)
    .join('\n');
}

function operatorLines({ name, note, stores }: DrawnOperator, withStores: boolean): string[] {
  const below = withStores ? wrapped(stores, width - nameWidth - 4) : [];
  return [`  ${name.padEnd(nameWidth)}${note}`, ...below.map((line) => `${' '.repeat(nameWidth + 2)}[${line}]`)];
}

/** Names in lines of at most `columns`, joined by commas. */
function wrapped(names: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const name of names) {
    const longer = `${lines.at(-1) ?? ''}, ${name}`;
    if (lines.length > 0 && longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(name);
  }
  return lines;
}

const joint = (...channels: string[]): string[] => ['     │', ...channels.map((one) => `  ══ ${one}`), '     ▼'];

function channel(config: Config, name: ChannelName): string {
  const { channels, state } = config;
  const shards = shardsOf(config, name);
  const count = `${shards} shard${shards === 1 ? '' : 's'}`;
  const where =
    channels.backend === 'kafka' ? `Kafka topic ${channels.prefix}.${name}` : `segment log ${state.dir}/log/${name}`;
  return `${name.padEnd(10)} ${count}, kept ${formatDuration(channels.retention)}, ${where}`;
}

function sourceLines(source: SourceConfig): string[] {
  const labels = Object.entries(source.labels).map(([name, value]) => `${name}=${value}`);
  const how = [`as ${source.format}`, ...labels, ...(source.relabel.length > 0 ? ['relabelled'] : [])].join(', ');
  const rows =
    source.type === 'file'
      ? [`file ${source.path === '-' ? 'standard input' : source.path}${source.follow ? ', followed' : ''}`]
      : source.type === 'http'
        ? [`http ${source.name}, ${source.signal} that are posted`]
        : source.type === 'nats'
          ? [`nats ${[source.stream, ...source.subjects].join(' ')} from ${source.start}`]
          : source.topics.map((topic) => `kafka ${topic} from ${source.start}`);
  return rows.flatMap((row) => {
    const line = `  ${row}  ${how}`;
    return line.length <= width ? [line] : [`  ${row}`, `    ${how}`];
  });
}

function outputLines(config: Config): string[] {
  const { respond, healing, http } = config;
  const only = (match: Readonly<Record<string, string>>): string => {
    const labels = Object.entries(match).map(([name, value]) => `${name}=${value}`);
    return labels.length > 0 ? ` where ${labels.join(', ')}` : '';
  };
  return [
    ...(respond.stdout ? ['  standard output'] : []),
    ...respond.alertmanager.map(
      ({ url, resend }) => `  alertmanager ${shownUrl(url)}, again every ${formatDuration(resend)}`,
    ),
    ...respond.webhooks.map(({ name, url, match }) => `  webhook ${name} to ${shownUrl(url)}${only(match)}`),
    ...healing.rules.map(
      ({ name, target, match, severity, dry_run, approval }) =>
        `  heal ${name}${dry_run ? ' (dry run)' : approval ? ' (once approved)' : ''} by ${target} from ${severity} on${only(match)}`,
    ),
    `  http ${http.host}:${http.port}, verdicts come in here`,
    `  state ${stateAt(config)}, models ${config.state.dir}/models`,
  ];
}

function stateAt({ state }: Config): string {
  if (state.backend === 'memory') return 'in memory';
  if (state.backend === 'leveldb') return `${state.dir}/state`;
  return `in Redis below ${state.redis?.prefix}:`;
}
