/** Lists alerts, shows one, or follows those that come. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { alertDocument } from '../../connectors/kafka/alert-document.js';
import { entityFromKey } from '../../records/entity.js';
import { severities, type Alert } from '../../records/alert.js';
import { StartError } from '../../runtime/start-error.js';
import { alertNamed, alertsOf } from '../alerts.js';
import { refuseWords } from '../mistyped.js';
import type { ApiOptions } from '../api-client.js';
import { examples, number, ofRunning } from '../command-line.js';
import { alertPrinter } from '../terminal/alert-output.js';
import { cardOf } from '../terminal/alert-card.js';
import { placeOf } from '../terminal/card.js';
import { column, cut, visible } from '../terminal/columns.js';
import { line } from '../terminal/line.js';
import { createScreen, screenOptions } from '../terminal/screen.js';

type ListOptions = ApiOptions & {
  readonly firing?: boolean;
  readonly service?: string;
  readonly severity?: string;
  readonly since?: string;
  readonly limit: number;
};

function filtered(alerts: readonly Alert[], { firing, service, severity, since }: Omit<ListOptions, 'limit'>): Alert[] {
  if (severity !== undefined && !(severities as readonly string[]).includes(severity))
    throw new StartError(`--severity ${severity}: give one of ${severities.join(', ')}`);
  const from = since === undefined ? 0 : Date.parse(since);
  if (Number.isNaN(from)) throw new StartError(`--since ${since}: give a time in ISO 8601`);
  return alerts.filter(
    (alert) =>
      !alert.audit &&
      (firing !== true || alert.status === 'firing') &&
      (service === undefined || entityFromKey(alert.entity).labels.service === service) &&
      (severity === undefined || alert.severity === severity) &&
      alert.startsAt >= from,
  );
}

const asJson = (alert: Alert): string => JSON.stringify(alertDocument(alert, {}));

export async function listAlerts({ limit, ...options }: ListOptions): Promise<void> {
  const alerts = filtered(await alertsOf(options), options).slice(-limit);
  if (options.json) for (const alert of alerts) console.log(asJson(alert));
  else if (alerts.length === 0) console.log('no alerts');
  else {
    const { columns = 80 } = screenOptions(process.stdout, process.env);
    for (const { fingerprint, startsAt, status, severity, entity, explanation } of alerts) {
      const when = new Date(startsAt).toISOString().slice(0, 16).replace('T', ' ');
      const head = `${fingerprint} ${when} ${column(status, 8)} ${column(severity, 8)} `;
      console.log(cut(line`${head} ${visible(placeOf(entity))}: ${visible(explanation.summary)}`, columns));
    }
  }
}

export async function showAlert(name: string, options: ApiOptions): Promise<void> {
  const alert = alertNamed(await alertsOf(options), name);
  if (options.json) console.log(asJson(alert));
  else
    createScreen(process.stdout, { ...screenOptions(process.stdout, process.env), inPlace: false }).alert(
      cardOf(alert),
    );
}

/** Between two looks, ms. */
const every = 2000;

/** Prints what changes from now on, until it is interrupted. */
export async function followAlerts({ limit: _limit, ...options }: ListOptions): Promise<void> {
  const screen = createScreen(process.stdout, { ...screenOptions(process.stdout, process.env), inPlace: false });
  const print = alertPrinter(options.json ? 'json' : 'text', screen, (line) => process.stdout.write(line))!;
  const known = new Map<string, string>();
  const stateOf = ({ status, severity }: Alert): string => `${status} ${severity}`;
  for (let isFirst = true; ; isFirst = false) {
    for (const alert of filtered(await alertsOf(options), options)) {
      const before = known.get(alert.fingerprint);
      known.set(alert.fingerprint, stateOf(alert));
      if (isFirst || before === stateOf(alert)) continue;
      const change = alert.status === 'resolved' ? 'resolved' : before === undefined ? 'new' : 'worse';
      print({ type: 'notice', alert, change });
    }
    await sleep(every);
  }
}

export const command = new Command('alerts').description(
  'alerts of a running tocsin, or of a run that is over (--config)',
);
const filters = (name: string): Command =>
  ofRunning(new Command(name), 'its configuration; where no tocsin answers its log is read')
    .option('--firing', 'only those that fire now')
    .option('--service <name>', 'only of this service')
    .option('--severity <name>', severities.join(', '))
    .option('--since <time>', 'only those that began at or after, ISO 8601')
    .option('--limit <n>', 'at most so many, the last ones', number, 50);
command.addCommand(
  refuseWords(
    command,
    filters('list')
      .description('one a line: fingerprint, beginning (UTC), state, severity, where and what')
      .addHelpText('after', examples('tocsin alerts list --firing', 'tocsin alerts list --config tocsin.yaml --json'))
      .action(listAlerts),
  ),
  { isDefault: true },
);
command.addCommand(
  ofRunning(new Command('show'), 'its configuration; where no tocsin answers its log is read')
    .description('all that is known of one')
    .argument('<alert>', 'its fingerprint, or enough of its beginning')
    .action(showAlert),
);
command.addCommand(filters('follow').description('print what changes, until it is interrupted').action(followAlerts));
