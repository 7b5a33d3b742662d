/** What a running tocsin is doing: what it reads, watches, has learnt and has decided. */
import { Command } from 'commander';
import type { Status } from '../../service/status.js';
import { eventSpan } from '../../service/training/words.js';
import { callApi, type ApiOptions } from '../api-client.js';
import { examples, ofRunning } from '../command-line.js';
import { column, cut, visible, wrap } from '../terminal/columns.js';
import { remedyOf } from '../terminal/remedies.js';
import { screenOptions } from '../terminal/screen.js';
import { line } from '../terminal/line.js';
import { plural, whole } from '../terminal/wording.js';

export async function status(options: ApiOptions): Promise<void> {
  const found = await callApi<Status>('get', '/api/status', options);
  const { columns = 80 } = screenOptions(process.stdout, process.env);
  console.log(options.json ? JSON.stringify(found) : renderStatus(found, columns).join('\n'));
}

const labelWidth = 10;

/** Lines of at most `columns`. */
export function renderStatus(status: Status, columns: number): string[] {
  const { ready, problems, waiting, lines, watched, templates, learning, sources, windows, alerts, budget } = status;
  const row = (name: string, text: string): string[] =>
    wrap(visible(text), columns - labelWidth, 4).map(
      (part, i) => line`${column(i === 0 ? name : '', labelWidth)}${part}`,
    );
  const reasons = Object.entries(lines.reasons);
  const [worst] = reasons;
  const closed =
    windows.closedTo === null || windows.closedSecondsAgo === null
      ? 'none closed yet'
      : line`closed up to ${windows.closedTo.slice(0, 19).replace('T', ' ')} UTC, ${eventSpan(Math.max(0, windows.closedSecondsAgo) * 1000)} ago`;
  return [
    ...row('state', ready ? 'ready' : line`not ready: ${problems.join('; ')}`),
    ...waiting.flatMap((text) => row('', text)),
    ...row('learning', learning),
    ...row(
      'lines',
      line`${whole(lines.in)} in: ${whole(lines.read)} read, ${whole(lines.joined)} joined, ${whole(lines.refused)} refused`,
    ),
    ...(reasons.length > 0
      ? row('', reasons.map(([reason, count]) => line`${reason} ${whole(count)}`).join(', '))
      : []),
    ...(worst && worst[0] !== 'empty' ? row('', line`${worst[0]}: ${remedyOf(worst[0])}`) : []),
    ...row(
      'watched',
      line`${plural(watched.services, 'service')}, ${watched.series} series, ${watched.sessions} session classes`,
    ),
    ...row(
      'templates',
      line`${whole(templates.seen)} kinds of lines seen${templates.known === null ? '' : line`, ${whole(templates.known)} templates known`}`,
    ),
    ...row('windows', line`${whole(windows.decided)} decided, ${closed}`),
    ...row(
      'alerts',
      line`${whole(alerts.fired)} fired, ${whole(alerts.resolved)} resolved, ${whole(alerts.firing)} firing${alerts.past > 0 ? line`, ${whole(alerts.past)} of the past not notified` : ''}`,
    ),
    ...row('budget', line`${budget.perWeek} false alerts a week for each service`),
    ...budget.services
      .slice(0, 5)
      .flatMap(({ service, alerts: count, false: wrong }) =>
        row('', line`${service}: ${plural(count, 'alert')}, ${wrong} called false`),
      ),
    ...sources.slice(0, 10).map(({ name, lag, readTo, stalled }, i) => {
      const at = readTo === undefined ? '' : line` up to ${readTo.slice(0, 19).replace('T', ' ')} UTC`;
      const text = line`${visible(name)}${at}${lag === undefined ? '' : line`, ${whole(lag)} behind`}${stalled ? ', stalled' : ''}`;
      return cut(line`${column(i === 0 ? 'sources' : '', labelWidth)}${text}`, columns);
    }),
    ...(sources.length > 10 ? [line`${column('', labelWidth)}and ${plural(sources.length - 10, 'more source')}`] : []),
  ];
}

export const command = ofRunning(new Command('status'))
  .description('what a running tocsin reads, watches, has learnt and has decided')
  .addHelpText('after', examples('tocsin status', 'tocsin status --json --config tocsin.yaml'))
  .action(status);
