/**
 * The state of `detect` for another number of shards: what belongs to an entity goes to the shard that owns it from now on,
 * what all shards know alike goes to each.
 */
import { decode, encode, list } from '../../records/wire/codec.js';
import { entityFromKey, shardOf } from '../../records/entity.js';
import { isBroadcast, windowsRecord, type WindowsRecord } from '../../records/windows.js';
import { controlsTaken } from '../../operators/merge.js';
import { alertOrdinal, type AlertOrdinal } from '../../operators/track.js';
import { sourceState, type MergedSource } from '../../operators/merge/sources.js';
import type { StoredEntry } from '../../runtime/backend.js';

/** What a shard's task had in its last checkpoint. */
export interface ShardState {
  readonly entries: readonly StoredEntry[];
  readonly versions: ReadonlyMap<string, number>;
}

/** How the entries of a store are shared out. */
type Rule =
  /** Its key is an entity. */
  | 'entity'
  /** Its key is a session of an entity, `ENTITY SESSION`. */
  | 'session'
  /** Its key is `NAME ENTITY`. */
  | 'named'
  /** All shards have the same, or what they have is the same for all: the first shard that has a key gives it. */
  | 'shared'
  /** All shards must have the same: where they have not, they are not at the same boundary. */
  | 'equal'
  /** Told for all shards by the first. */
  | 'first'
  | ((values: readonly Uint8Array[], shard: number, shards: number) => Uint8Array);

const controls = list(windowsRecord);

/** Every store of `detect`: a test holds this against what it opens. */
export const rules: Readonly<Record<string, Rule>> = {
  // operators/merge
  boundary: 'equal',
  finished: 'equal',
  'source-set': 'equal',
  sources: (values) => encode(sourceState, values.map((value) => decode(sourceState, value)).reduce(furthest)),
  'source-losses': 'shared',
  'quiet-sources': 'shared',
  'input-lost': 'equal',
  'source-last-lines': 'shared',
  'input-unread': 'equal',
  'waiting-controls': (values, shard, shards) =>
    encode(
      controls,
      waitingIn(
        values.map((value) => decode(controls, value)),
        shard,
        shards,
      ),
    ),
  'controls-taken': (values) =>
    encode(controlsTaken, { ids: [...new Set(values.flatMap((value) => decode(controlsTaken, value).ids))] }),
  'open-windows': 'entity',
  'late-entities': 'entity',
  overflow: 'shared',
  'entities-looked-through': 'equal',
  'open-sessions': 'session',
  'session-class-born': 'entity',
  'stray-lines': 'entity',
  calendar: 'shared',
  deploys: 'shared',
  // templates, features, scores
  artefact: 'equal',
  canary: 'equal',
  shadows: 'equal',
  'shadow-calibration': 'named',
  'shadow-aspect-calibration': 'named',
  'shadow-habits': 'named',
  'shadow-policy': 'named',
  'left-out': 'equal',
  signatures: 'shared',
  'last-lines': 'entity',
  'log-baselines': 'entity',
  'series-baselines': 'entity',
  'session-class': 'entity',
  'session-class-artefact': 'entity',
  'session-class-arrivals': 'entity',
  calibration: 'entity',
  'aspect-calibration': 'entity',
  evidence: 'entity',
  habits: 'entity',
  // selection
  policy: 'entity',
  'budget-services': 'entity',
  'session-policy': 'entity',
  'session-class-began': 'entity',
  'session-class-mined': 'entity',
  'sessions-asked': 'session',
  'sessions-fired': 'session',
  // snapshots and reverts that the task has taken
  'turns-taken': 'equal',
  // alerts
  episodes: 'entity',
  'past-episodes': 'entity',
  'alert-ordinals': (values) => encode(alertOrdinal, values.map((value) => decode(alertOrdinal, value)).reduce(later)),
  'input-alerts': 'first',
};

