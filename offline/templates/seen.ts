/** Templates as the `windows` log has them: how often, when first and last, with an example. */
import type { Catalogue } from '../../models/templates/catalogue.js';
import { hex } from '../../records/wire/hash.js';
import type { ShardRecords } from '../../training/run-records.js';

export interface ListedTemplate {
  readonly id: string;
  readonly text: string;
  /** Whether the catalogue has it; what it does not have is novel. */
  readonly known: boolean;
  /** Lines. */
  readonly count: number;
  /** Event time, ms: of the first and the last line of sessions, else of the panes that have them. */
  readonly first: number;
  readonly last: number;
  /** A masked line; empty where none is known. */
  readonly example: string;
}

interface Sighting {
  count: number;
  first: number;
  last: number;
}

/** What a log says of signatures. */
export interface SeenSignatures {
  readonly sightings: ReadonlyMap<number, Sighting>;
  readonly described: ReadonlyMap<number, { readonly masked: string; readonly sample: string }>;
  /** Id of the artefact set that was promoted last. */
  readonly artefact: string | undefined;
}

/** Reads all shards. */
export async function seenSignatures(shards: readonly ShardRecords[]): Promise<SeenSignatures> {
  const sightings = new Map<number, Sighting>();
  const described = new Map<number, { masked: string; sample: string }>();
  let artefact: string | undefined;
  const add = (signature: number, count: number, first: number, last: number): void => {
    const known = sightings.get(signature);
    if (!known) sightings.set(signature, { count, first, last });
    else {
      known.count += count;
      known.first = Math.min(known.first, first);
      known.last = Math.max(known.last, last);
    }
  };
  for (const records of shards) {
    for await (const { record } of records()) {
      if (record.type === 'definition') {
        if (!described.has(record.signature)) described.set(record.signature, record);
      } else if (record.type === 'promotion') artefact = record.artefact;
      else if (record.type === 'log') {
        for (const [signature, count] of record.aggregate.signatures) add(signature, count, record.pane, record.pane);
      } else if (record.type === 'session' && record.key !== '') {
        for (const [signature, { count, first, last }] of record.events) add(signature, count, first, last);
      }
    }
  }
  return { sightings, described, artefact };
}

/** By template, the most frequent first, then by text and id. */
export function seenTemplates({ sightings, described }: SeenSignatures, catalogue: Catalogue): ListedTemplate[] {
  const byId = new Map<number, Sighting & { text: string; known: boolean; example: string }>();
  for (const [signature, { count, first, last }] of [...sightings].sort(([a], [b]) => a - b)) {
    const about = described.get(signature);
    const { id, text, known } = catalogue.templateOf(signature, about?.masked);
    const sum = byId.get(id);
    if (sum) {
      sum.count += count;
      sum.first = Math.min(sum.first, first);
      sum.last = Math.max(sum.last, last);
      sum.example ||= about?.sample ?? '';
    } else byId.set(id, { count, first, last, text, known, example: about?.sample ?? '' });
  }
  return [...byId]
    .map(([id, about]) => ({ id: hex(id), ...about }))
    .sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : a.text > b.text ? 1 : a.id < b.id ? -1 : 1));
}
