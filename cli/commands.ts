/** Every command by name: where it is declared, with its options and its action. */
import { existsSync } from 'node:fs';
import type { CommandLoaders } from './command-line.js';

/** By name, in the order of the help; only the command that is called is loaded. */
const all: CommandLoaders = {
  demo: () => import('./commands/demo.js'),
  init: () => import('./commands/init.js'),
  try: () => import('./commands/try.js'),
  run: () => import('./commands/run.js'),
  doctor: () => import('./commands/doctor.js'),
  status: () => import('./commands/status.js'),
  alerts: () => import('./commands/alerts.js'),
  train: () => import('./commands/train.js'),
  tune: () => import('./commands/tune.js'),
  replay: () => import('./commands/replay.js'),
  lint: () => import('./commands/lint.js'),
  topology: () => import('./commands/topology.js'),
  topics: () => import('./commands/topics.js'),
  reshard: () => import('./commands/reshard.js'),
  dlq: () => import('./commands/dlq.js'),
  templates: () => import('./commands/templates.js'),
  models: () => import('./commands/models.js'),
  snapshot: () => import('./commands/snapshot.js'),
  simulate: () => import('./commands/simulate.js'),
  feedback: () => import('./commands/feedback.js'),
  calendar: () => import('./commands/calendar.js'),
  heal: () => import('./commands/heal.js'),
  completion: async () => ({ command: (await import('./commands/completion.js')).completionOf(commands, hidden) }),
  token: () => import('./commands/token.js'),
  watermark: () => import('./commands/watermark.js'),
  drift: () => import('./commands/drift.js'),
  features: () => import('./commands/features.js'),
  whatif: () => import('./commands/whatif.js'),
  eval: () => import('./commands/eval.js'),
  assets: () => import('./commands/assets.js'),
  docs: () => import('./commands/docs.js'),
};
/** Left out of the help: for those who work on tocsin. */
export const hidden: readonly string[] = ['docs'];

/** Work with the laboratory, which is part of the source and not of the installed package. */
export const laboratory: readonly string[] = ['demo', 'simulate', 'eval', 'docs'];
/** What this installation leaves out. */
export const leftOut: readonly string[] = existsSync(new URL('../lab', import.meta.url)) ? [] : laboratory;
export const commands: CommandLoaders = Object.fromEntries(
  Object.entries(all).filter(([name]) => !leftOut.includes(name)),
);
