/**
 * Shadows: sets that score every window beside what decides. Each has calibration and policy of its own, begun from what the
 * champion had learnt; nothing that decides, alerts or learns reads what they keep or emit.
 */
import { concatMap, defer, finalize, lastValueFrom, pipe, toArray } from 'rxjs';
import type { Batch, Operator } from '../records/batch.js';
import type { Decided } from '../records/decided.js';
import type { Featured, FeatureRow, ScoredRecord } from '../records/row.js';
import type { ShadowedItem, ShadowRecord } from '../records/shadow.js';
import type { StateStores } from '../records/store.js';
import type { ModelsInForce, LoadedArtefacts } from './artefact.js';
import { calibrate, type TrainedCalibration } from './calibrate.js';
import { mapBatch } from './map-batch.js';
import { InTurn, type Steps } from './merge/in-turn.js';
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
  return (input) =>
    defer(() => {
      const beside = new Shadows(parts);
      const champion = new InTurn(parts.shard, decide);
      return input.pipe(
        concatMap(async (batch): Promise<Batch<T | ShadowedItem>> => {
          // Before the champion learns from these windows: a shadow begins from what it knew.
          const looked = await beside.look(batch);
          const { items, rejected } = await whole(champion, batch.items);
          const { position } = batch;
          return {
            items: [...comparedWith(looked, items, parts.shard, endOf(batch)), ...items],
            rejected: [...batch.rejected, ...rejected],
            ...(position ? { position } : {}),
          };
        }),
        finalize(() => {
          champion.close();
          beside.close();
        }),
      );
    });
}

/** What an operator makes of a list, joined. */
async function whole<A, B>(operator: InTurn<A, B>, items: readonly A[]): Promise<Batch<B>> {
  function* through(): Steps<A, B> {
    yield { through: items };
  }
  const batches = await lastValueFrom(operator.run(through()).pipe(toArray()));
  return { items: batches.flatMap((batch) => batch.items), rejected: batches.flatMap(({ rejected }) => rejected) };
}

const endOf = ({ items }: Batch<Featured>): number | undefined =>
  items.findLast((item) => item.type === 'boundary')?.end;

/** All that score beside what decides. */
class Shadows {
  private readonly inForce;
  private readonly byName = new Map<string, OneShadow>();

  constructor(private readonly parts: ShadowParts) {
    this.inForce = shadowsInForce(parts.stores);
    // Opens the stores, which a restored task has from its beginning.
    new OneShadow('', parts).close();
  }

  async look(batch: Batch<Featured>): Promise<ShadowScore[]> {
    for (const item of batch.items) if (item.type === 'shadow') this.take(item);
    const looked: ShadowScore[] = [];
    for (const name of [...this.inForce.keys()]) {
      const { artefact } = this.inForce.get(name) ?? { artefact: '' };
      looked.push({ name, artefact, ...(await this.of(name).look(artefact, batch)) });
    }
    return looked;
  }

  close(): void {
    for (const one of this.byName.values()) one.close();
  }

  private of(name: string): OneShadow {
    const known = this.byName.get(name) ?? new OneShadow(name, this.parts);
    this.byName.set(name, known);
    return known;
  }

  private take({ name, artefact }: ShadowRecord): void {
    this.of(name).clear();
    if (artefact === '') this.inForce.delete(name);
    else this.inForce.put(name, { artefact });
  }
}

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
  end: number | undefined,
): ShadowedItem[] {
  if (beside.length === 0 || end === undefined) return [];
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
  private operator: InTurn<ScoredRecord, SelectedRow>;
  /** The set that could not be loaded, when that was, and why. */
  private away: { readonly artefact: string; readonly at: number; readonly why: string } | undefined;

  constructor(
    name: string,
    private readonly parts: ShadowParts,
  ) {
    this.stores = new ShadowStores(parts.stores, name);
    this.operator = this.built();
  }

  clear(): void {
    this.stores.clear();
    this.away = undefined;
  }

  close(): void {
    this.operator.close();
  }

  private built(): InTurn<ScoredRecord, SelectedRow> {
    return new InTurn(
      this.parts.shard,
      pipe(
        calibrate(this.stores, this.parts.calibration),
        // A verdict is about what the champion gave: the shadow's policy stays as it began.
        mapBatch((batch) => ({ ...batch, items: batch.items.filter(({ type }) => type !== 'verdict') })),
        select(this.stores, this.parts.select, this.parts.budgets),
      ),
    );
  }

  async look(artefact: string, batch: Batch<Featured>): Promise<Looked> {
    const { items } = batch;
    const set = await this.setOf(artefact, endOf(batch) ?? 0);
    if (!set) return { decided: [], broken: 0, failure: this.away?.why ?? 'its set is not loaded' };
    try {
      const rows = items.filter((item): item is FeatureRow => item.type === 'row');
      const scored = await scoreRows(rows, set);
      const sound = scored.filter(({ scores }) => scores.every(({ score }) => Number.isFinite(score)));
      const heard = items.filter((item) => item.type === 'verdict');
      const boundaries = items.filter((item) => item.type === 'boundary');
      const left = await whole(this.operator, [...heard, ...sound, ...boundaries]);
      return { decided: left.items.filter(isDecided), broken: scored.length - sound.length, failure: '' };
    } catch (error) {
      // What has failed takes nothing more; the next boundary is tried by a new one.
      this.operator.close();
      this.operator = this.built();
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
