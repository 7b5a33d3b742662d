/** Models: the detectors of the stored sets, and which set is in force. */
import { cardIn, listSets, openSet } from '../../models/registry/registry.js';
import { Artefacts } from '../../training/artefacts.js';
import { count, iso, row, text, time, timeOrNull, yes } from './filter.js';
import { paged, pageOf, pageQuery, type PageQuery } from './page.js';
import { route, type ApiRoute } from './route.js';
import type { ConsoleParts } from './served.js';

interface ModelInSet {
  readonly set: string;
  readonly from: number;
  readonly name: string;
  readonly kind: string;
  readonly version: string;
  readonly schema: string;
  readonly columns: number;
  readonly rows: number;
  readonly trainedFrom: number;
  readonly trainedTo: number;
  readonly exact: boolean;
  readonly description: string;
  readonly sha256: string;
  readonly bytes: number;
}

const modelRow = row({
  set: { ...text, description: 'Id of its set: the hash of all that is in it.' },
  inForce: { ...yes, description: 'Whether the last decision of a shard was scored with its set.' },
  from: { ...time, description: 'Windows from here on may be scored with it.' },
  name: text,
  kind: text,
  version: text,
  schema: text,
  columns: count,
  rows: { ...count, description: 'Windows that it was trained on.' },
  trainedFrom: timeOrNull,
  trainedTo: timeOrNull,
  exact: yes,
  description: text,
  sha256: text,
  bytes: count,
});

/** Sets that are opened and remembered: each is what its id says, for ever. */
const maxRemembered = 20;

export function modelRoutes({ config, view }: ConsoleParts): ApiRoute[] {
  const { dir } = Artefacts.in(config.state.dir);
  const cards = new Map<string, readonly ModelInSet[]>();

  async function rowsOf(id: string): Promise<readonly ModelInSet[]> {
    const known = cards.get(id);
    if (known) return known;
    const set = await openSet(dir, id);
    const rows = set.index.members
      .filter(({ name }) => name.startsWith('detector/'))
      .map(({ name: member, hash, bytes }): ModelInSet => {
        const { name, kind, version, schema, columns, rows, trainedFrom, trainedTo, exact, description } = cardIn(
          set,
          member,
        );
        return {
          ...{ name, kind, version, schema, rows, trainedFrom, trainedTo, exact, description, bytes },
          set: id,
          from: set.index.from,
          columns: columns.length,
          sha256: hash,
        };
      });
    if (cards.size >= maxRemembered) cards.clear();
    cards.set(id, rows);
    return rows;
  }

  return [
    route<PageQuery>({
      method: 'GET',
      path: '/models',
      tag: 'models',
      scope: 'read',
      summary: 'Detectors of the stored sets, the newest set first.',
      query: { ...pageQuery },
      answer: pageOf(modelRow),
      handle: async ({ query }) => {
        const inForce = new Set(view.artefacts.values());
        const sets = (await listSets(dir)).slice(-maxRemembered);
        const rows = (await Promise.all(sets.map(({ id }) => rowsOf(id)))).flat();
        // In a page by the set's time bound; of one set in order of schema and name.
        const place = ({ from, set, schema, name }: ModelInSet): [number, string] => [
          -from,
          `${set} ${schema} ${name}`,
        ];
        const page = paged(rows, place, query, 1);
        return {
          ...page,
          items: page.items.map(({ from, trainedFrom, trainedTo, ...model }) => ({
            ...model,
            inForce: inForce.has(model.set),
            from: iso(from),
            trainedFrom: trainedFrom > 0 ? iso(trainedFrom) : null,
            trainedTo: trainedTo > 0 ? iso(trainedTo) : null,
          })),
        };
      },
    }),
  ];
}
