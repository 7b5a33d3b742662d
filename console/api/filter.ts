/** What lists are asked by: labels, a text, a range of event time. */
import { compileMatch } from '../../operators/match/match.js';
import { entityFromKey, type Labels } from '../../records/entity.js';
import { HttpProblem } from '../../connectors/http/problem.js';
import type { JsonSchema } from './route.js';

export interface Filtered {
  /** `label=value` each: exact, `!value`, or a pattern between slashes. */
  readonly match?: readonly string[];
  /** Part of an entity's key. */
  readonly q?: string;
}

export interface Ranged {
  readonly from?: string;
  readonly to?: string;
}

export const filterQuery: Readonly<Record<string, JsonSchema>> = {
  match: {
    type: 'array',
    maxItems: 20,
    items: { type: 'string', maxLength: 500, pattern: '^[A-Za-z_][A-Za-z0-9_]*=' },
    description: '`label=value`, repeated: exact, `label=!value`, or a pattern of the whole value, `label=/pay.*/`.',
  },
  q: { type: 'string', maxLength: 200, description: 'A part of the name of the entity, in any case.' },
};

export const rangeQuery: Readonly<Record<string, JsonSchema>> = {
  from: { type: 'string', maxLength: 40, description: 'Event time, ISO 8601.' },
  to: { type: 'string', maxLength: 40, description: 'Event time, ISO 8601.' },
};

/** Whether an entity passes. @throws Problem where a pattern is none */
export function entityFilter({ match = [], q }: Filtered): (entity: string) => boolean {
  const tests: ((labels: Labels) => boolean)[] = [];
  for (const one of match) {
    const cut = one.indexOf('=');
    try {
      tests.push(compileMatch({ [one.slice(0, cut)]: one.slice(cut + 1) }));
    } catch (error) {
      throw new HttpProblem(400, `match ${one}: the pattern is not of the RE2 syntax: ${(error as Error).message}`);
    }
  }
  const part = q?.toLowerCase();
  return (entity) => {
    if (part !== undefined && !entity.toLowerCase().includes(part)) return false;
    if (tests.length === 0) return true;
    const { labels } = entityFromKey(entity);
    return tests.every((test) => test(labels));
  };
}

/** The range in ms since 1970. @throws Problem where a time is none */
export function rangeOf(
  asked: Ranged,
  otherwise: { readonly from: number; readonly to: number },
): {
  from: number;
  to: number;
} {
  const from = timeOf('from', asked.from) ?? otherwise.from;
  const to = timeOf('to', asked.to) ?? otherwise.to;
  if (from > to) throw new HttpProblem(400, 'from is after to');
  return { from, to };
}

function timeOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (!(Math.abs(time) <= 8.64e15))
    throw new HttpProblem(400, `${name}: give a time in ISO 8601, 2026-01-31T08:00:00Z`);
  return time;
}

export const iso = (ms: number): string => new Date(ms).toISOString();
export const isoOrNull = (ms: number | undefined): string | null => (ms === undefined ? null : iso(ms));

/** Schemas of single values. */
export const text: JsonSchema = { type: 'string' };
export const time: JsonSchema = { type: 'string', format: 'date-time' };
export const timeOrNull: JsonSchema = { type: ['string', 'null'], format: 'date-time' };
export const number: JsonSchema = { type: 'number' };
export const numberOrNull: JsonSchema = { type: ['number', 'null'] };
export const count: JsonSchema = { type: 'integer' };
export const yes: JsonSchema = { type: 'boolean' };
export const textOrNull: JsonSchema = { type: ['string', 'null'] };
export const labels: JsonSchema = { type: 'object', additionalProperties: { type: 'string' } };
export const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
/** An object of which every property is there. */
export const row = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});
/** JSON has no NaN: a value that is none is null. */
export const finite = (value: number | undefined): number | null => (Number.isFinite(value) ? value! : null);
