/** Decisions, entities and swim lanes. */
import type { Decision } from '../../records/score.js';
import { entityFromKey } from '../../records/entity.js';
import { schemas } from '../../models/features/schemas.js';
import { lanesOf, stepOf } from '../view/lanes.js';
import type { DecidedPoint } from '../view/window-ring.js';
import type { EntityState } from '../view/view.js';
import { allAlerts, rarityOf } from './alert-rows.js';
import {
  count,
  entityFilter,
  filterQuery,
  iso,
  isoOrNull,
  labels,
  listOf,
  number,
  numberOrNull,
  rangeOf,
  rangeQuery,
  row,
  text,
  textOrNull,
  time,
  timeOrNull,
  yes,
  type Filtered,
  type Ranged,
} from './filter.js';
import { paged, pageOf, pageQuery, type PageQuery } from './page.js';
import { HttpProblem } from '../../connectors/http/problem.js';
import { route, type ApiRoute, type JsonSchema } from './route.js';
import type { ConsoleParts } from './served.js';

const hour = 3_600_000;

const point = {
  id: { ...text, description: 'SHARD-OFFSET in the decisions log.' },
  entity: text,
  start: time,
  end: time,
  session: yes,
  u: { ...number, description: 'Return level, -log10(episodes a week).' },
  threshold: number,
  rarity: text,
  fired: yes,
  asked: yes,
  vetoed: yes,
  scored: { ...yes, description: 'False in the warm-up.' },
};

const pointRow = row(point);

const pointOf = ({ shard, offset, start, end, session, ...rest }: DecidedPoint): Record<string, unknown> => ({
  id: `${shard}-${offset}`,
  ...rest,
  start: iso(start),
  end: iso(end),
  session,
  rarity: rarityOf({ key: session ? 'session' : '', u: rest.u }),
});

const wholeDecision = row({
  id: text,
  entity: text,
  key: text,
  start: time,
  end: time,
  u: number,
  threshold: number,
  rarity: text,
  fired: yes,
  asked: yes,
  vetoed: yes,
  confidence: number,
  propensity: number,
  policy: text,
  model: { ...textOrNull, description: 'Id of the set of models; null in the warm-up.' },
  schema: text,
  direction: count,
  rules: listOf(text),
  flags: listOf(text),
  scores: listOf(row({ detector: text, score: number, u: number })),
  arms: listOf(row({ arm: text, u: number, weight: number })),
  features: listOf(row({ feature: text, value: number })),
  baselines: listOf(row({ policy: text, fired: yes })),
  verdicts: { ...listOf(text), description: 'Ids of verdicts that took effect at this boundary.' },
});

function wholeOf(id: string, decision: Decision): Record<string, unknown> {
  const { entity, key, start, end, u, threshold, fired, asked, vetoed, confidence, propensity, policy } = decision;
  const columns = schemas.get(decision.schema)?.columns ?? [];
  return {
    ...{ id, entity, key, u, threshold, fired, asked, vetoed, confidence, propensity, policy },
    start: iso(start),
    end: iso(end),
    rarity: rarityOf(decision),
    model: decision.artefact || null,
    schema: decision.schema,
    direction: decision.direction,
    rules: decision.rules,
    flags: decision.flags,
    scores: decision.scores,
    arms: decision.arms,
    features: decision.features.map((value, i) => ({ feature: columns[i]?.name ?? `column_${i}`, value })),
    baselines: decision.baselines.map(([name, did]) => ({ policy: name, fired: did })),
    verdicts: decision.effective,
  };
}

const entityRow = row({
  entity: text,
  kind: text,
  service: text,
  labels,
  end: { ...time, description: 'Of its last decision.' },
  u: number,
  threshold: number,
  rarity: text,
  schema: text,
  lastFired: timeOrNull,
  firing: { ...count, description: 'Alerts of it that fire.' },
  alerts: count,
  decisions: { ...count, description: 'Since this process started, and those that were read again then.' },
});

const laneRow = row({
  entity: text,
  kind: text,
  service: text,
  fired: count,
  over: numberOrNull,
  cells: listOf(
    row({
      windows: count,
      fired: {
        ...count,
        description: 'Decisions that fired, with an end after the begin of the cell and up to its end.',
      },
      over: { ...numberOrNull, description: 'Largest u less threshold.' },
      u: numberOrNull,
    }),
  ),
});

const maxLaneCells = 200;

