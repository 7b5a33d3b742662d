/** What other budgets, or an ensemble without a detector, would have done with the alerts that were answered. */
import { StartError } from '../../runtime/start-error.js';
import { askWhatif, type WhatIfAnswer } from '../../offline/whatif/ask.js';
import { count, listOf, number, numberOrNull, rangeOf, rangeQuery, row, textOrNull, type Ranged } from './filter.js';
import { HttpProblem } from '../../connectors/http/problem.js';
import { route, type ApiRoute } from './route.js';
import type { ConsoleParts } from './served.js';

const maxRemembered = 50;
const day = 86_400_000;
/** z of a two-sided interval of 95 %. */
const z = 1.96;

const sides = row({ true: count, false: count });

/** Wilson's interval of a share (Wilson 1927); null of nothing. */
export function interval(right: number, all: number): { low: number | null; high: number | null } {
  if (all === 0) return { low: null, high: null };
  const share = right / all;
  const middle = share + (z * z) / (2 * all);
  const half = z * Math.sqrt((share * (1 - share)) / all + (z * z) / (4 * all * all));
  const whole = 1 + (z * z) / all;
  return { low: Math.max(0, (middle - half) / whole), high: Math.min(1, (middle + half) / whole) };
}

const answer = row({
  items: listOf(
    row({
      budget: number,
      decisions: count,
      answers: count,
      kept: sides,
      lost: sides,
      new: sides,
      unanswered: { ...count, description: 'Nobody answered them, and they would have gone the other way.' },
      untold: count,
      refusal: { ...textOrNull, description: 'Why the log cannot tell; null where it can.' },
      precision: {
        ...row({ low: numberOrNull, high: numberOrNull }),
        description: 'Share of anomalies among the answered alerts that would have been, interval of 95 %.',
      },
    }),
  ),
  inForce: { ...number, description: 'The budget of the configuration, false alerts a week of a service.' },
});

export function whatifRoutes({ config, view, run }: ConsoleParts): ApiRoute[] {
  /** One pass over the log at a time, and none again before anything has changed. */
  const asked = new Map<string, Promise<WhatIfAnswer[]>>();
  let last: Promise<unknown> = Promise.resolve();

  return [
    route<Ranged & { budget?: number[]; without?: string; policy?: string }>({
      method: 'GET',
      path: '/whatif',
      tag: 'decisions',
      scope: 'read',
      summary: 'What other budgets would have done with the alerts that were answered: as `tocsin whatif` says it.',
      query: {
        ...rangeQuery,
        budget: {
          type: 'array',
          minItems: 1,
          maxItems: 12,
          items: { type: 'number', exclusiveMinimum: 0, maximum: 1000 },
          description: 'False alerts a week of a service, repeated; the one in force by default.',
        },
        without: { type: 'string', maxLength: 100, description: 'A detector that is taken out.' },
        policy: { type: 'string', maxLength: 100, description: '`default`, or an arm by its name.' },
      },
      answer,
      handle: async ({ query }) => {
        const budgets = query.budget ?? [config.detection.budget];
        const range = rangeOf(query, { from: view.decidedTo - 28 * day, to: 8.64e15 });
        const { without, policy } = query;
        const key = JSON.stringify([range, budgets, without, policy, Math.floor(view.version / 1000)]);
        let answers = asked.get(key);
        if (!answers) {
          const questions = budgets.map((budget) => ({
            budget,
            ...(without === undefined ? {} : { without }),
            ...(policy === undefined ? {} : { policy }),
          }));
          answers = last.then(() => askWhatif(config, range, questions, run()?.answers()));
          last = answers.catch(() => undefined);
          if (asked.size >= maxRemembered) asked.clear();
          asked.set(key, answers);
        }
        try {
          const items = (await answers).map((one, i) => {
            const right = one.kept.true + one.new.true;
            const all = right + one.kept.false + one.new.false;
            return { budget: budgets[i], ...one, precision: interval(right, all) };
          });
          return { items, inForce: config.detection.budget };
        } catch (error) {
          asked.delete(key);
          if (error instanceof StartError) throw new HttpProblem(400, error.message);
          throw error;
        }
      },
    }),
  ];
}
