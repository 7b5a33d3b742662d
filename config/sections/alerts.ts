/** `alerts`: when an alert begins and ends, and which belong together. */
import { parse } from 'yaml';
import { z } from 'zod';
import { duration } from '../values.js';

const dependsOn = z.record(z.string(), z.array(z.string()));

/** Written out, or the text of a file of the same form (`topology_file`). */
const topology = z
  .union(
    [
      dependsOn,
      z
        .string()
        .transform((text): unknown => parse(text, { logLevel: 'silent' }))
        .pipe(dependsOn),
    ],
    'is no map of a service to those that it needs, such as `checkout: [payments]`',
  )
  .prefault({})
  .describe(
    'Service to the services that it needs, for example `checkout: [payments]`. `topology_file` names a YAML file of this form.',
  );

export const alerts = z
  .strictObject({
    pending: z.int().min(1).prefault(1).describe('Windows that must fire within `gap` before an alert does.'),
    quiet: z.int().min(1).prefault(3).describe('Quiet windows after which an alert is over.'),
    gap: duration('10m', 'And this long without a window that fires or nearly does; doubled when the trouble returns.'),
    lost: duration('1h', 'Without any window of the entity for so long it is over too.'),
    incidents: z
      .strictObject({
        within: duration('15m', 'Alerts that begin so shortly after one another may be one incident.'),
        labels: z
          .array(z.string())
          .prefault(['service', 'namespace', 'cluster', 'team'])
          .describe('Where they share one of these labels, or depend on each other.'),
        topology,
      })
      .prefault({}),
  })
  .prefault({})
  .describe('Episodes and incidents.');
