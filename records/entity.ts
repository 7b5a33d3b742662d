/** An entity is what is watched: a log service, a session class, or a metric series. */
import { text, type Codec } from './wire/codec.js';
import { hashText, mix32 } from './wire/hash.js';
import { compareBytes } from './wire/order.js';

/** What is watched: a service by its lines, a session of one, or a metric series. */
export type EntityKind = 'service' | 'session' | 'series';

/** Identity only: service, environment, cluster, namespace, team and what the relabel rules add. */
export type Labels = Readonly<Record<string, string>>;

/** What is watched, named by its labels. */
export interface Entity {
  readonly kind: EntityKind;
  readonly labels: Labels;
  /** Canonical text of kind and labels; equal entities have equal keys. */
  readonly key: string;
}

const quote = (value: string): string => JSON.stringify(value);

/**
 * Makes an entity and its canonical key, `service{environment="prod",service="cart"}` with labels in byte order.
 * Labels with an empty value are dropped, as Prometheus does.
 */
export function entity(kind: EntityKind, labels: Labels): Entity {
  const kept = Object.entries(labels)
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => compareBytes(a, b));
  const key = `${kind}{${kept.map(([name, value]) => `${name}=${quote(value)}`).join(',')}}`;
  return { kind, labels: Object.fromEntries(kept), key };
}

/** The inverse of the key: parses what `entity` wrote. Throws a RangeError on anything else. */
export function entityFromKey(key: string): Entity {
  const brace = key.indexOf('{');
  const kind = key.slice(0, brace);
  if (brace < 0 || !key.endsWith('}') || (kind !== 'service' && kind !== 'session' && kind !== 'series')) {
    throw new RangeError(`not an entity key: ${key}`);
  }
  const labels: Record<string, string> = {};
  const pair = /([^=,]+)=("(?:[^"\\]|\\.)*")/gy;
  const body = key.slice(brace + 1, -1);
  let at = 0;
  while (at < body.length) {
    pair.lastIndex = at;
    const match = pair.exec(body);
    const value = match ? textOf(match[2]!) : undefined;
    if (!match || value === undefined) throw new RangeError(`not an entity key: ${key}`);
    labels[match[1]!] = value;
    at = pair.lastIndex + 1;
  }
  return { kind, labels, key };
}

/** The service that an entity belongs to, whose budget it shares; an entity without one is its own. */
export const serviceOf = (key: string): string => entityFromKey(key).labels.service ?? key;

const serviceLabel = /[{,]service=("(?:[^"\\]|\\.)*")/;
/** 32-bit hashes of what keys are shared out by; at the limit the cache is emptied. */
const owners = new Map<string, number>();
const maxOwners = 50_000;

/**
 * Which of `shards` shards owns an entity, by the hash of its service: what shares a budget is decided in one place. An
 * entity without a service is its own. Part of the state's identity: never changes.
 *
 * @example shardOf('service{service="cart"}', 8) === shardOf('session{class="order",service="cart"}', 8) // true
 */
export function shardOf(entityKey: string, shards: number): number {
  let owner = owners.get(entityKey);
  if (owner === undefined) {
    if (owners.size >= maxOwners) owners.clear();
    owner = mix32(hashText(serviceLabel.exec(entityKey)?.[1] ?? entityKey) % 0x100000000);
    owners.set(entityKey, owner);
  }
  return owner % shards;
}

/** The text of a quoted label, or undefined. */
function textOf(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}

/** Keys that were found to be well-formed; at the limit the cache is emptied. */
const wellFormed = new Set<string>();
const maxWellFormed = 20_000;

/** The key of an entity: what is none is not read, since everything behind takes its kind and labels for granted. */
export const entityKey: Codec<string> = {
  write: (to, key) => text.write(to, key),
  read(from) {
    const key = text.read(from);
    if (wellFormed.has(key)) return key;
    entityFromKey(key);
    if (wellFormed.size >= maxWellFormed) wellFormed.clear();
    wellFormed.add(key);
    return key;
  },
};
