/** Gives verdicts to a running tocsin and takes them back, by the same door as everybody. */
import { Command } from 'commander';
import { examples, ofRunning, withAuthor, withConfig } from '../command-line.js';
import { loggedAlerts } from '../../offline/alerts.js';
import { verdictValues, type VerdictValue } from '../../records/verdict.js';
import { readConfig } from '../../service/configuration.js';
import { withOfflineVerdicts } from '../../service/people/offline-verdicts.js';
import type { Verdicts } from '../../service/people/verdicts.js';
import { alertNamed, alertsOf } from '../alerts.js';
import { feedbackList } from './feedback-list.js';
import { callApi, configOf, type ApiOptions } from '../api-client.js';
import { line } from '../terminal/line.js';
import { nearest, noCommand } from '../mistyped.js';
import { StartError } from '../../runtime/start-error.js';

type FeedbackOptions = ApiOptions & { readonly by: string };

/** A time, from and to in ISO 8601. */
export type RangeOptions = FeedbackOptions & { readonly from: string; readonly to: string };

/** What a verdict is about, as the body of the API has it. */
export type FeedbackSubject =
  | { readonly alert: string }
  | { readonly incident: string }
  | { readonly entity: string; readonly from: string; readonly to: string };

export async function feedback(subject: FeedbackSubject, value: string, options: FeedbackOptions): Promise<void> {
  if (!isVerdict(value)) throw new StartError(`${value} is no verdict: say ${verdictValues.join(', ')}`);
  const { by, ...api } = options;
  const meant = 'alert' in subject ? { alert: (await named(subject.alert, api)) ?? subject.alert } : subject;
  const data = await orOffline(
    api,
    () => callApi<{ ids: readonly string[] }>('post', '/api/verdicts', api, { ...meant, value, by }),
    async (verdicts) => {
      const about =
        'from' in meant ? { entity: meant.entity, from: Date.parse(meant.from), to: Date.parse(meant.to) } : meant;
      return (await verdicts.give({ ...about, value, by, via: 'cli' })) ?? { ids: [] };
    },
  );
  if (data.ids.length === 0) throw new StartError(`nothing is known of ${Object.values(meant).join(' ')}`, 'failed');
  const about = Object.values(meant).join(' ');
  const verdicts = data.ids.length === 1 ? 'verdict' : 'verdicts';
  const later = 'offline' in data ? '; the next run on this state takes it up' : '';
  console.log(
    options.json
      ? JSON.stringify(data)
      : line`noted: ${about} was ${value} (${verdicts} ${data.ids.join(', ')})${later}`,
  );
}

const isVerdict = (value: string): value is VerdictValue => (verdictValues as readonly string[]).includes(value);

/** A whole fingerprint; the beginning of one is looked up. */
const wholeFingerprint = /^[0-9a-f]{14}$/;

async function named(name: string, options: ApiOptions): Promise<string | undefined> {
  return wholeFingerprint.test(name) ? undefined : alertNamed(await alertsOf(options), name).fingerprint;
}

/** By the running process; where none answers and there is a configuration, by the logs of the run that is over. */
async function orOffline<T extends object>(
  options: ApiOptions,
  online: () => Promise<T>,
  offline: (verdicts: Verdicts) => Promise<T>,
): Promise<T | (T & { readonly offline: true })> {
  try {
    return await online();
  } catch (error) {
    const file = configOf(options);
    if (!(error instanceof StartError) || error.kind === 'failed' || file === undefined || options.url !== undefined)
      throw error;
    const config = readConfig(file);
    const alerts = await loggedAlerts(config);
    return { ...(await withOfflineVerdicts(config, alerts, offline)), offline: true };
  }
}

export async function revoke(id: string, { by, ...options }: FeedbackOptions): Promise<void> {
  const path = `/api/verdicts/${encodeURIComponent(id)}?by=${encodeURIComponent(by)}`;
  const data = await orOffline(
    options,
    () => callApi<{ id: string }>('delete', path, options),
    async (verdicts) => {
      if (await verdicts.revoke(id, by, 'cli')) return { id };
      throw new StartError(`no verdict has the id ${id}: \`tocsin feedback list\` shows them`, 'failed');
    },
  );
  console.log(options.json ? JSON.stringify(data) : line`taken back: verdict ${data.id}`);
}

export const command = new Command('feedback').description('verdicts: say what an alert was, list what was said');
command.addCommand(
  withConfig(new Command('list'))
    .description('what was said, by whom, and what it changed')
    .option('--json', 'print as JSON, one a line')
    .action(feedbackList),
);
const saying = (name: string): Command => withAuthor(ofRunning(new Command(name)));
command.addCommand(
  saying('give')
    .description('tell tocsin what an alert was: anomaly, not-anomaly, expected or new-normal')
    .argument('<alert>', 'its fingerprint, or enough of its beginning')
    .argument('[verdict]', 'anomaly, not-anomaly, expected or new-normal')
    .usage('[options] <alert> <verdict>')
    .addHelpText(
      'after',
      examples('tocsin feedback 3f9a1c20b7d4e8 not-anomaly', 'tocsin feedback 3f9a1c20b7d4e8 anomaly --by ann'),
    )
    .action((alert: string, verdict: string | undefined, options: FeedbackOptions) => {
      if (verdict !== undefined) return feedback({ alert }, verdict, options);
      if (nearest(command, alert) !== undefined) throw noCommand(command, alert);
      throw new StartError(`feedback ${alert}: say what it was: ${verdictValues.join(', ')}`);
    }),
  { isDefault: true },
);
command.addCommand(
  saying('incident')
    .description('the same for every alert of an incident')
    .argument('<incident>', 'its id')
    .argument('<verdict>', 'anomaly, not-anomaly, expected or new-normal')
    .addHelpText('after', examples('tocsin feedback incident i3f9a1c20b7d4e8 expected'))
    .action((incident: string, verdict: string, options: FeedbackOptions) => feedback({ incident }, verdict, options)),
);
command.addCommand(
  saying('range')
    .description('the same for all alerts of an entity in a time; an anomaly also where no alert was raised')
    .argument('<entity>', 'key of the entity')
    .argument('<verdict>', 'anomaly, not-anomaly, expected or new-normal')
    .requiredOption('--from <time>', 'event time, ISO 8601')
    .requiredOption('--to <time>', 'event time, ISO 8601')
    .addHelpText(
      'after',
      examples(
        `tocsin feedback range 'service{service="cart"}' anomaly --from 2026-01-31T14:00:00Z --to 2026-01-31T14:30:00Z`,
      ),
    )
    .action((entity: string, verdict: string, { from, to, ...options }: RangeOptions) =>
      feedback({ entity, from, to }, verdict, options),
    ),
);
command.addCommand(
  saying('revoke')
    .description('take a verdict back, by the id that give or list showed')
    .argument('<id>', 'id of the verdict')
    .addHelpText('after', examples('tocsin feedback revoke 5d1f20ab37c9'))
    .action(revoke),
);
