/** Dead letters: what was refused, why, and the way back. */
import { Command } from 'commander';
import { examples, number, withConfig } from '../command-line.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { exitCodes } from '../exit-codes.js';
import { StartError } from '../../runtime/start-error.js';
import { deliverAgain, type Delivered } from '../../offline/dead-letters/deliver.js';
import { readLetters, shown, type Letter } from '../../offline/dead-letters/dead-letters.js';
import { line } from '../terminal/line.js';
import { redriveLetters, type Redrove } from '../../offline/dead-letters/redrive.js';

interface DlqOptions {
  readonly config: string;
  readonly reason?: string;
  readonly source?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
  readonly raw?: boolean;
  readonly json?: boolean;
}

const timeOf = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new StartError(`--${name} ${text} is no time: give ISO 8601, 2026-01-31T08:00:00Z`);
  return time;
};

/** @param numbers - of letters, as `list` shows them; all that match where there are none */
export async function dlq(action: string, numbers: readonly string[], options: DlqOptions): Promise<void> {
  const { config: file, reason, source, limit, raw = false, json = false } = options;
  if (!['list', 'show', 'redrive'].includes(action)) throw new StartError(`dlq ${action}: list, show or redrive`);
  const wanted = numbers.map(Number);
  if (!wanted.every(Number.isSafeInteger)) throw new StartError(`${numbers.join(' ')}: give numbers of letters`);
  if (action === 'show' && wanted.length === 0) throw new StartError('dlq show: which letter? `dlq list` numbers them');
  const config = await readSettledConfig(file);
  const { deadLetters, unreadable } = await readLetters(config, {
    ...(reason === undefined ? {} : { reason }),
    ...(source === undefined ? {} : { source }),
    since: timeOf('since', options.since) ?? 0,
    until: timeOf('until', options.until) ?? Infinity,
    ...(wanted.length > 0 ? { numbers: new Set(wanted) } : {}),
  });
  if (unreadable > 0)
    console.error(line`${unreadable} letters were written in a format that this release does not read`);
  if (action === 'redrive') {
    // Old news would be told to everyone: messages are sent where it is them that was asked for.
    const isAsked = wanted.length > 0 || !!reason?.startsWith('delivery-') || !!source?.startsWith('respond/');
    const messages = deadLetters.filter(({ delivery }) => delivery !== undefined);
    const records = deadLetters.filter(({ delivery }) => delivery === undefined);
    redrive(
      {
        ...(await redriveLetters(config, records)),
        sent: isAsked ? await deliverAgain(config, messages) : [],
        messages: isAsked ? [] : messages,
      },
      json,
    );
    return;
  }
  if (action === 'show') {
    console.log(
      json
        ? JSON.stringify(deadLetters.map((one) => shown(one, raw)))
        : deadLetters.map((l) => page(l, raw)).join('\n\n'),
    );
    if (deadLetters.length < wanted.length) process.exitCode = exitCodes.findings;
    return;
  }
  const last = deadLetters.slice(-limit);
  if (json)
    console.log(JSON.stringify({ deadLetters: last.map((one) => shown(one, raw)), reasons: reasonsOf(deadLetters) }));
  else console.log([...last.map((one) => rowOf(one, raw)), summary(deadLetters, last.length)].join('\n'));
}

interface RedriveReport extends Redrove {
  readonly sent: readonly Delivered[];
  /** Not sent, since nobody has asked for them. */
  readonly messages: readonly Letter[];
}

function redrive({ put, before, impossible, sent, messages }: RedriveReport, json: boolean): void {
  const numbers = (deadLetters: readonly Letter[]): number[] => deadLetters.map(({ number }) => number);
  const taken = sent.filter(({ error }) => error === undefined).map(({ deadLetter }) => deadLetter);
  const failed = sent.filter(({ error }) => error !== undefined);
  if (impossible.length + failed.length > 0) process.exitCode = exitCodes.findings;
  if (json) {
    const not = failed.map(({ deadLetter: { number }, error }) => ({ number, error }));
    console.log(
      JSON.stringify({
        put: numbers(put),
        before: numbers(before),
        impossible: numbers(impossible),
        delivered: numbers(taken),
        failed: not,
        messages: numbers(messages),
      }),
    );
    return;
  }
  if (put.length > 0 || sent.length === 0)
    console.log(
      line`${put.length} put back: they pass the decoding of their source once, in a run or at its next start`,
    );
  if (before.length > 0) console.log(line`${before.length} were put back before and are not again`);
  if (impossible.length > 0) console.log(line`${impossible.length} cannot be put back: not all of the record is there`);
  if (taken.length > 0) console.log(line`${taken.length} messages were sent and taken`);
  for (const { deadLetter, error } of failed)
    console.log(line`${deadLetter.number} was not taken by ${deadLetter.source}: ${error}`);
  if (messages.length > 0)
    console.log(
      line`${messages.length} messages are not sent again unless asked for: by number, --reason delivery-…, or --source respond/`,
    );
}

const reasonsOf = (deadLetters: readonly Letter[]): Record<string, number> => {
  const reasons: Record<string, number> = {};
  for (const { reason } of deadLetters) reasons[reason] = (reasons[reason] ?? 0) + 1;
  return reasons;
};

function summary(deadLetters: readonly Letter[], listed: number): string {
  const reasons = Object.entries(reasonsOf(deadLetters)).map(([reason, count]) => `${reason} ${count}`);
  const more = deadLetters.length > listed ? `, the last ${listed} listed (--limit)` : '';
  return deadLetters.length === 0 ? 'no dead letters' : `${deadLetters.length} letters${more}: ${reasons.join(', ')}`;
}

const widest = 100;

function rowOf(deadLetter: Letter, raw: boolean): string {
  const { number, at, reason, source, offset, detail, text } = shown(deadLetter, raw) as Record<string, string>;
  const what = (text ?? detail!).replace(/\s+/g, ' ');
  return line`${number}  ${at}  ${reason}  ${source}@${offset}  ${what.length > widest ? `${what.slice(0, widest)}…` : what}`;
}

const page = (deadLetter: Letter, raw: boolean): string =>
  Object.entries(shown(deadLetter, raw))
    .map(([name, value]) => line`${`${name}:`.padEnd(12)}${value}`)
    .join('\n');

export const command = withConfig(new Command('dlq'))
  .description('list, show or redrive dead letters: what was refused, why, and the way back')
  .argument('<action>', 'list, show or redrive')
  .argument('[numbers...]', 'of dead letters, as list prints them')
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
  .action(dlq);