export function decisionRoutes(parts: ConsoleParts): ApiRoute[] {
  const { view } = parts;
  const lastHours = (hours: number): { from: number; to: number } => ({
    from: (view.decidedTo || Date.now()) - hours * hour,
    to: view.decidedTo || Date.now(),
  });
  const entityRowOf = (state: EntityState, counts: ReadonlyMap<string, { firing: number; alerts: number }>): object => {
    const { kind, labels: own } = entityFromKey(state.entity);
    const { firing = 0, alerts = 0 } = counts.get(state.entity) ?? {};
    return {
      ...state,
      kind,
      service: own.service ?? state.entity,
      labels: own,
      end: iso(state.end),
      rarity: rarityOf({ key: kind === 'session' ? 'session' : '', u: state.u }),
      lastFired: isoOrNull(state.lastFired),
      firing,
      alerts,
    };
  };
  return [
    route<Filtered & PageQuery>({
      method: 'GET',
      path: '/entities',
      tag: 'decisions',
      scope: 'read',
      summary: 'What is watched, in order of names.',
      query: { ...pageQuery, ...filterQuery },
      answer: pageOf(entityRow),
      handle: ({ query }) => {
        const isMeant = entityFilter(query);
        const counts = new Map<string, { firing: number; alerts: number }>();
        for (const { alert } of allAlerts(parts)) {
          if (alert.audit) continue;
          const { firing, alerts } = counts.get(alert.entity) ?? { firing: 0, alerts: 0 };
          counts.set(alert.entity, { firing: firing + (alert.status === 'firing' ? 1 : 0), alerts: alerts + 1 });
        }
        const found = [...view.entities.values()].filter(({ entity }) => isMeant(entity));
        const page = paged(found, ({ entity }) => [entity, ''], query, 1);
        return { ...page, items: page.items.map((state) => entityRowOf(state, counts)) };
      },
    }),
    route<Filtered & PageQuery & Ranged & { columns?: number; hours?: number }>({
      method: 'GET',
      path: '/lanes',
      tag: 'decisions',
      scope: 'read',
      summary: 'Entities by time: a cell for each step, counted from the same decisions as the list of decisions.',
      query: {
        ...filterQuery,
        ...rangeQuery,
        limit: pageQuery.limit!,
        cursor: { type: 'string', pattern: '^[0-9]{1,6}$', description: '`next` of the page before.' },
        hours: {
          ...{ type: 'integer', minimum: 1, maximum: 24 * 90, default: 24 },
          description: 'Length of the range where `from` is not given: up to `to`, or to the latest decision.',
        },
        columns: { type: 'integer', minimum: 1, maximum: maxLaneCells, default: 48, description: 'At most.' },
      },
      answer: row({
        from: time,
        to: time,
        stepSeconds: count,
        decidedTo: { ...timeOrNull, description: 'End of the latest decision; null before the first.' },
        isCurrent: { ...yes, description: 'False while the logs are read again after a start.' },
        items: listOf(laneRow),
        next: textOrNull,
        total: count,
      }),
      handle: ({ query }) => {
        const { to } = rangeOf(query, { ...lastHours(0), from: -8.64e15 });
        const { from } = rangeOf(query, { from: to - (query.hours ?? 24) * hour, to });
        const { columns = 48, limit = 50, cursor = '0' } = query;
        const isMeant = entityFilter(query);
        const step = stepOf(Math.max(1, to - from), columns);
        const range = { from: Math.floor(from / step) * step, to: Math.ceil(to / step) * step };
        if ((range.to - range.from) / step > maxLaneCells) throw new HttpProblem(400, 'the range is too long');
        const meant = [...view.entities.keys()].filter(isMeant);
        const { lanes } = lanesOf(view.ring.latest(range), range, step, meant);
        const begin = Number(cursor);
        return {
          from: iso(range.from),
          to: iso(range.to),
          stepSeconds: step / 1000,
          decidedTo: isoOrNull(view.decidedTo || undefined),
          isCurrent: view.isCurrent,
          items: lanes.slice(begin, begin + limit).map((lane) => {
            const { kind, labels: own } = entityFromKey(lane.entity);
            return { ...lane, kind, service: own.service ?? lane.entity };
          }),
          next: begin + limit < lanes.length ? String(begin + limit) : null,
          total: lanes.length,
        };
      },
    }),
    route<Filtered & PageQuery & Ranged & { fired?: boolean; entity?: string }>({
      method: 'GET',
      path: '/decisions',
      tag: 'decisions',
      scope: 'read',
      summary: 'Decisions, the latest end first: those that this process keeps.',
      query: {
        ...pageQuery,
        ...filterQuery,
        ...rangeQuery,
        from: { ...rangeQuery.from, description: 'Event time, ISO 8601: ends after it. By default a day ago.' },
        to: { ...rangeQuery.to, description: 'Event time, ISO 8601: ends up to it.' },
        fired: { type: 'boolean' },
        entity: { type: 'string', maxLength: 2000 },
      },
      answer: pageOf(pointRow),
      handle: ({ query }) => {
        const { entity, fired } = query;
        const isMeant = entityFilter(query);
        const known = new Map<string, boolean>();
        const filter = {
          ...rangeOf(query, lastHours(24)),
          ...(entity === undefined ? {} : { entity }),
          ...(fired === undefined ? {} : { fired }),
        };
        const found: DecidedPoint[] = [];
        for (const one of view.ring.latest(filter)) {
          let passes = known.get(one.entity);
          if (passes === undefined) known.set(one.entity, (passes = isMeant(one.entity)));
          if (passes) found.push(one);
        }
        const place = ({ end, shard, offset }: DecidedPoint): [number, string] => [
          end,
          `${String(shard).padStart(5, '0')}-${String(offset).padStart(16, '0')}`,
        ];
        const page = paged(found, place, query, -1);
        return { ...page, items: page.items.map(pointOf) };
      },
    }),
    route<unknown, { id: string }>({
      method: 'GET',
      path: '/decisions/:id',
      tag: 'decisions',
      scope: 'read',
      summary: 'One decision as it is in the log: scores, arms, features.',
      params: { id: { type: 'string', pattern: '^[0-9]{1,5}-[0-9]{1,16}$' } satisfies JsonSchema },
      answer: wholeDecision,
      handle: async ({ params: { id } }) => {
        const [shard, offset] = id.split('-').map(Number) as [number, number];
        const decision = await view.decision(shard, offset);
        if (!decision) throw new HttpProblem(404, `no decision ${id} in the log: retention may have deleted it`);
        return wholeOf(id, decision);
      },
    }),
  ];
}
