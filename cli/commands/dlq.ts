/** Dead letters: what was refused, why, and the way back. */
import { loadConfig } from '../../config/load.js';
import { exitCodes, UserError } from '../exit-codes.js';
import { readLetters, shown, type Letter } from '../dlq/letters.js';
import { redriveLetters } from '../dlq/redrive.js';

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
  if (Number.isNaN(time)) throw new UserError(`--${name} ${text} is no time: give ISO 8601, 2026-01-31T08:00:00Z`);
  return time;
};

/** @param numbers - of letters, as `list` shows them; all that match where there are none */
export async function dlq(action: string, numbers: readonly string[], options: DlqOptions): Promise<void> {
  const { config: file, reason, source, limit, raw = false, json = false } = options;
  if (!['list', 'show', 'redrive'].includes(action)) throw new UserError(`dlq ${action}: list, show or redrive`);
  const wanted = numbers.map(Number);
  if (!wanted.every(Number.isSafeInteger)) throw new UserError(`${numbers.join(' ')}: give numbers of letters`);
  if (action === 'show' && wanted.length === 0) throw new UserError('dlq show: which letter? `dlq list` numbers them');
  const config = loadConfig(file);
  const { letters, unreadable } = await readLetters(config, {
    ...(reason === undefined ? {} : { reason }),
    ...(source === undefined ? {} : { source }),
    since: timeOf('since', options.since) ?? 0,
    until: timeOf('until', options.until) ?? Infinity,
    ...(wanted.length > 0 ? { numbers: new Set(wanted) } : {}),
  });
  if (unreadable > 0) console.error(`${unreadable} letters were written in a format that this release does not read`);
  if (action === 'redrive') {
    redrive(await redriveLetters(config, letters), json);
    return;
  }
  if (action === 'show') {
    console.log(
      json ? JSON.stringify(letters.map((one) => shown(one, raw))) : letters.map((l) => page(l, raw)).join('\n\n'),
    );
    if (letters.length < wanted.length) process.exitCode = exitCodes.findings;
    return;
  }
  const last = letters.slice(-limit);
  if (json) console.log(JSON.stringify({ letters: last.map((one) => shown(one, raw)), reasons: reasonsOf(letters) }));
  else console.log([...last.map((one) => line(one, raw)), summary(letters, last.length)].join('\n'));
}

function redrive({ put, before, impossible }: Awaited<ReturnType<typeof redriveLetters>>, json: boolean): void {
  const numbers = (letters: readonly Letter[]): number[] => letters.map(({ number }) => number);
  if (json) {
    console.log(JSON.stringify({ put: numbers(put), before: numbers(before), impossible: numbers(impossible) }));
  } else {
    console.log(`${put.length} put back: they pass the decoding of their source once, in a run or at its next start`);
    if (before.length > 0) console.log(`${before.length} were put back before and are not again`);
    if (impossible.length > 0)
      console.log(`${impossible.length} cannot be put back: not all of the record is there, or it is a delivery`);
  }
  if (impossible.length > 0) process.exitCode = exitCodes.findings;
}

const reasonsOf = (letters: readonly Letter[]): Record<string, number> => {
  const reasons: Record<string, number> = {};
  for (const { reason } of letters) reasons[reason] = (reasons[reason] ?? 0) + 1;
  return reasons;
};

function summary(letters: readonly Letter[], listed: number): string {
  const reasons = Object.entries(reasonsOf(letters)).map(([reason, count]) => `${reason} ${count}`);
  const more = letters.length > listed ? `, the last ${listed} listed (--limit)` : '';
  return letters.length === 0 ? 'no dead letters' : `${letters.length} letters${more}: ${reasons.join(', ')}`;
}

const widest = 100;

function line(letter: Letter, raw: boolean): string {
  const { number, at, reason, source, offset, detail, text } = shown(letter, raw) as Record<string, string>;
  const what = (text ?? detail).replace(/\s+/g, ' ');
  return `${number}  ${at}  ${reason}  ${source}@${offset}  ${what.length > widest ? `${what.slice(0, widest)}…` : what}`;
}

const page = (letter: Letter, raw: boolean): string =>
  Object.entries(shown(letter, raw))
    .map(([name, value]) => `${`${name}:`.padEnd(12)}${String(value)}`)
    .join('\n');
