/**
 * Shadows: sets that score every window beside what decides. Each has calibration and policy of its own, begun from what the
 * champion had learnt; nothing that decides, alerts or learns reads what they keep or emit.
 */
import { concatMap, lastValueFrom, of, pipe, toArray } from 'rxjs';
import type { Batch, Operator } from '../records/batch.js';
import type { Decided } from '../records/decided.js';
import type { Featured, FeatureRow, ScoredRecord } from '../records/row.js';
import type { ShadowedItem, ShadowRecord } from '../records/shadow.js';
import type { StateStores } from '../records/store.js';
import type { ModelsInForce, LoadedArtefacts } from './artefact.js';
import { calibrate, type TrainedCalibration } from './calibrate.js';
import { mapBatch } from './map-batch.js';
import { scoreRows } from './score.js';
import { select, type BudgetShares, type SelectedRow, type SelectOptions } from './select.js';
import { shadowsInForce, ShadowStores } from './shadow/shadow-stores.js';

/** What the operators beside the stream are made of. */
export interface ShadowParts {
  readonly stores: StateStores;
  readonly artefacts: { readonly loaded: LoadedArtefacts; load(id: string): Promise<unknown> };
  readonly calibration: (artefact: string) => TrainedCalibration | undefined;
  readonly select: SelectOptions;
  /** What an entity may cost, without a share of its own for the shadow. */
  readonly budgets: BudgetShares;
  /** Name of the shard: `windows/0`. */
  readonly shard: string;
}

/** After a failure to load a set it is tried again when so much event time has passed, ms. */
const retryAfter = 600_000;

/**
 * Hands each boundary to `decide`, and adds before what leaves it what each shadow would have decided. A shadow whose set cannot
 * be loaded, or that throws, says so there; the boundary goes on.
 *
 * @param decide - from rows to decisions; one batch in, one batch out
 */
export function shadow<T extends { readonly type: string }>(
  parts: ShadowParts,
  decide: Operator<Featured, T>,
): Operator<Featured, T | ShadowedItem> {
  const inForce = shadowsInForce(parts.stores);
  const shadows = new Map<string, OneShadow>();
  const shadowOf = (name: string): OneShadow => {
    const known = shadows.get(name) ?? new OneShadow(name, parts);
    shadows.set(name, known);
    return known;
  };
  // Opens the stores, which a restored task has from its beginning.
  shadowOf('');

  const take = ({ name, artefact }: ShadowRecord): void => {
    shadowOf(name).clear();
    if (artefact === '') inForce.delete(name);
    else inForce.put(name, { artefact });
  };

  return concatMap(async (batch: Batch<Featured>): Promise<Batch<T | ShadowedItem>> => {
    for (const item of batch.items) if (item.type === 'shadow') take(item);
    // Before the champion learns from these windows: a shadow begins from what it knew.
    const beside: ShadowScore[] = [];
    for (const name of [...inForce.keys()]) {
      const { artefact } = inForce.get(name) ?? { artefact: '' };
      beside.push({ name, artefact, ...(await shadowOf(name).look(artefact, batch)) });
    }
    const decided = joined(await lastValueFrom(of(batch).pipe(decide, toArray())));
    if (beside.length === 0) return decided;
    const end = batch.items.findLast((item) => item.type === 'boundary')?.end;
    return {
      ...decided,
      items: [...(end === undefined ? [] : comparedWith(beside, decided.items, parts.shard, end)), ...decided.items],
    };
  });
}

/** One batch of those that a batch became. */
const joined = <T>(batches: readonly Batch<T>[]): Batch<T> => ({
  ...batches.at(-1),
  items: batches.flatMap(({ items }) => items),
  rejected: batches.flatMap(({ rejected }) => rejected),
});

interface Looked {
  readonly decided: readonly Decided[];
  readonly broken: number;
  readonly failure: string;
}
type ShadowScore = Looked & { readonly name: string; readonly artefact: string };

function comparedWith(
  beside: readonly ShadowScore[],
  items: readonly { readonly type: string }[],
  shard: string,
  end: number,
): ShadowedItem[] {
  const champions = new Map(items.flatMap((item) => (isJudged(item) ? [[item.decision.entity, item.decision]] : [])));
  if (champions.size === 0) return [];
  return beside.map(({ name, artefact, decided, broken, failure }) => ({
    type: 'shadowed',
    shard,
    name,
    artefact,
    end,
    windows: decided.flatMap(({ decision: { entity, u, fired } }) => {
      const by = champions.get(entity);
      return by ? [{ entity, u, fired, decided: { u: by.u, fired: by.fired } }] : [];
    }),
    broken,
    failure,
  }));
}

const isDecided = (item: { readonly type: string }): item is Decided => item.type === 'decided';
const isJudged = (item: { readonly type: string }): item is Decided =>
  isDecided(item) && item.decision.key === '' && item.decision.scores.length > 0;

class OneShadow {
  private readonly stores: ShadowStores;
  private readonly operator: Operator<ScoredRecord, SelectedRow>;
  /** The set that could not be loaded, when that was, and why. */
  private away: { readonly artefact: string; readonly at: number; readonly why: string } | undefined;

  constructor(
    name: string,
    private readonly parts: ShadowParts,
  ) {
    this.stores = new ShadowStores(parts.stores, name);
    this.operator = pipe(
      calibrate(this.stores, parts.calibration),
      // A verdict is about what the champion gave: the shadow's policy stays as it began.
      mapBatch((batch) => ({ ...batch, items: batch.items.filter(({ type }) => type !== 'verdict') })),
      select(this.stores, parts.select, parts.budgets),
    );
  }

  clear(): void {
    this.stores.clear();
    this.away = undefined;
  }

  async look(artefact: string, { items }: Batch<Featured>): Promise<Looked> {
    const end = items.findLast((item) => item.type === 'boundary')?.end ?? 0;
    const set = await this.setOf(artefact, end);
    if (!set) return { decided: [], broken: 0, failure: this.away?.why ?? 'its set is not loaded' };
    try {
      const rows = items.filter((item): item is FeatureRow => item.type === 'row');
      const scored = await scoreRows(rows, set);
      const sound = scored.filter(({ scores }) => scores.every(({ score }) => Number.isFinite(score)));
      const heard = items.filter((item) => item.type === 'verdict');
      const boundaries = items.filter((item) => item.type === 'boundary');
      const through = { items: [...heard, ...sound, ...boundaries], rejected: [] };
      const left = await lastValueFrom(of(through).pipe(this.operator, toArray()));
      const decided = left.flatMap((batch) => batch.items.filter(isDecided));
      return { decided, broken: scored.length - sound.length, failure: '' };
    } catch (error) {
      return { decided: [], broken: 0, failure: said(error) };
    }
  }

  private async setOf(artefact: string, end: number): Promise<ModelsInForce | undefined> {
    const { artefacts } = this.parts;
    const known = artefacts.loaded(artefact);
    if (known) return known;
    if (this.away?.artefact === artefact && end < this.away.at + retryAfter) return undefined;
    try {
      await artefacts.load(artefact);
      this.away = undefined;
    } catch (error) {
      this.away = { artefact, at: end, why: said(error) };
    }
    return artefacts.loaded(artefact);
  }
}

const said = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 500);
