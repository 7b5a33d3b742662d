/** Which entity a line belongs to, worked out once per distinct topic and label bytes. */
import type { Fields, Format } from '../formats/format.js';
import { relabel, type RelabelRule } from './relabel.js';
import { entity, type Entity, type EntityKind, type Labels } from '../../records/entity.js';

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

  constructor(kind: EntityKind, format: Format, parts: EntityParts) {
    this.kind = kind;
    this.format = format;
    this.parts = parts;
    this.rules = relabel(parts.relabel ?? []);
  }

  /** The entity of a line. Equal inputs give the same object, until the cache starts anew. */
  of(topic: string, fields: Fields): Entity {
    const { labels, line, inner } = fields;
    let key = fields.isWeakService ? `${topic}\n~` : topic;
    for (let i = 0; i < labels.length; i += 2) {
      const bytes = inner?.[i >> 1] ?? line;
      // The length tells where a value ends, whatever is in it.
      key += labels[i] < 0 ? '\n' : `\n${labels[i + 1] - labels[i]}:${latin1(bytes, labels[i], labels[i + 1])}`;
    }
    let found = this.known.get(key);
    if (!found) {
      if (this.known.size >= most) this.known.clear();
      found = this.make(topic, fields);
      this.known.set(key, found);
    }
    return found;
  }

  private make(topic: string, { labels, line, inner, isWeakService }: Fields): Entity {
    const all: Record<string, string> = { topic, ...this.parts.inputs, ...this.parts.labels };
    this.format.labels.forEach((name, i) => {
      if (labels[2 * i] < 0) return;
      const value = this.format.labelText((inner?.[i] ?? line).subarray(labels[2 * i], labels[2 * i + 1]));
      // What a line runs in is its service where nothing better says so.
      if (value === '' || (i === 0 && isWeakService && (all.service ?? '') !== '')) return;
      all[name] = value;
    });
    const result: Record<string, string> = { ...this.rules(all) };
    const inputs = this.format.labels.slice(this.format.identity ?? this.format.labels.length);
    for (const name of ['topic', ...Object.keys(this.parts.inputs ?? {}), ...inputs])
      Reflect.deleteProperty(result, name);
    if ((result.service ?? '') === '') result.service = topic;
    return entity(this.kind, result);
  }
}

const latin1 = (bytes: Uint8Array, from: number, to: number): string =>
  (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)).toString(
    'latin1',
    from,
    to,
  );
