/**
 * What an entity may cost. A budget is a ceiling for a service: it is divided over the service's windows, series and
 * session classes, and over the fleet where that has a ceiling of its own.
 */
import { entityFromKey, serviceOf, type Labels } from '../../records/entity.js';
import { text } from '../../records/wire/codec.js';
import type { StateStores } from '../../records/store.js';

/** What false alerts may cost. */
export interface BudgetOptions {
  /** False alerts a week that a service may cost. */
  readonly budget: (labels: Labels) => number;
  /** And all services together. */
  readonly fleetBudget?: number;
  /** Shards of `windows`: a shard knows its own entities, and takes the others to have as many. Default 1. */
  readonly shards?: number;
}

/** Entities of one shard, by the service that they belong to. */
export class Budgets {
  private readonly services;
  private readonly known = new Map<string, { readonly service: string; readonly budget: number }>();
  private readonly members = new Map<string, number>();

  constructor(
    stores: StateStores,
    private readonly options: BudgetOptions,
  ) {
    this.services = stores.open('budget-services', text);
    for (const entity of this.services.keys()) this.count(entity);
  }

  /** False alerts a week that an entity may cost; the entity is among those that share from here on. */
  of(entity: string): number {
    const known = this.known.get(entity) ?? this.join(entity);
    const { fleetBudget = Infinity, shards = 1 } = this.options;
    const own = known.budget / (this.members.get(known.service) ?? 1);
    return Math.min(own, fleetBudget / (this.known.size * shards));
  }

  /** What `of` would give, while the entity does not join those that share. */
  wouldBe(entity: string): number {
    if (this.known.has(entity)) return this.of(entity);
    const { fleetBudget = Infinity, shards = 1, budget } = this.options;
    const own = budget(entityFromKey(entity).labels) / ((this.members.get(serviceOf(entity)) ?? 0) + 1);
    return Math.min(own, fleetBudget / ((this.known.size + 1) * shards));
  }

  /** The entity is forgotten: the others share what it had. */
  leave(entity: string): void {
    const known = this.known.get(entity);
    if (!known) return;
    this.services.delete(entity);
    this.known.delete(entity);
    this.members.set(known.service, this.members.get(known.service)! - 1);
  }

  private join(entity: string): { readonly service: string; readonly budget: number } {
    const known = this.count(entity);
    this.services.put(entity, known.service);
    return known;
  }

  private count(entity: string): { readonly service: string; readonly budget: number } {
    const known = { service: serviceOf(entity), budget: this.options.budget(entityFromKey(entity).labels) };
    this.known.set(entity, known);
    this.members.set(known.service, (this.members.get(known.service) ?? 0) + 1);
    return known;
  }
}
