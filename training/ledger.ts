/** State of training and of the names of sets, from what the `controls` log has recorded: the same for every process that reads it. */
import { canaryIn, type Canary, type CanaryRecord } from '../records/canary.js';
import { aliasMove, challenger, champion, type AliasMove } from '../records/alias.js';
import type { Control } from '../records/control.js';
import { isShadow, type ShadowRecord } from '../records/shadow.js';
import {
  revertIn,
  snapshotIn,
  type Revert,
  type RevertRecord,
  type Snapshot,
  type SnapshotRecord,
} from '../records/snapshot.js';
import { trainingEntry, type TrainingEntry } from '../records/training.js';

type Turn = SnapshotRecord | RevertRecord | CanaryRecord | ShadowRecord;

/** A set that was promoted, as recorded. */
export type Promoted = TrainingEntry & { readonly artefact: string; readonly from: number };

/** What a name stands for. */
export interface NamedSet {
  readonly artefact: string;
  readonly by: string;
  readonly why: string;
  /** Wall-clock ms. */
  readonly at: number;
}

/** Moves of names that are remembered. */
const maxMoves = 1000;

export class TrainingLedger {
  /** The highest epoch that led. */
  epoch = 0;
  /** Event time of the first pane, ms. */
  first: number | undefined;
  /** Event time of the last step that was settled, ms. */
  step: number | undefined;
  /** Whether the last training found too little. */
  foundTooLittle = false;
  /** The set that takes over last. */
  inForce: Promoted | undefined;
  /** The last training that led to no promotion. */
  failed: TrainingEntry | undefined;
  /** The last training that did, by this fleet. */
  trained: Promoted | undefined;
  refusals = 0;
  /** Champions before the one in force, oldest first; one that is in force again is there twice. */
  readonly champions: Promoted[] = [];
  /** Names other than the champion's. */
  readonly names = new Map<string, NamedSet>();
  /** Ids of the moves that counted, newest last, and of those that were void. */
  readonly moves = new Map<string, boolean>();
  /** Snapshots of what was learnt, oldest first, by id; those beyond what is kept are deleted. */
  readonly snapshots = new Map<string, Snapshot>();
  /** In their order. */
  readonly reverts: Revert[] = [];
  /** The set that scores a share of the entities. */
  canary: Canary | undefined;
  /** Records for the shards of `windows` about snapshots, canaries and shadows, in their order, that they may not have. */
  private readonly turns = new Map<string, Turn>();
  private seen = 0;
  private prior: string | undefined;

  /** Reads what was said since; gives the entries that count. */
  read(said: ReadonlyMap<string, Control>): TrainingEntry[] {
    if (said.size === this.seen) return [];
    const news = [...said.values()].slice(this.seen);
    this.seen = said.size;
    return news.flatMap((control) => {
      const move = aliasMove(control);
      if (move) return this.move(move);
      const turned = this.turn(control);
      if (turned) return turned;
      const entry = trainingEntry(control);
      return entry && this.apply(entry, control.by) ? [entry] : [];
    });
  }

  /** What a name stands for; empty where nothing. */
  artefactOf(alias: string): string {
    return alias === champion ? (this.inForce?.artefact ?? '') : (this.names.get(alias)?.artefact ?? '');
  }

  /** A bound with which a set takes over from the one in force at once, ms: later than all before, so that it is no repeat. */
  nextBound(from: number): number {
    const bounds = [...this.champions, ...(this.inForce ? [this.inForce] : [])].map((one) => one.from + 1);
    return Math.max(from, ...bounds);
  }

  /** Records about snapshots, canaries and shadows that are to be written to all shards, in their order. */
  get pendingTurns(): readonly Turn[] {
    return [...this.turns.values()];
  }

