/** `calendars` and `deploys`: what is known beforehand of a time range, and who tells of changes. */
import { z } from 'zod';
import { duration, match, strongSecret } from '../values.js';

const time = z.iso.datetime({ offset: true });

export const calendars = z
  .array(
    z.strictObject({
      name: z.string().min(1).describe('Shown where it holds.'),
      action: z
        .enum(['mute', 'freeze', 'expect'])
        .describe(
          '`mute`: scored and learnt, told to nobody. `freeze`: scored and told, not learnt. `expect`: a known change: adapt at once, tell nobody.',
        ),
      match,
      from: time.optional().describe('Beginning of a single range, ISO 8601 with offset.'),
      to: time.optional().describe('Its end.'),
      cron: z.string().optional().describe('Or five fields as in crontab: when each range begins.'),
      duration: duration('1h', 'Length of a range that `cron` begins.'),
      ical: z
        .string()
        .optional()
        .describe('Or an iCalendar text, whose events are ranges: `ical_file` names a file of it.'),
      timezone: z.string().prefault('UTC').describe('Time zone of `cron`, an IANA name.'),
    }),
  )
  .prefault([])
  .describe('Maintenance, known changes, days that say nothing. The API and `tocsin calendar` make single ones.');

export const deploys = z
  .strictObject({
    github_secret: strongSecret(
      'Secret of GitHub webhooks to /api/deploys, 32 characters or more, whose signature is then checked.',
    ).optional(),
    topics: z.array(z.string()).prefault([]).describe('Kafka topics with deploys as JSON: GitHub, Argo CD or generic.'),
  })
  .prefault({})
  .describe('Deploys, by POST to /api/deploys or from Kafka: shown in alerts that follow, and in Grafana.');
