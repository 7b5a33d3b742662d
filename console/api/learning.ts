/** What the models in force are worth now: which features they need, and where the world is not what they learnt. */
import { LEAST_ANSWERS } from '../../models/detectors/importance.js';
import { openSet } from '../../models/registry/registry.js';
import { importanceIn, type AnsweredRow, type SchemaImportance } from '../../offline/importance/importance.js';
import { subjectOf } from '../../records/score.js';
import { Artefacts } from '../../training/artefacts.js';
import type { DecidedPoint } from '../view/window-ring.js';
import { count, iso, listOf, number, row, text, textOrNull, timeOrNull } from './filter.js';
import { HttpProblem } from '../../connectors/http/problem.js';
import { route, type ApiRoute } from './route.js';
import type { ConsoleParts } from './served.js';

/** Answered windows of either kind that importance is worked out by: more take longer and tell little more. */
const maxRows = 50;

const drift = row({
  lookedAt: { ...timeOrNull, description: 'When it was last looked for; null where it was not yet by this process.' },
  entities: { ...count, description: 'Entities that it was looked for in.' },
  young: { ...count, description: 'Entities with too short a past.' },
  items: { ...listOf(row({ entity: text })), description: 'Entities that are not what the models learnt.' },
});

const importance = row({
  set: { ...textOrNull, description: 'The set in force.' },
  leastAnswers: { ...count, description: 'Answers of each kind without which importance is chance.' },
  items: listOf(
    row({
      schema: text,
      anomalies: count,
      others: count,
      detectors: listOf(
        row({
          name: text,
          separation: {
            ...number,
            description: 'Chance that an anomaly scores above another window: .5 knows nothing.',
          },
          features: listOf(
            row({ feature: text, drop: { ...number, description: 'What it loses without the feature.' } }),
          ),
        }),
      ),
    }),
  ),
});

export function learningRoutes({ config, metrics, view, run }: ConsoleParts): ApiRoute[] {
  const { dir } = Artefacts.in(config.state.dir);
  let last: { readonly of: string; readonly found: Promise<SchemaImportance[]> } | undefined;

  /** Answered windows of the decisions that are kept, the latest first, by schema. */
  async function answeredRows(): Promise<Map<string, AnsweredRow[]>> {
    const answers = run()?.answers() ?? new Map<string, boolean>();
    const ends = new Set([...answers.keys()].map((subject) => subject.split('\0')[0]));
    const points: DecidedPoint[] = [];
    for (const point of view.ring.latest({ from: 0, to: 8.64e15 })) {
      if (ends.has(String(point.end))) points.push(point);
      if (points.length >= 40 * maxRows) break;
    }
    const decisions = await view.decisions(points);
    const rows = new Map<string, AnsweredRow[]>();
    for (const { shard, offset } of points) {
      const decision = decisions.get(`${shard}-${offset}`);
      const isTrue = decision && decision.key === '' ? answers.get(subjectOf(decision)) : undefined;
      if (!decision || isTrue === undefined) continue;
      const known = rows.get(decision.schema) ?? [];
      rows.set(decision.schema, known);
      if (known.filter((one) => one.isTrue === isTrue).length < maxRows)
        known.push({ features: decision.features, isTrue });
    }
    return rows;
  }

  return [
    route({
      method: 'GET',
      path: '/drift',
      tag: 'models',
      scope: 'read',
      summary: 'Entities whose last day is unlike what the models in force learnt of them.',
      answer: drift,
      handle: async () => {
        const valueOf = async (name: 'driftEntities' | 'driftYoung' | 'driftLooked'): Promise<number> =>
          (await metrics[name].get()).values[0]?.value ?? 0;
        const looked = await valueOf('driftLooked');
        const { values } = await metrics.drift.get();
        return {
          lookedAt: looked > 0 ? iso(looked * 1000) : null,
          entities: await valueOf('driftEntities'),
          young: await valueOf('driftYoung'),
          items: values.flatMap(({ value, labels }) => (value > 0 ? [{ entity: String(labels.entity) }] : [])),
        };
      },
    }),
    route({
      method: 'GET',
      path: '/importance',
      tag: 'models',
      scope: 'read',
      summary: `What each detector in force loses without a feature, by the last ${maxRows} answered windows of either kind.`,
      answer: importance,
      handle: async () => {
        const set = [...view.artefacts.values()].find((id) => id !== '');
        if (set === undefined) return { set: null, leastAnswers: LEAST_ANSWERS, items: [] };
        const of = `${set} ${run()?.answers().size ?? 0}`;
        // It takes some seconds of the models: one at a time, and again only where something has changed.
        if (last?.of !== of) {
          const before = last?.found.catch(() => undefined) ?? Promise.resolve();
          const found = before.then(async () =>
            importanceIn(await openSet(dir, set), await answeredRows(), config.detection.seed),
          );
          last = { of, found };
        }
        try {
          return { set, leastAnswers: LEAST_ANSWERS, items: await last.found };
        } catch (error) {
          last = undefined;
          throw new HttpProblem(
            404,
            `the set ${set} cannot be read now: ${error instanceof Error ? error.message : ''}`,
          );
        }
      },
    }),
  ];
}
