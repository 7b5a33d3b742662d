/** Which entity a line belongs to, worked out once per distinct topic and label bytes. */
import type { Fields, Format } from './formats/format.js';
import { relabel, type RelabelRule } from './relabel.js';
import { entity, type Entity, type EntityKind, type Labels } from '../records/entity.js';

/** Distinct inputs that are kept; then the cache starts anew. */
const most = 20_000;

export interface EntityParts {
  readonly labels?: Labels;
  readonly inputs?: Labels;
  readonly relabel?: readonly RelabelRule[];
}

/**
 * Labels of a line are, later ones first: what relabel rules set, label fields of the line, the source's own labels. `topic`
 * and `inputs` are there to match and not part of the identity. Without a `service` the topic is the service.
 */
export class EntityCache {
  private readonly kind: EntityKind;
  private readonly format: Format;
  private readonly parts: EntityParts;
  private readonly rules: (labels: Labels) => Labels;
  private readonly known = new Map<string, Entity>();
  private last: { topic: string; raw: Uint8Array; sizes: Int32Array; entity: Entity } | undefined;

  constructor(kind: EntityKind, format: Format, parts: EntityParts) {
    this.kind = kind;
    this.format = format;
    this.parts = parts;
    this.rules = relabel(parts.relabel ?? []);
  }

  /** The entity of a line. Equal inputs give the same object, until the cache starts anew. */
  of(topic: string, fields: Fields): Entity {
    if (this.last?.topic === topic && sameLabels(this.last.raw, this.last.sizes, fields)) return this.last.entity;
    const { labels, line } = fields;
    const sizes = new Int32Array(labels.length / 2);
    const pieces: Uint8Array[] = [];
    for (let i = 0; i < sizes.length; i++) {
      sizes[i] = labels[2 * i] < 0 ? -1 : labels[2 * i + 1] - labels[2 * i];
      if (sizes[i] >= 0) pieces.push(line.subarray(labels[2 * i], labels[2 * i + 1]));
    }
    const raw = Buffer.concat(pieces);
    const key = `${topic}\n${sizes.join()}\n${raw.toString('latin1')}`;
    let found = this.known.get(key);
    if (!found) {
      if (this.known.size >= most) this.known.clear();
      found = this.make(topic, fields);
      this.known.set(key, found);
    }
    this.last = { topic, raw, sizes, entity: found };
    return found;
  }

  private make(topic: string, { labels, line }: Fields): Entity {
    const all: Record<string, string> = { topic, ...this.parts.inputs, ...this.parts.labels };
    this.format.labels.forEach((name, i) => {
      const value = labels[2 * i] < 0 ? '' : this.format.labelText(line.subarray(labels[2 * i], labels[2 * i + 1]));
      if (value !== '') all[name] = value;
    });
    const result: Record<string, string> = { ...this.rules(all) };
    for (const name of ['topic', ...Object.keys(this.parts.inputs ?? {})]) Reflect.deleteProperty(result, name);
    if ((result.service ?? '') === '') result.service = topic;
    return entity(this.kind, result);
  }
}

function sameLabels(raw: Uint8Array, sizes: Int32Array, { labels, line }: Fields): boolean {
  let at = 0;
  for (let i = 0; i < sizes.length; i++) {
    const from = labels[2 * i];
    const size = from < 0 ? -1 : labels[2 * i + 1] - from;
    if (size !== sizes[i]) return false;
    for (let k = 0; k < size; k++) if (raw[at + k] !== line[from + k]) return false;
    if (size > 0) at += size;
  }
  return true;
}
