/** Features and templates of an entity: curves, lists, and what differs in a range. */
import { schemas } from '../../models/features/schemas.js';
import { featureDifferences, templateDifferences } from '../view/differs.js';
import type { DecidedPoint } from '../view/window-ring.js';
import {
  count,
  finite,
  iso,
  isoOrNull,
  listOf,
  number,
  numberOrNull,
  rangeOf,
  rangeQuery,
  row,
  text,
  time,
  timeOrNull,
  yes,
  type Ranged,
} from './filter.js';
import { paged, pageOf, pageQuery, type PageQuery } from './page.js';
import { HttpProblem } from '../../connectors/http/problem.js';
import { route, type ApiRoute, type JsonSchema } from './route.js';
import type { ConsoleParts } from './served.js';

const hour = 3_600_000;
const entityQuery: Readonly<Record<string, JsonSchema>> = {
  entity: { type: 'string', maxLength: 2000, description: 'Key of the entity, as /entities lists it.' },
};
interface EntityQuery {
  readonly entity?: string;
}

/** Windows of a curve at most; of more, each point is the one that came nearest to firing of its share. */
const maxPoints = 500;
/** Windows that a range is compared with at most. */
const maxCompared = 400;

/** Ascending by end, at most so many; those that fired come first to be kept. */
function thinned(points: readonly DecidedPoint[], most: number): DecidedPoint[] {
  const sorted = [...points].sort((a, b) => a.end - b.end || a.offset - b.offset);
  if (sorted.length <= most) return sorted;
  const kept: DecidedPoint[] = [];
  for (let i = 0; i < most; i++) {
    const share = sorted.slice(Math.floor((i * sorted.length) / most), Math.floor(((i + 1) * sorted.length) / most));
    kept.push(share.reduce((best, one) => (one.u - one.threshold > best.u - best.threshold ? one : best)));
  }
  return kept;
}

const featureRow = row({
  entity: text,
  end: time,
  feature: text,
  value: { ...numberOrNull, description: 'Normalised, as detectors get it: in robust standard deviations.' },
  actual: { ...numberOrNull, description: 'Measured, in its unit; null before this process has seen it.' },
  typical: numberOrNull,
  unit: text,
});

const templateRow = row({
  entity: text,
  template: text,
  sample: { ...text, description: 'A masked example line.' },
  firstAt: time,
  lastAt: time,
  novelAt: timeOrNull,
  typical: { ...number, description: 'Lines a window.' },
  last: { ...count, description: 'Lines in the last window in which it stood out.' },
});

const curve = row({
  entity: text,
  schema: text,
  from: time,
  to: time,
  windows: { ...count, description: 'Decisions in the range; more than there are points are thinned.' },
  points: listOf(
    row({ id: text, end: time, u: number, threshold: number, fired: yes, asked: yes, vetoed: yes, scored: yes }),
  ),
  features: listOf(
    row({
      feature: text,
      unit: text,
      description: text,
      values: listOf(numberOrNull),
      actual: listOf(numberOrNull),
      typical: listOf(numberOrNull),
    }),
  ),
});

