/** Which entity a record belongs to whose labels come with it: worked out once per distinct labels. */
import { entity, type Entity, type Labels } from '../../records/entity.js';
import type { FoundItem } from '../../formats/many.js';
import type { EntityParts } from './entity-cache.js';
import { relabel } from './relabel.js';

/** Distinct inputs that are kept; then the cache starts anew. */
const most = 20_000;

/** As for a line: what rules set, then the record's labels, then the source's own. Without a `service` the topic is it. */
export class FoundEntities {
  private readonly rules: (labels: Labels) => Labels;
  private readonly targets: ReadonlySet<string>;
  private readonly usesInputs: boolean;
  private readonly known = new Map<string, Entity>();
  /** Neighbours share their objects. */
  private last: { topic: string; found: FoundItem; entity: Entity } | undefined;

  constructor(private readonly parts: EntityParts) {
    const { relabel: rules = [] } = parts;
    this.rules = relabel(rules);
    this.targets = new Set(rules.map(({ target_label }) => target_label));
    this.usesInputs = rules.length > 0;
  }

  of(topic: string, found: FoundItem): Entity {
    const { last } = this;
    if (
      last?.topic === topic &&
      last.found.kind === found.kind &&
      last.found.labels === found.labels &&
      last.found.inputs === found.inputs
    )
      return last.entity;
    const key = JSON.stringify([topic, found.kind, found.labels, this.usesInputs ? found.inputs : undefined]);
    let owner = this.known.get(key);
    if (!owner) {
      if (this.known.size >= most) this.known.clear();
      this.known.set(key, (owner = this.make(topic, found)));
    }
    this.last = { topic, found, entity: owner };
    return owner;
  }

  private make(topic: string, { kind, labels, inputs }: FoundItem): Entity {
    const own = this.parts.inputs ?? {};
    const identity: Labels = { ...this.parts.labels, ...labels };
    const result: Record<string, string> = { ...this.rules({ ...inputs, topic, ...own, ...identity }) };
    for (const name of ['topic', ...Object.keys(own), ...Object.keys(inputs)])
      if (!Object.hasOwn(identity, name) && !this.targets.has(name)) Reflect.deleteProperty(result, name);
    // What scrapes is configured by jobs: they are what a series belongs to where nothing says more.
    if ((result.service ?? '') === '') result.service = (kind === 'point' ? result.job : undefined) ?? topic;
    return entity(kind === 'log' ? 'service' : 'series', result);
  }
}
