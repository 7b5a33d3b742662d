/** Takes a snapshot each day of event time, tells all shards of those and of reverts, and deletes old ones. */
import type { CanaryRecord } from '../../records/canary.js';
import type { Control } from '../../records/control.js';
import type { ShadowRecord } from '../../records/shadow.js';
import { snapshotControl, turnedControl, type RevertRecord, type SnapshotRecord } from '../../records/snapshot.js';
import type { TrainingLedger } from '../../training/ledger.js';
import type { SnapshotStore } from './store.js';

export interface KeeperParts {
  readonly ledger: TrainingLedger;
  readonly shards: number;
  readonly options: { readonly every: number; readonly keep: number };
  readonly store: SnapshotStore;
  readonly broadcast: (record: SnapshotRecord | RevertRecord | CanaryRecord | ShadowRecord) => Promise<void>;
  /** Makes a control durable and reads it back. */
  readonly say: (control: Control) => Promise<unknown>;
}

export class SnapshotKeeper {
  /** Where this process saw it first, ms of event time. */
  private begun: number | undefined;

  constructor(private readonly parts: KeeperParts) {}

  /** By the process that leads. @param decided up to where it is decided, ms of event time */
  async look(decided: number | undefined): Promise<void> {
    await this.askDaily(decided);
    await this.announce();
  }

  /** Writes what shards may not have; those that have it ignore it. */
  async announce(): Promise<void> {
    const { ledger, broadcast, say, store, shards, options } = this.parts;
    for (const turn of ledger.pendingTurns) {
      await broadcast(turn);
      await say(turnedControl(turn.id, Date.now()));
      if (turn.type === 'snapshot') await store.keep(keptOf(ledger, options.keep), shards);
    }
  }

  private async askDaily(decided: number | undefined): Promise<void> {
    const { ledger, options, shards, say } = this.parts;
    const { every, keep } = options;
    if (decided === undefined || keep === 0) return;
    const daily = [...ledger.snapshots.values()].filter(({ by }) => by === keeper);
    // Training knows when the log began; where people train by hand, it never does.
    const last = daily.at(-1)?.decided ?? ledger.first ?? (this.begun ??= decided);
    if (Math.floor(decided / every) <= Math.floor(last / every)) return;
    const due = new Date(decided - (decided % every)).toISOString();
    const id = `at-${due
      .slice(0, every % 86_400_000 === 0 ? 10 : 16)
      .replace(':', '')
      .toLowerCase()}`;
    // A day that comes again, after a clock was set back, has its snapshot.
    if (ledger.snapshots.has(id)) return;
    const artefact = ledger.inForce?.artefact ?? '';
    await say(snapshotControl({ id, artefact, decided, shards, by: keeper, why: 'daily', at: Date.now() }, 'training'));
  }
}

const keeper = 'tocsin';

/** Reverts whose snapshots stay: a shard that is behind may not have gone back yet. */
const lastReverts = 3;

const keptOf = ({ snapshots, reverts }: TrainingLedger, keep: number): Set<string> =>
  new Set([
    ...[...snapshots.keys()].slice(-Math.max(1, keep)),
    ...reverts.slice(-lastReverts).map(({ snapshot }) => snapshot),
  ]);
