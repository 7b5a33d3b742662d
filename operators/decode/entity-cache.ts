/** Which entity a line belongs to, worked out once per distinct topic and label bytes. */
import type { Fields, Format } from '../../formats/format.js';
import { relabel, type RelabelRule } from './relabel.js';
import { entity, type Entity, type EntityKind, type Labels } from '../../records/entity.js';

/** Distinct inputs that are kept; then the cache starts anew. */
const most = 20_000;
/** Places of inputs that were seen last, a power of two: an entity is found there without a text of its labels. */
const places = 256;

/** Inputs and their entity, as they were in a line. */
interface CachedEntity {
  readonly topic: string;
  readonly isWeakService: boolean;
  /** Bytes of each label, -1 where there is none; and all of them, one behind the other. */
  readonly sizes: Int32Array;
  readonly bytes: Uint8Array;
  readonly entity: Entity;
}

/** How labels become an entity. */
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
  private readonly seen = new Array<CachedEntity | undefined>(places).fill(undefined);

  constructor(kind: EntityKind, format: Format, parts: EntityParts) {
    this.kind = kind;
    this.format = format;
    this.parts = parts;
    this.rules = relabel(parts.relabel ?? []);
  }

  /** The entity of a line. Equal inputs give the same object, until the cache starts anew. */
  of(topic: string, fields: Fields): Entity {
    const place = placeOf(fields);
    const seen = this.seen[place];
    if (seen?.topic === topic && isSame(seen, fields)) return seen.entity;
    const found = this.find(topic, fields);
    this.seen[place] = seenOf(topic, fields, found);
    return found;
  }

  private find(topic: string, fields: Fields): Entity {
    const { labels, line, inner } = fields;
    let key = fields.isWeakService ? `${topic}\n~` : topic;
    for (let i = 0; i < labels.length; i += 2) {
      const bytes = inner?.[i >> 1] ?? line;
      // The length tells where a value ends, whatever is in it.
      key += labels[i]! < 0 ? '\n' : `\n${labels[i + 1]! - labels[i]!}:${latin1(bytes, labels[i]!, labels[i + 1]!)}`;
    }
    let found = this.known.get(key);
    if (!found) {
      if (this.known.size >= most) {
        this.known.clear();
        this.seen.fill(undefined);
      }
      found = this.make(topic, fields);
      this.known.set(key, found);
    }
    return found;
  }

  private make(topic: string, { labels, line, inner, isWeakService }: Fields): Entity {
    const all: Record<string, string> = { topic, ...this.parts.inputs, ...this.parts.labels };
    this.format.labels.forEach((name, i) => {
      if (labels[2 * i]! < 0) return;
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

/** A hash of the labels of a line. */
function placeOf({ labels, line, inner }: Fields): number {
  let hash = 0;
  for (let i = 0; i < labels.length; i += 2) {
    const from = labels[i]!;
    if (from < 0) continue;
    const bytes = inner?.[i >> 1] ?? line;
    for (let k = from, to = labels[i + 1]!; k < to; k++) hash = Math.imul(hash ^ bytes[k]!, 0x01000193);
  }
  return (hash ^ (hash >>> 16)) & (places - 1);
}

function isSame({ isWeakService, sizes, bytes: known }: CachedEntity, fields: Fields): boolean {
  if (isWeakService !== fields.isWeakService) return false;
  const { labels, line, inner } = fields;
  let at = 0;
  for (let i = 0; i < labels.length; i += 2) {
    const from = labels[i]!;
    const size = from < 0 ? -1 : labels[i + 1]! - from;
    if (sizes[i >> 1] !== size) return false;
    const bytes = inner?.[i >> 1] ?? line;
    for (let k = 0; k < size; k++) if (known[at++] !== bytes[from + k]) return false;
  }
  return true;
}

function seenOf(topic: string, { labels, line, inner, isWeakService }: Fields, entity: Entity): CachedEntity {
  const sizes = new Int32Array(labels.length >> 1);
  const parts: Uint8Array[] = [];
  for (let i = 0; i < sizes.length; i++) {
    sizes[i] = labels[2 * i]! < 0 ? -1 : labels[2 * i + 1]! - labels[2 * i]!;
    if (sizes[i]! > 0) parts.push((inner?.[i] ?? line).subarray(labels[2 * i], labels[2 * i + 1]));
  }
  return { topic, isWeakService, sizes, bytes: Buffer.concat(parts), entity };
}

const latin1 = (bytes: Uint8Array, from: number, to: number): string =>
  (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)).toString(
    'latin1',
    from,
    to,
  );