export function featureRoutes(parts: ConsoleParts): ApiRoute[] {
  const { view } = parts;

  function known(entity: string | undefined): string {
    if (entity === undefined) throw new HttpProblem(400, 'entity is needed: /api/v1/entities lists them');
    if (!view.entities.has(entity)) throw new HttpProblem(404, `no entity ${entity}: /api/v1/entities lists them`);
    return entity;
  }

  async function curveOf(asked: EntityQuery & Ranged) {
    const entity = known(asked.entity);
    const state = view.entities.get(entity)!;
    const { from, to } = rangeOf(asked, { from: state.end - 6 * hour, to: state.end });
    const all = [...view.ring.latest({ from, to, entity })];
    const points = thinned(all, maxPoints);
    const whole = await view.decisions(points);
    const rows = new Map(view.rows.rows(entity, from, to).map((one) => [one.end, one]));
    const schema = schemas.get(state.schema);
    const at = ({ shard, offset }: DecidedPoint) => whole.get(`${shard}-${offset}`);
    const features = (schema?.columns ?? []).map(({ name, unit, description }, i) => ({
      feature: name,
      unit,
      description,
      values: points.map((point) => {
        const decision = at(point);
        return decision?.schema === state.schema ? finite(decision.features[i]) : null;
      }),
      actual: points.map(({ end, session }) => (session ? null : finite(rows.get(end)?.actual[i]))),
      typical: points.map(({ end, session }) => (session ? null : finite(rows.get(end)?.typical[i]))),
    }));
    return { entity, schema: state.schema, from, to, windows: all.length, points, features };
  }

  return [
    route<EntityQuery & Ranged>({
      method: 'GET',
      path: '/curves',
      tag: 'features',
      scope: 'read',
      summary: 'Score, threshold and features of an entity over time, for charts.',
      query: { ...entityQuery, ...rangeQuery },
      answer: curve,
      handle: async ({ query }) => {
        const { from, to, points, ...rest } = await curveOf(query);
        return {
          ...rest,
          from: iso(from),
          to: iso(to),
          points: points.map(({ shard, offset, end, ...point }) => ({
            ...point,
            id: `${shard}-${offset}`,
            end: iso(end),
          })),
        };
      },
    }),
    route<EntityQuery & Ranged & PageQuery & { feature?: string }>({
      method: 'GET',
      path: '/features',
      tag: 'features',
      scope: 'read',
      summary: 'Features of the windows of an entity, a row for each window and feature, the latest first.',
      query: { ...entityQuery, ...rangeQuery, ...pageQuery, feature: { type: 'string', maxLength: 100 } },
      answer: pageOf(featureRow),
      handle: async ({ query }) => {
        const { entity, points, features } = await curveOf(query);
        const rows = features
          .filter(({ feature }) => query.feature === undefined || feature === query.feature)
          .flatMap(({ feature, unit, values, actual, typical }) =>
            points.map(({ end }, i) => ({
              end,
              feature,
              unit,
              value: values[i],
              actual: actual[i],
              typical: typical[i],
            })),
          );
        const page = paged(rows, ({ end, feature }) => [end, feature], query, -1);
        return { ...page, items: page.items.map((one) => ({ ...one, entity, end: iso(one.end) })) };
      },
    }),
    route<EntityQuery & PageQuery>({
      method: 'GET',
      path: '/templates',
      tag: 'features',
      scope: 'read',
      summary: 'Templates of an entity that stood out since this process started, the latest first.',
      query: { ...entityQuery, ...pageQuery },
      answer: pageOf(templateRow),
      handle: ({ query }) => {
        const entity = known(query.entity);
        const page = paged(view.rows.templates(entity), ({ last, id }) => [last, String(id)], query, -1);
        return {
          ...page,
          items: page.items.map(({ text: template, sample, first, last, novelAt, typical, counts }) => ({
            ...{ entity, template, sample, typical },
            firstAt: iso(first),
            lastAt: iso(last),
            novelAt: isoOrNull(novelAt),
            last: counts[counts.length - 1]?.count ?? 0,
          })),
        };
      },
    }),
    route<EntityQuery & Ranged>({
      method: 'GET',
      path: '/differs',
      tag: 'features',
      scope: 'read',
      summary: 'What differs in a range of an entity against the day before it: features and templates, ranked.',
      query: { ...entityQuery, ...rangeQuery },
      answer: row({
        entity: text,
        from: time,
        to: time,
        windows: { ...count, description: 'Of the range.' },
        compared: { ...count, description: 'Windows that it is compared with.' },
        features: listOf(row({ feature: text, inside: number, outside: number, difference: number })),
        templates: listOf(
          row({ template: text, sample: text, inside: number, outside: number, what: text, difference: number }),
        ),
      }),
      handle: async ({ query }) => {
        const entity = known(query.entity);
        const state = view.entities.get(entity)!;
        const range = rangeOf(query, { from: state.end - hour, to: state.end });
        const inside = thinned([...view.ring.latest({ ...range, entity })], maxCompared);
        const before = { from: range.from - 24 * hour, to: range.from };
        // Every so many of the day before: those nearest to firing would be no fair comparison.
        const earlier = [...view.ring.latest({ ...before, entity })];
        const every = Math.max(1, Math.ceil(earlier.length / maxCompared));
        const outside = earlier.filter((_, i) => i % every === 0);
        const whole = await view.decisions([...inside, ...outside]);
        const windows = [...whole.values()].filter(({ schema }) => schema === state.schema);
        const names = schemas.get(state.schema)?.columns.map(({ name }) => name) ?? [];
        return {
          entity,
          from: iso(range.from),
          to: iso(range.to),
          windows: inside.length,
          compared: outside.length,
          features: featureDifferences(windows, range, names).slice(0, 10),
          templates: templateDifferences(view.rows.templates(entity), range).slice(0, 10),
        };
      },
    }),
  ];
}
