/** The one place for what may stand in a configuration file: validation, defaults and the reference page come from it. */
import { z } from 'zod';
import { alerts } from './sections/alerts.js';
import { calendars, deploys } from './sections/calendars.js';
import { channels } from './sections/channels.js';
import { detection } from './sections/detection.js';
import { features } from './sections/features.js';
import { healing } from './sections/healing.js';
import { http } from './sections/http.js';
import { kafka } from './sections/kafka.js';
import { deadLetters } from './sections/dead-letters.js';
import { limits } from './sections/limits.js';
import { log } from './sections/log.js';
import { mlflow } from './sections/mlflow.js';
import { nats } from './sections/nats.js';
import { respond } from './sections/respond.js';
import { rules } from './sections/rules.js';
import { sessions } from './sections/sessions.js';
import { source } from './sections/sources.js';
import { state } from './sections/state.js';
import { windows } from './sections/windows.js';
import { duration } from './values.js';

/** The whole configuration file; each section is in a file of its name. */
export const configSchema = z.strictObject({
  state,
  kafka,
  nats,
  channels,
  sources: z.array(source).min(1).describe('What is read.'),
  sessions,
  windows,
  dead_letters: deadLetters,
  limits,
  detection,
  mlflow,
  rules,
  alerts,
  calendars,
  deploys,
  respond,
  healing,
  features,
  http,
  log,
  shutdown: duration('20s', 'Limit for draining at SIGTERM.'),
});

export type Config = z.output<typeof configSchema>;
export type SourceConfig = Config['sources'][number];
export type WebhookConfig = Config['respond']['webhooks'][number];
export type HealingConfig = Config['healing']['rules'][number];
