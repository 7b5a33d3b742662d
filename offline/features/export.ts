/** Exports what was decided since the last export to the offline feature store. */
import { join } from 'node:path';
import type { Config } from '../../config/schema.js';
import { readPart, type Row } from '../../connectors/parquet/part.js';
import { decodeDecision } from '../../records/score.js';
import type { Verdict } from '../../records/verdict.js';
import { decodeWindowsRecord } from '../../records/windows.js';
import { compareBytes } from '../../records/wire/order.js';
import { openChannel } from '../replay/channel-records.js';
import { dayOf, StoreWriter, type StorePart } from '../../training/features/store.js';
import { answerRow, identityOf, idOf, rowsOf, type ViewName, type ViewRow } from '../../training/features/views.js';

/** Where the store of a configuration is, unless it is named. */
export const usualDir = (config: Config): string => join(config.state.dir, 'features');

export interface Exported {
  readonly dir: string;
  /** Decisions that were read. */
  readonly decisions: number;
  /** Rows that were there already. */
  readonly repeats: number;
  readonly parts: readonly StorePart[];
}

/** Rows that are held before they are written. */
const maxRows = 50_000;
const day = 86_400_000;

/** Rows of one view, day and schema that wait to be written. */
interface WaitingPart {
  readonly view: ViewName;
  readonly day: string;
  readonly schema: string;
  readonly rows: Row[];
}

/** Gathers rows into parts, each row once. */
class Gatherer {
  private readonly waiting = new Map<string, WaitingPart>();
  /** Identities of the rows of a day that are stored or wait. */
  private readonly known = new Map<string, Set<string>>();
  private held = 0;
  repeats = 0;

  constructor(private readonly store: StoreWriter) {}

  async add({ view, schema, row }: ViewRow): Promise<void> {
    const on = dayOf(row.event_time as number);
    if (on < (this.store.manifest.before ?? '')) return;
    const ids = await this.identities(view, on);
    const id = idOf(view, row);
    if (ids.has(id)) {
      this.repeats++;
      return;
    }
    ids.add(id);
    const key = `${view}/${on}/${schema}`;
    let place = this.waiting.get(key);
    if (!place) this.waiting.set(key, (place = { view, day: on, schema, rows: [] }));
    place.rows.push(row);
    if (++this.held >= maxRows) await this.flush();
  }

  /** Days that are older than this one get no more rows for now, ms. */
  async passed(time: number): Promise<void> {
    const last = dayOf(time - day);
    const over = [...this.waiting].filter(([, { day: on }]) => on < last);
    for (const [key, place] of over) {
      this.waiting.delete(key);
      await this.write(place);
    }
    for (const key of this.known.keys()) if (key.slice(-10) < last) this.known.delete(key);
  }

  async flush(): Promise<void> {
    for (const place of this.waiting.values()) await this.write(place);
    this.waiting.clear();
  }

  private async write({ view, day: on, schema, rows }: WaitingPart): Promise<void> {
    const at = (row: Row): number => row.event_time as number;
    rows.sort((a, b) => at(a) - at(b) || compareBytes(idOf(view, a), idOf(view, b)));
    this.held -= rows.length;
    await this.store.add(view, on, schema, rows);
  }

  private async identities(view: ViewName, on: string): Promise<Set<string>> {
    const key = `${view}/${on}`;
    let ids = this.known.get(key);
    if (ids) return ids;
    this.known.set(key, (ids = new Set()));
    for (const { path } of this.store.partsOf(view, on))
      for (const row of await readPart(join(this.store.dir, path), identityOf[view])) ids.add(idOf(view, row));
    return ids;
  }
}

/**
 * Reads the decisions log on from where the last export ended. A run may go on meanwhile.
 *
 * @throws StartError where there is no decisions log
 * @throws Error where another process exports to the same folder
 */
export async function exportFeatures(config: Config, dir = usualDir(config)): Promise<Exported> {
  const log = await openChannel(config, 'decisions');
  try {
    const store = await StoreWriter.open(dir);
    try {
      const gatherer = new Gatherer(store);
      const { read } = store.manifest;
      const next: number[] = [];
      const effective: (readonly [id: string, at: number])[] = [];
      let decisions = 0;
      for (let shard = 0; shard < log.shards; shard++) {
        // Another number of shards is another log.
        const from = read.length === log.shards ? read[shard]! : 0;
        next.push(from);
        let latest = 0;
        for await (const { offset, value } of log.records(shard, from)) {
          const decision = decodeDecision(value);
          decisions++;
          next[shard] = offset + 1;
          if (decision.end > latest) await gatherer.passed((latest = decision.end));
          for (const id of decision.effective) effective.push([id, decision.end]);
          for (const row of rowsOf(decision)) await gatherer.add(row);
        }
        await gatherer.flush();
      }
      if (effective.length > 0) await addAnswers(config, effective, gatherer);
      await gatherer.flush();
      return { dir, decisions, repeats: gatherer.repeats, parts: await store.commit(next) };
    } finally {
      await store.close();
    }
  } finally {
    await log.close();
  }
}

const revokedPrefix = 'revoked ';

/** Decisions name the verdicts that took effect; what they said stands in the windows log. */
async function addAnswers(
  config: Config,
  effective: readonly (readonly [id: string, at: number])[],
  gatherer: Gatherer,
): Promise<void> {
  const verdicts = new Map<string, Verdict>();
  const windows = await openChannel(config, 'windows');
  try {
    for (let shard = 0; shard < windows.shards; shard++)
      for await (const { value } of windows.records(shard)) {
        const record = decodeWindowsRecord(value);
        if (record.type === 'verdict' || record.type === 'revocation') verdicts.set(record.verdict.id, record.verdict);
      }
  } finally {
    await windows.close();
  }
  const ordered = [...effective].sort(([a, at], [b, bt]) => at - bt || compareBytes(a, b));
  for (const [name, at] of ordered) {
    const isRevoked = name.startsWith(revokedPrefix);
    const verdict = verdicts.get(isRevoked ? name.slice(revokedPrefix.length) : name);
    if (verdict) await gatherer.add(answerRow(verdict, isRevoked, at));
  }
}
