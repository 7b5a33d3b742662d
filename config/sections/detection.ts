/** `detection`: warm-up, budgets and whom to believe. */
import { z } from 'zod';
import { duration, match } from '../values.js';

export const detection = z
  .strictObject({
    warmup: duration(
      '0s',
      'Event time before anything is scored: neither the models that ship with tocsin nor own ones before it.',
    ),
    training: z
      .strictObject({
        automatic: z
          .boolean()
          .prefault(true)
          .describe(
            'Train after 2 hours of event time where there is enough, after 1 and 7 days, then every `every`, and when much is new. `false`: only `tocsin train` does.',
          ),
        every: duration('7d', 'Event time between two trainings once the first ones are over.'),
        drift: z
          .enum(['live', 'always', 'never'])
          .prefault('live')
          .describe(
            'Look each day for services that are not what they were when the models learnt them, and train where some are: `live` not while a backlog is read.',
          ),
        drift_budget: z
          .number()
          .positive()
          .prefault(1)
          .describe('False drift alarms a week, of all services together.'),
      })
      .prefault({}),
    budget: z
      .number()
      .positive()
      .prefault(1)
      .describe('At most this many false alerts a week for each service; its series and session classes share them.'),
    fleet_budget: z.number().positive().optional().describe('And at most this many a week for all services together.'),
    questions: z
      .int()
      .min(0)
      .prefault(1)
      .describe('At most this many questions a week for each session class: sessions on which an answer settles most.'),
    budgets: z
      .array(z.strictObject({ match, budget: z.number().positive() }))
      .prefault([])
      .describe('Other budgets for some services: the first match counts.'),
    policy: z
      .enum(['mixture', 'thompson', 'default'])
      .prefault('mixture')
      .describe(
        '`mixture`: gated mixture of arms. `thompson`: discounted Thompson sampling. `default`: the default arm.',
      ),
    extra: z
      .array(z.enum(['isolation-forest', 'ecod', 'autoencoder']))
      .prefault([])
      .describe('Detectors that are trained beside the usual ones: see docs/detection.md for what they bring.'),
    models: z
      .array(z.string())
      .prefault([])
      .describe('ONNX files of your own: each joins the ensemble of its feature schema when that is trained.'),
    seed: z.int().min(0).prefault(1).describe('Seed of training and of the rare random audits.'),
  })
  .prefault({});
