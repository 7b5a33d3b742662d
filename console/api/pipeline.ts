/** The pipeline: how far sources and shards are, what was refused, dead letters and the way back. */
import type { Gauge, Counter } from 'prom-client';
import { deliverAgain } from '../../offline/dead-letters/deliver.js';
import { readLetters } from '../../offline/dead-letters/dead-letters.js';
import { redriveLetters } from '../../offline/dead-letters/redrive.js';
import { count, iso, isoOrNull, listOf, numberOrNull, row, text, time, timeOrNull, yes } from './filter.js';
import { paged, pageOf, pageQuery, type PageQuery } from './page.js';
import { HttpProblem } from '../../connectors/http/problem.js';
import { route, type ApiRoute } from './route.js';
import type { ConsoleParts } from './served.js';

type LabelledMetric = Gauge | Counter;

/** Values of a metric by one of its labels, summed. */
async function byLabel(metric: LabelledMetric, label: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const { values } = await metric.get();
  for (const { labels, value } of values) {
    const name = String((labels as Record<string, string | number>)[label] ?? '');
    found.set(name, (found.get(name) ?? 0) + value);
  }
  return found;
}

const letterRow = row({
  number: { ...count, description: 'Offset in the dead letters: `tocsin dlq show NUMBER`.' },
  at: time,
  reason: text,
  source: text,
  offset: count,
  detail: text,
  text: { ...text, description: 'What was refused, masked and cut.' },
  redrivable: yes,
});

const maxAtOnce = 500;

export function pipelineRoutes({ config, metrics, view, run }: ConsoleParts): ApiRoute[] {
  return [
    route({
      method: 'GET',
      path: '/pipeline',
      tag: 'pipeline',
      scope: 'read',
      summary: 'How far this process is: sources with their marks and lag, shards, what was refused.',
      answer: row({
        decidedTo: timeOrNull,
        isCurrent: yes,
        sources: listOf(row({ source: text, watermark: timeOrNull, stalled: yes, records: count, lag: numberOrNull })),
        shards: listOf(row({ shard: text, boundary: timeOrNull, entities: count })),
        refused: listOf(row({ reason: text, count: { ...count, description: 'Since this process started.' } })),
        deadLetters: listOf(row({ reason: text, count })),
        noted: listOf(row({ what: text, count })),
      }),
      handle: async () => {
        const [marks, stalled, records, lag] = await Promise.all([
          byLabel(metrics.watermark, 'source'),
          byLabel(metrics.stalled, 'source'),
          byLabel(metrics.records, 'source'),
          byLabel(metrics.lag, 'source'),
        ]);
        const [boundary, entities] = await Promise.all([
          byLabel(metrics.boundary, 'shard'),
          byLabel(metrics.entities, 'shard'),
        ]);
        const names = [...new Set([...marks.keys(), ...records.keys(), ...lag.keys()])].filter((name) => name !== '');
        const seconds = (found: ReadonlyMap<string, number>, name: string): string | null => {
          const value = found.get(name);
          return value === undefined || !(value > 0) ? null : iso(value * 1000);
        };
        const counts = (found: ReadonlyMap<string, number>): [string, number][] =>
          [...found].filter(([, value]) => value > 0).sort((a, b) => b[1] - a[1]);
        return {
          decidedTo: isoOrNull(view.decidedTo || undefined),
          isCurrent: view.isCurrent,
          sources: names.sort().map((source) => ({
            source,
            watermark: seconds(marks, source),
            stalled: stalled.get(source) === 1,
            records: records.get(source) ?? 0,
            lag: lag.get(source) ?? null,
          })),
          shards: [...boundary.keys()].map((shard) => ({
            shard,
            boundary: seconds(boundary, shard),
            entities: entities.get(shard) ?? 0,
          })),
          refused: counts(await byLabel(metrics.rejected, 'reason')).map(([reason, n]) => ({ reason, count: n })),
          deadLetters: counts(view.letters.reasons).map(([reason, n]) => ({ reason, count: n })),
          noted: counts(await byLabel(metrics.noted, 'what')).map(([what, n]) => ({ what, count: n })),
        };
      },
    }),
    route<PageQuery & { reason?: string; source?: string }>({
      method: 'GET',
      path: '/dead-letters',
      tag: 'pipeline',
      scope: 'read',
      summary: 'The last dead letters, the latest first, with their text masked.',
      query: {
        ...pageQuery,
        reason: { type: 'string', maxLength: 200 },
        source: { type: 'string', maxLength: 500, description: 'Name of a source, or its beginning.' },
      },
      answer: pageOf(letterRow),
      handle: ({ query: { reason, source = '', ...asked } }) => {
        const found = view.letters
          .latest()
          .filter((one) => (reason === undefined || one.reason === reason) && one.source.startsWith(source));
        const page = paged(found, ({ number }) => [number, ''], asked, -1);
        return { ...page, items: page.items.map((one) => ({ ...one, text: one.text ?? '' })) };
      },
    }),
    route<unknown, unknown, { numbers: number[] }>({
      method: 'POST',
      path: '/dead-letters/redrive',
      tag: 'pipeline',
      scope: 'admin',
      summary: 'Puts dead letters back: records pass the decoding of their source again, deliveries are sent again.',
      status: 202,
      body: {
        type: 'object',
        additionalProperties: false,
        required: ['numbers'],
        properties: {
          numbers: { type: 'array', minItems: 1, maxItems: maxAtOnce, items: { type: 'integer', minimum: 0 } },
        },
      },
      answer: row({
        put: listOf(count),
        before: { ...listOf(count), description: 'Put back before.' },
        impossible: { ...listOf(count), description: 'Not all of the record is there.' },
        delivered: listOf(count),
        failed: listOf(count),
      }),
      handle: async ({ body: { numbers } }) => {
        if (!run()) throw new HttpProblem(503, 'tocsin is starting: try again');
        const { deadLetters } = await readLetters(config, { numbers: new Set(numbers) });
        if (deadLetters.length === 0) throw new HttpProblem(404, 'none of these dead letters is there any more');
        const isDelivery = ({ delivery }: { delivery?: unknown }): boolean => delivery !== undefined;
        const { put, before, impossible } = await redriveLetters(
          config,
          deadLetters.filter((letter) => !isDelivery(letter)),
        );
        const sent = await deliverAgain(config, deadLetters.filter(isDelivery));
        const named = (letters: readonly { number: number }[]): number[] => letters.map(({ number }) => number);
        return {
          put: named(put),
          before: named(before),
          impossible: named(impossible),
          delivered: sent.filter(({ error }) => error === undefined).map(({ deadLetter }) => deadLetter.number),
          failed: sent.filter(({ error }) => error !== undefined).map(({ deadLetter }) => deadLetter.number),
        };
      },
    }),
  ];
}
