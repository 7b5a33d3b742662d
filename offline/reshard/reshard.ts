/**
 * Changes the number of shards: what was read is decided to its end, the state of `detect` is shared out anew, and the logs
 * that had the old number start empty. The steps are made so that they can be made again after a crash: what is moved lies in
 * the state backend, whole, before anything is overwritten.
 */
import { decode, encode } from '../../records/wire/codec.js';
import { sourceState } from '../../operators/merge/sources.js';
import { emittedOrdinal } from '../../operators/emit-marks.js';
import type { Checkpoint, StateBackend, StoredEntry } from '../../runtime/backend.js';
import { StartError } from '../../runtime/start-error.js';
import { planCodec, planOf, planTask, type Plan } from '../../service/reshard-plan.js';
import { ingestTaskName, respondTask } from '../../service/fleet/roles.js';
import { moveState, type ShardState } from './move.js';

/** The logs of a deployment, as far as resharding is concerned. */
export interface ShardedLogs {
  /** Shards of `windows`; undefined where there is no such log. */
  shards(): Promise<number | undefined>;
  /** Offset behind the last record of a shard of `windows`, and of `alerts`. */
  end(channel: 'windows' | 'alerts', shard: number): Promise<number>;
  /** Puts empty ones with so many shards in the place of `windows` and `decisions`; says where the old ones are. */
  beginAnew(shards: number): Promise<string>;
}

export interface ReshardOptions {
  readonly backend: StateBackend;
  readonly logs: ShardedLogs;
  readonly from: number;
  readonly to: number;
  /** Whether a run trains its first models itself, on a log that goes back to its beginning. */
  readonly trainsItself: boolean;
  /** Told of each step, for people. */
  readonly say: (text: string) => void;
  /** Wall clock, ms. */
  readonly now?: () => number;
}

const stagingTask = (shard: number): string => `reshard/${shard}`;
const detectTask = (shard: number): string => `detect/${shard}`;
/** Bytes of state that one write takes along. */
const atOnce = 16 * 1024 * 1024;

/**
 * @returns where the old logs are
 * @throws StartError where something is not decided, or was not written in good order; nothing has changed then
 */
export async function reshard(options: ReshardOptions): Promise<string> {
  const { backend, logs, from, to, say } = options;
  const tasks = new Tasks(backend, options.now ?? Date.now);
  const begun = planOf(await tasks.claim(planTask));
  if (begun) {
    if (begun.to !== to || begun.from !== from)
      throw new StartError(
        `resharding from ${begun.from} to ${begun.to} shards was begun and not finished: run it again with these first`,
      );
    say('going on with what was begun');
  } else {
    const stored = await logs.shards();
    if (stored === undefined) throw new StartError('there is no log of windows yet: set channels.shards and start');
    if (stored !== from) throw new StartError(`the log of windows has ${stored} shards and channels.shards is ${from}`);
    if (from === to) throw new StartError(`there are ${to} shards already`);
    const checkpoints: Checkpoint[] = [];
    for (let shard = 0; shard < from; shard++) checkpoints.push(await tasks.claim(detectTask(shard)));
    await refuseUndecided(tasks, logs, checkpoints, options.trainsItself);
    const moved = sharedOut(checkpoints, to);
    for (const [shard, state] of moved.entries()) await tasks.replace(stagingTask(shard), state);
    await tasks.replace(planTask, planState({ from, to }));
    say(`${moved.reduce((sum, { entries }) => sum + entries.length, 0)} entries of state are staged`);
  }
  for (let shard = 0; shard < Math.max(from, to); shard++) {
    const state: ShardState =
      shard < to ? await tasks.claim(stagingTask(shard)) : { entries: [], versions: new Map<string, number>() };
    await tasks.replace(detectTask(shard), state, { source: `windows/${shard}`, offset: 0 });
  }
  await forgetInputAlerts(tasks);
  const old = await logs.beginAnew(to);
  await tasks.replace(planTask, { entries: [], versions: new Map() });
  for (let shard = 0; shard < to; shard++)
    await tasks.replace(stagingTask(shard), { entries: [], versions: new Map() });
  return old;
}

function sharedOut(checkpoints: readonly Checkpoint[], to: number): ShardState[] {
  try {
    return moveState(checkpoints, to);
  } catch (error) {
    throw new StartError((error as Error).message);
  }
}

