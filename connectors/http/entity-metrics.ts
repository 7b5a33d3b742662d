/** What dashboards show of single entities: kept as the last decision of each, and turned into series at a scrape. */
import { Gauge, type Registry } from 'prom-client';
import { entityFromKey } from '../../records/entity.js';
import type { Decided } from '../../records/decided.js';

/** Series are for people's eyes: entities beyond this are counted and not listed. */
const maxEntities = 200;

/** What a decision itself does not say. */
export interface EntityFacts {
  /** Names of the columns of a feature schema; undefined where it is not known. */
  readonly columns: (schema: string) => readonly string[] | undefined;
  /** Alerts a week that an entity may cost, by its key. */
  readonly budget: (entity: string) => number;
}

/** What a decision left to be shown. */
interface Last {
  readonly labels: { readonly entity: string; readonly kind: string; readonly service: string };
  decided: Decided;
  readonly facts: EntityFacts;
  /** Decisions that fired, and that a baseline would have fired on, since the start. */
  fired: number;
  readonly baselines: Map<string, number>;
}

/** The series of single entities. */
export class EntityMetrics {
  private readonly last = new Map<string, Last>();
  private readonly unlisted = new Set<string>();

  /** Declares the series; their values are read when somebody scrapes. */
  constructor(registry: Registry) {
    this.declare(registry);
  }

  see(decided: Decided, facts: EntityFacts): void {
    const { decision } = decided;
    let own = this.last.get(decision.entity);
    if (!own) {
      if (this.last.size >= maxEntities) {
        if (this.unlisted.size < 1_000_000) this.unlisted.add(decision.entity);
        return;
      }
      const { kind, labels } = entityFromKey(decision.entity);
      const service = labels.service ?? labels.class ?? labels.series ?? '';
      own = {
        labels: { entity: decision.entity.slice(0, 256), kind, service: service.slice(0, 128) },
        decided,
        facts,
        fired: 0,
        baselines: new Map(),
      };
      this.last.set(decision.entity, own);
    }
    own.decided = decided;
    if (decision.fired) own.fired++;
    for (const [name, fired] of decision.baselines)
      own.baselines.set(name, (own.baselines.get(name) ?? 0) + (fired ? 1 : 0));
  }

  private declare(registry: Registry): void {
    const of = ['entity', 'kind', 'service'] as const;
    this.gauge(
      registry,
      'tocsin_entity_return_level',
      'Return level of the last decision, -log10(episodes a week).',
      of,
      (own) => [[own.labels, own.decided.decision.u]],
    );
    this.gauge(registry, 'tocsin_entity_threshold', 'Return level from which the entity fires.', of, (own) => [
      [own.labels, own.decided.decision.threshold],
    ]);
    this.gauge(registry, 'tocsin_entity_firing', '1 where the last decision fired.', of, (own) => [
      [own.labels, own.decided.decision.fired ? 1 : 0],
    ]);
    this.gauge(registry, 'tocsin_entity_budget', 'False alerts a week that the entity may cost.', of, (own) => [
      [own.labels, own.facts.budget(own.decided.decision.entity)],
    ]);
    this.gauge(
      registry,
      'tocsin_entity_feature',
      'Features of the last window, in robust standard deviations.',
      [...of, 'feature'],
      (own) => {
        const { schema, features } = own.decided.decision;
        const names = own.facts.columns(schema) ?? [];
        return names.slice(0, features.length).map((feature, i) => [{ ...own.labels, feature }, features[i]!]);
      },
    );
    this.gauge(registry, 'tocsin_entity_arm_weight', 'How much each arm is believed.', [...of, 'arm'], (own) =>
      own.decided.decision.arms.map(({ arm, weight }) => [{ ...own.labels, arm }, weight]),
    );
    this.gauge(
      registry,
      'tocsin_policy_fired',
      'Decisions of this process that fired, and that the baselines would have fired on.',
      ['kind', 'service', 'policy'],
      ({ labels: { kind, service }, fired, baselines }) =>
        [['selector', fired] as const, ...baselines].map(([policy, count]) => [{ kind, service, policy }, count]),
    );
    const unlisted = (): number => this.unlisted.size;
    new Gauge({
      name: 'tocsin_entities_unlisted',
      help: `Entities without series of their own: no more than ${maxEntities} are listed.`,
      registers: [registry],
      collect() {
        this.set(unlisted());
      },
    });
  }

  private gauge<const N extends string>(
    registry: Registry,
    name: string,
    help: string,
    labelNames: readonly N[],
    values: (own: Last) => readonly (readonly [Partial<Record<N, string>>, number])[],
  ): void {
    const all = this.last;
    new Gauge<N>({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect() {
        this.reset();
        for (const own of all.values()) for (const [labels, value] of values(own)) this.inc(labels, value);
      },
    });
  }
}