/**
 * Shares the state of all shards out anew.
 *
 * @param from - the old shards, in order
 * @param shards - how many there will be
 * @throws Error where a store is not known, or where the shards do not stand at the same boundary
 */
export function moveState(from: readonly ShardState[], shards: number): ShardState[] {
  const to = Array.from({ length: shards }, () => new Map<string, StoredEntry>());
  const versions = new Map<string, number>();
  /** Values of the stores that all shards have a say in, by store and key, in the order of the shards. */
  const common = new Map<string, StoredEntry[]>();
  for (const [shard, state] of from.entries()) {
    for (const [store, version] of state.versions) {
      if ((versions.get(store) ?? version) !== version)
        throw new Error(`store ${store} has version ${version} in shard ${shard}, and another one in others`);
      versions.set(store, version);
    }
    for (const entry of state.entries) {
      const rule = ruleOf(entry.store);
      const name = `${entry.store}\0${entry.key}`;
      if (rule === 'entity' || rule === 'session' || rule === 'named') {
        const owner = ownerOf(rule, entry.key);
        const target = to[shardOf(owner, shards)]!;
        // The overflow entity is in every shard that had too many: one of them goes on.
        if (!target.has(name)) target.set(name, entry);
      } else if (rule !== 'first' || shard === 0) common.set(name, [...(common.get(name) ?? []), entry]);
    }
  }
  for (const [name, entries] of common) {
    const { store, key, value } = entries[0]!;
    const rule = ruleOf(store);
    if (rule === 'equal' && entries.some((other) => !Buffer.from(other.value).equals(Buffer.from(value))))
      throw new Error(`the shards do not stand at the same boundary: ${store} differs`);
    const values = entries.map((entry) => entry.value);
    for (const [shard, target] of to.entries()) {
      if (rule === 'first' && shard > 0) continue;
      target.set(name, { store, key, value: typeof rule === 'function' ? rule(values, shard, shards) : value });
    }
  }
  return to.map((entries) => ({ entries: [...entries.values()], versions }));
}

function ruleOf(store: string): Rule {
  const rule = Object.hasOwn(rules, store) ? rules[store] : undefined;
  if (!rule) throw new Error(`the state has a store ${store}, which this release cannot move`);
  return rule;
}

/** Of what shards have had of a source, the record that came last. */
function furthest(a: MergedSource, b: MergedSource): MergedSource {
  const by = b.incarnation - a.incarnation || b.offset - a.offset || b.n - a.n;
  return by > 0 ? b : a;
}

const later = (a: AlertOrdinal, b: AlertOrdinal): AlertOrdinal => (b.at > a.at || (b.at === a.at && b.n > a.n) ? b : a);

/** What waits for the next boundary: what was told to all shards, once, and what people said of a shard's entities. */
function waitingIn(all: readonly (readonly WindowsRecord[])[], shard: number, shards: number): WindowsRecord[] {
  const told = new Map<string, WindowsRecord>();
  const own: WindowsRecord[] = [];
  for (const record of all.flat()) {
    if (isBroadcast(record)) {
      const name =
        record.type === 'definition' ? `definition ${record.signature}` : encode(windowsRecord, record).toString('hex');
      if (!told.has(name)) told.set(name, record);
    } else if ('verdict' in record && shardOf(record.verdict.context.entity, shards) === shard) own.push(record);
  }
  return [...told.values(), ...own];
}

function ownerOf(rule: 'entity' | 'session' | 'named', key: string): string {
  if (rule === 'session') return entityOfSession(key);
  return rule === 'named' ? key.slice(key.indexOf(' ') + 1) : key;
}

const entityPart = /^\w+\{(?:[^=,{}"]+="(?:[^"\\]|\\.)*",?)*\}(?= )/;

function entityOfSession(key: string): string {
  const entity = entityPart.exec(key)?.[0];
  if (entity === undefined) throw new Error(`not a session of an entity: ${key.slice(0, 200)}`);
  return entityFromKey(entity).key;
}
