/** What people ask of models while a process runs: names, the canary, snapshots. Each is written to the log and read back. */
import type { Config } from '../../config/schema.js';
import { publishSet, type Blobs } from '../../models/registry/share.js';
import { champion } from '../../records/alias.js';
import type { Control } from '../../records/control.js';
import type { Snapshot } from '../../records/snapshot.js';
import type { Artefacts } from '../../training/artefacts.js';
import type { TrainingLedger } from '../../training/ledger.js';
import { askCanary, type CanaryOutcome, type CanaryRequest } from '../canary/ask.js';
import type { CanaryFound } from '../canary/watch.js';
import type { LiveShadow } from '../shadow/watch.js';
import type { ControlsLog } from '../flow/controls-log.js';
import {
  askRevert,
  askSnapshot,
  type RevertRequest,
  type SnapshotOutcome,
  type SnapshotRequest,
} from '../snapshots/ask.js';
import type { SnapshotStore } from '../snapshots/store.js';
import { moveName, type NameOutcome, type NameRequest } from './names.js';

export interface ModelDoorParts {
  readonly config: Config;
  readonly controls: ControlsLog;
  readonly artefacts: Artefacts;
  readonly blobs?: Blobs;
  readonly snapshots: SnapshotStore;
  /** The ledger as it was last read. */
  readonly ledger: TrainingLedger;
  /** Reads what is new first. */
  readonly heard: () => Promise<TrainingLedger>;
  /** Up to where it is decided, ms of event time. */
  readonly decided: () => number | undefined;
  readonly found: () => CanaryFound | undefined;
  readonly shadowed: () => Promise<readonly LiveShadow[]>;
}

export class ModelDoors {
  constructor(private readonly parts: ModelDoorParts) {}

  /** What each name of a set stands for. */
  names(): Readonly<Record<string, string>> {
    const { inForce, names } = this.parts.ledger;
    return {
      ...(inForce ? { [champion]: inForce.artefact } : {}),
      ...Object.fromEntries([...names].map(([name, { artefact }]) => [name, artefact])),
    };
  }

  /** Moves the name of a set. */
  move(request: NameRequest): Promise<NameOutcome> {
    return moveName(request, 'api', this.doors);
  }

  /** The canary, and what it and the rest decided. */
  canary(): object {
    return { canary: this.parts.ledger.canary ?? null, found: this.parts.found() ?? null };
  }

  /** What each shadow would have decided otherwise. */
  async shadows(): Promise<readonly LiveShadow[]> {
    await this.parts.heard();
    return this.parts.shadowed();
  }

  /** Asks that a set scores a share of the entities. */
  setCanary(request: CanaryRequest): Promise<CanaryOutcome> {
    return askCanary(request, 'api', this.doors);
  }

  /** Snapshots that were asked for, oldest first. */
  snapshots(): readonly Snapshot[] {
    return [...this.parts.ledger.snapshots.values()];
  }

  /** Asks all shards to keep what they have learnt. */
  snapshot(request: SnapshotRequest): Promise<SnapshotOutcome> {
    return askSnapshot(request, 'api', this.doors, this.parts.decided());
  }

  /** Asks all shards to go back to what they had learnt. */
  revert(request: RevertRequest): Promise<SnapshotOutcome> {
    return askRevert(request, 'api', this.doors);
  }

  /** Makes a control durable and reads it back. */
  async say(control: Control): Promise<TrainingLedger> {
    const { controls, heard } = this.parts;
    await controls.record(control);
    return heard();
  }

  private get doors() {
    const { artefacts, blobs, config, snapshots, heard } = this.parts;
    const { shards, backend } = config.channels;
    // Of a fleet whose members have state of their own this one knows only its own shards.
    const isElsewhere = backend === 'kafka' && config.state.backend !== 'redis';
    return {
      ledger: heard,
      shards,
      dir: artefacts.dir,
      publish: async (id: string) => (blobs ? publishSet(artefacts.dir, id, blobs) : undefined),
      missing: async (id: string) => (isElsewhere ? undefined : snapshots.missing(id, shards)),
      say: (control: Control) => this.say(control),
    };
  }
}
