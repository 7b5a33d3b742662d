/** Mutes, freezes and expected changes of a running tocsin. */
import { Command } from 'commander';
import { line } from '../terminal/line.js';
import { examples, ofRunning, withAuthor } from '../command-line.js';
import { parseDuration } from '../../config/duration.js';
import { calendarActions } from '../../records/calendar.js';
import { callApi, type ApiOptions } from '../api-client.js';
import { StartError } from '../../runtime/start-error.js';

interface ShownCalendar {
  readonly id: string;
  readonly name: string;
  readonly action: string;
  readonly match: Readonly<Record<string, string>>;
  readonly from: string;
  readonly to: string;
  readonly by: string;
}

const rowOf = ({ id, name, action, match, from, to, by }: ShownCalendar): string =>
  line`${action.padEnd(7)}  ${from} to ${to}  ${JSON.stringify(match)}  ${name} (${by})  ${id}`;

export async function listCalendar(options: ApiOptions): Promise<void> {
  const entries = await callApi<readonly ShownCalendar[]>('get', '/api/calendar', options);
  console.log(options.json ? JSON.stringify(entries) : entries.map(rowOf).join('\n') || 'nothing');
}

export type AddOptions = ApiOptions & {
  readonly name: string;
  readonly match: readonly string[];
  readonly from?: string;
  readonly for: string;
  readonly by: string;
};

export async function addToCalendar(
  action: string,
  { name, match, from, for: length, by, ...options }: AddOptions,
): Promise<void> {
  if (!(calendarActions as readonly string[]).includes(action))
    throw new StartError(`${action} is no action: say ${calendarActions.join(', ')}`);
  const ms = parseDuration(length);
  if (Number.isNaN(ms)) throw new StartError(`${length} is no duration: write for example 30m, 2h or 1d`);
  const start = from === undefined ? Date.now() : Date.parse(from);
  if (Number.isNaN(start)) throw new StartError(`${from} is no time: write for example 2026-01-05T03:00:00Z`);
  const labels = match.map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw new StartError(`${pair} is no matcher: write label=value or label=/pattern/`);
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  const body = {
    name,
    action,
    match: Object.fromEntries(labels),
    from: new Date(start).toISOString(),
    to: new Date(start + ms).toISOString(),
    by,
  };
  const entry = await callApi<ShownCalendar>('post', '/api/calendar', options, body);
  console.log(options.json ? JSON.stringify(entry) : rowOf(entry));
}

export async function endInCalendar(id: string, options: ApiOptions): Promise<void> {
  const entry = await callApi<ShownCalendar>('delete', `/api/calendar/${encodeURIComponent(id)}`, options);
  console.log(options.json ? JSON.stringify(entry) : rowOf(entry));
}

export const command = new Command('calendar').description('mute, freeze learning, or announce a change');
command.addCommand(ofRunning(new Command('list')).description('what holds or will hold').action(listCalendar));
command.addCommand(
  withAuthor(ofRunning(new Command('add')))
    .description('mute, freeze or expect, for some entities and a time')
    .argument('<action>', calendarActions.join(', '))
    .requiredOption('--name <text>', 'why, for people')
    .requiredOption('--for <duration>', 'how long, for example 2h')
    .option('--match <label=value...>', 'labels of the entities; all without', [])
    .option('--from <time>', 'when it begins (ISO 8601); now without')
    .addHelpText(
      'after',
      examples('tocsin calendar add mute --name "database upgrade" --match service=/pay.*/ --for 2h'),
    )
    .action(addToCalendar),
);
command.addCommand(
  ofRunning(new Command('end')).description('end it now').argument('<id>', 'as list prints it').action(endInCalendar),
);