const planState = (plan: Plan): ShardState => ({
  entries: [{ store: 'plan', key: '', value: encode(planCodec, plan) }],
  versions: new Map([['plan', 1]]),
});

/** Everything in the logs must be decided, told, and covered by the checkpoints of who wrote it. */
async function refuseUndecided(
  tasks: Tasks,
  logs: ShardedLogs,
  checkpoints: readonly Checkpoint[],
  trainsItself: boolean,
): Promise<void> {
  const again = trainsItself
    ? 'start tocsin until it has caught up and stop it with SIGTERM, then reshard'
    : 'stop all members with SIGTERM, let `tocsin run --drain` decide what is left, then reshard';
  for (const [shard, { position }] of checkpoints.entries()) {
    const left = (await logs.end('windows', shard)) - (position?.offset ?? 0);
    if (left > 0) throw new StartError(`${left} records of shard ${shard} of windows are not decided: ${again}`);
  }
  const told = await tasks.claim(respondTask);
  const left = (await logs.end('alerts', 0)) - (told.position?.offset ?? 0);
  if (left > 0) throw new StartError(`${left} alerts were not handled: ${again}`);
  if (trainsItself && checkpoints.every(({ entries }) => entries.every(({ store }) => store !== 'artefact')))
    throw new StartError(
      'no models were trained yet, and the log that they are trained on would start empty: reshard after the first training',
    );
  for (const { entries } of checkpoints)
    for (const { store, key, value } of entries) {
      if (store !== 'sources') continue;
      const { incarnation, offset, n } = decode(sourceState, value);
      const task = key === 'redrive/0' ? key : ingestTaskName(key, incarnation);
      const written = (await tasks.once(task)).entries.find((entry) => entry.store === 'ingest.ordinal');
      // A source that is gone writes nothing again.
      if (!written) continue;
      const last = decode(emittedOrdinal, written.value);
      if (last.offset < offset || (last.offset === offset && last.n <= n))
        throw new StartError(
          `source ${key} would write again what it wrote: whoever read it was not stopped in good order, and nobody has come as far since; start again, let it read on for a minute, then ${again}`,
        );
    }
}

/** They are known by offsets of the log of windows, which start again at 0. */
async function forgetInputAlerts(tasks: Tasks): Promise<void> {
  const { entries, versions } = await tasks.claim(respondTask);
  const gone = entries.filter(({ store, key }) => store === 'seen' && key.startsWith('input/'));
  await tasks.change(respondTask, [], gone, versions);
}

/** Tasks that this process holds, with what it knows of each. */
class Tasks {
  private readonly held = new Map<string, Checkpoint>();

  constructor(
    private readonly backend: StateBackend,
    private readonly now: () => number,
  ) {}

  async claim(task: string): Promise<Checkpoint> {
    const checkpoint = await this.backend.claim(task, this.now());
    this.held.set(task, checkpoint);
    return checkpoint;
  }

  /** As it was when it was first claimed here. */
  async once(task: string): Promise<Checkpoint> {
    return this.held.get(task) ?? (await this.claim(task));
  }

  /** Makes this all that the task has, in as many writes as it takes; the position comes with the last one. */
  async replace(task: string, { entries, versions }: ShardState, position?: Checkpoint['position']): Promise<void> {
    const before = await this.claim(task);
    const kept = new Set(entries.map(({ store, key }) => `${store}\0${key}`));
    const gone = before.entries.filter(({ store, key }) => !kept.has(`${store}\0${key}`));
    const known = new Map([...before.versions, ...versions]);
    let puts: StoredEntry[] = [];
    let bytes = 0;
    for (const entry of entries) {
      puts.push(entry);
      bytes += entry.value.length + entry.key.length;
      if (bytes < atOnce) continue;
      await this.change(task, puts, [], known);
      [puts, bytes] = [[], 0];
    }
    await this.change(task, puts, gone, known, position);
  }

  async change(
    task: string,
    puts: readonly StoredEntry[],
    deletes: readonly StoredEntry[],
    versions: ReadonlyMap<string, number>,
    position?: Checkpoint['position'],
  ): Promise<void> {
    const { epoch } = this.held.get(task)!;
    await this.backend.write(task, epoch, { puts, deletes, versions }, position);
  }
}
