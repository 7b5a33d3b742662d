/** Gives verdicts to a running tocsin and takes them back, by the same door as everybody. */
import { Command } from 'commander';
import { examples, ofRunning, withAuthor, withConfig } from '../command-line.js';
import { verdictValues } from '../../records/verdict.js';
import { feedbackList } from './feedback-list.js';
import { callApi, type ApiOptions } from '../api-client.js';
import { line } from '../terminal/line.js';
import { StartError } from '../../runtime/start-error.js';

type FeedbackOptions = ApiOptions & { readonly by: string };

/** A time, from and to in ISO 8601. */
export type RangeOptions = FeedbackOptions & { readonly from: string; readonly to: string };

/** What a verdict is about, as the body of the API has it. */
export type FeedbackSubject =
  | { readonly alert: string }
  | { readonly incident: string }
  | { readonly entity: string; readonly from: string; readonly to: string };

export async function feedback(
  subject: FeedbackSubject,
  value: string,
  { by, ...options }: FeedbackOptions,
): Promise<void> {
  if (!(verdictValues as readonly string[]).includes(value)) {
    throw new StartError(`${value} is no verdict: say ${verdictValues.join(', ')}`);
  }
  const data = await callApi<{ ids: string[] }>('post', '/api/verdicts', options, { ...subject, value, by });
  const about = Object.values(subject).join(' ');
  const verdicts = data.ids.length === 1 ? 'verdict' : 'verdicts';
  console.log(
    options.json ? JSON.stringify(data) : line`noted: ${about} was ${value} (${verdicts} ${data.ids.join(', ')})`,
  );
}

export async function revoke(id: string, { by, ...options }: FeedbackOptions): Promise<void> {
  const path = `/api/verdicts/${encodeURIComponent(id)}?by=${encodeURIComponent(by)}`;
  const data = await callApi<{ id: string }>('delete', path, options);
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
    .argument('<alert>', 'its fingerprint')
    .argument('<verdict>', 'anomaly, not-anomaly, expected or new-normal')
    .addHelpText(
      'after',
      examples('tocsin feedback 3f9a1c20b7d4e8 not-anomaly', 'tocsin feedback 3f9a1c20b7d4e8 anomaly --by ann'),
    )
    .action((alert: string, verdict: string, options: FeedbackOptions) => feedback({ alert }, verdict, options)),
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
    .description('the same for what was told of an entity in a time; an anomaly also where nothing was told')
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