  /** Takes what is about snapshots and canaries; gives the promotion that a revert is. Undefined for what is about something else. */
  private turn(control: Control): TrainingEntry[] | undefined {
    if (control.command === 'turned') {
      this.turns.delete(control.about);
      return [];
    }
    const snapshot = snapshotIn(control);
    if (snapshot) {
      // Of several with one name the first counts.
      const isVoid = this.snapshots.has(snapshot.id);
      this.note(control.id, !isVoid);
      if (isVoid) return [];
      this.snapshots.set(snapshot.id, snapshot);
      this.turns.set(snapshot.id, { type: 'snapshot', id: snapshot.id });
      return [];
    }
    const canary = canaryIn(control);
    if (canary) {
      const isVoid =
        canary.share === 0
          ? this.canary?.artefact !== canary.artefact
          : (this.canary ?? canary).artefact !== canary.artefact;
      this.note(canary.id, !isVoid);
      if (isVoid) return [];
      const { id, artefact, share } = canary;
      this.canary = share === 0 ? undefined : canary;
      this.turns.set(id, { type: 'canary', id, artefact, share });
      return [];
    }
    const revert = revertIn(control);
    if (!revert) return undefined;
    const { id, artefact, from, by, at, why, without } = revert;
    this.note(id, this.snapshots.has(revert.snapshot));
    if (!this.snapshots.has(revert.snapshot)) return [];
    this.reverts.push(revert);
    // The state of the snapshot has no canary.
    this.canary = undefined;
    this.turns.set(id, { type: 'revert', id, snapshot: revert.snapshot, without });
    // Nor shadows: those that there are begin again.
    for (const [alias, named] of this.names) this.shadow(`${id}/${alias}`, alias, named.artefact);
    if (artefact === '') return [];
    const said = why === '' ? '' : `: ${why}`;
    const about = { artefact, from, by, why: `back to the snapshot ${revert.snapshot}${said}` };
    const entry: TrainingEntry = { what: 'promoted', epoch: 0, at, origin: 'alias', ...about };
    this.apply(entry, by);
    return [entry];
  }

  /** Whether a move counted. */
  private note(id: string, counts: boolean): void {
    this.moves.set(id, counts);
    if (this.moves.size > maxMoves) this.moves.delete(this.moves.keys().next().value!);
  }

  /** Takes a move; gives the promotion that it is. It is void where the name stands for another set by now. */
  private move(move: AliasMove): TrainingEntry[] {
    const { alias, artefact, expected, from, id, by, why, at } = move;
    const isVoid =
      this.artefactOf(alias) !== expected || (alias === champion && (artefact === '' || from === undefined));
    this.note(id, !isVoid);
    if (isVoid) return [];
    if (alias !== champion) {
      if (artefact === '') this.names.delete(alias);
      else this.names.set(alias, { artefact, by, why, at });
      this.shadow(id, alias, artefact);
      return [];
    }
    const entry: TrainingEntry = {
      what: 'promoted',
      epoch: 0,
      at,
      why,
      artefact,
      origin: 'alias',
      by,
      ...(from === undefined ? {} : { from }),
    };
    this.apply(entry, by);
    return [entry];
  }

  /** The name of a shadow is moved: every shard is to know. */
  private shadow(id: string, name: string, artefact: string): void {
    if (isShadow(name)) this.turns.set(id, { type: 'shadow', id, name, artefact });
  }

  /** Takes an entry; false for one that is void: its process had lost the lead. */
  apply(entry: TrainingEntry, by = 'tocsin'): boolean {
    const { origin } = entry;
    const isOfPerson = origin === 'command' || origin === 'alias';
    if (!isOfPerson) {
      if (entry.epoch < this.epoch) return false;
      this.epoch = entry.epoch;
    }
    if (entry.what === 'began') this.first ??= entry.first;
    if (entry.step !== undefined) {
      this.step = Math.max(this.step ?? entry.step, entry.step);
      if (entry.what !== 'looked') this.foundTooLittle = entry.what === 'too-little';
    }
    if (entry.what === 'refused') this.refusals++;
    if (entry.what === 'refused' || entry.what === 'too-little') this.failed = entry;
    if (entry.what === 'promoted' && entry.artefact !== undefined && entry.from !== undefined)
      this.promote({ ...entry, by: entry.by ?? by, artefact: entry.artefact, from: entry.from });
    return true;
  }

  private promote(entry: Promoted): void {
    if (this.inForce) this.champions.push(this.inForce);
    // A set that comes back is what it was trained to be.
    const before = this.champions.findLast(({ artefact }) => artefact === entry.artefact);
    const promoted = { ...(entry.origin === 'alias' ? before : undefined), ...entry };
    if (this.champions.length > maxMoves) this.champions.shift();
    this.inForce = promoted;
    if (promoted.origin === 'prior') this.prior = promoted.artefact;
    if (this.names.get(challenger)?.artefact === promoted.artefact) this.names.delete(challenger);
    // Own templates are never numbered from what ships with tocsin.
    if (promoted.artefact === this.prior) return;
    this.trained = promoted;
    this.failed = undefined;
  }
}
