/** Trains in a thread of its own, so that reading, scoring and telling go on; the thread is handed pages of the `windows` log. */
import { Worker } from 'node:worker_threads';
import { compiled } from '../models/onnx/compiled.js';
import type { MergeOptions } from '../operators/merge.js';
import type { PolicyName } from '../models/policies/going-over.js';
import type { PlainRule } from '../operators/rules.js';
import type { TimeRange } from '../records/snapshot.js';
import type { ChannelReader } from '../records/store.js';
import type { CustomModel } from './custom-models.js';
import type { Trained } from './train.js';

interface OffsetSpan {
  readonly first: number;
  readonly next: number;
}

/** What is trained: plain data, since it is copied to the thread. */
export interface TrainingJob {
  /** Folder of the registry; the sets that are named below are in it. */
  readonly dir: string;
  readonly windows: Omit<MergeOptions, 'sessions' | 'shard'>;
  readonly rules: readonly PlainRule[];
  readonly seed: number;
  readonly extra: readonly string[];
  readonly own: readonly CustomModel[];
  readonly policy: PolicyName;
  readonly budget: number;
  readonly minRows: number;
  /** The set in force, which the new one is compared with. */
  readonly inForce?: string;
  /** The set that ships with tocsin. */
  readonly prior?: string;
  /** The set whose templates keep their ids. */
  readonly previous?: string;
  /** Event time of the windows that are used, ms. */
  readonly from: number;
  readonly to: number;
  /** Event time that is not learnt from, ms. */
  readonly without: readonly TimeRange[];
  /** Why it is trained; where it is not given, it is looked whether there is reason to. */
  readonly reason?: string;
  /** First and one after the last offset of each shard. */
  readonly ranges: readonly OffsetSpan[];
  /** Where drift is looked for, too: the decisions, and up to where the set in force has learnt, ms. */
  readonly drift?: { readonly ranges: readonly OffsetSpan[]; readonly learntTo: number; readonly budget: number };
}

/** What came of it. */
export type TrainingOutcome = { readonly drift?: DriftFound } & (
  | { readonly what: 'looked' | 'too-little'; readonly why: string; readonly trained?: undefined }
  | { readonly what: 'refused' | 'passed'; readonly why: string; readonly trained: Trained }
);

/** Which entities are not what they were when the models in force learnt them. */
export interface DriftFound {
  readonly drifted: readonly string[];
  /** Entities that were looked at, and those with too short a past. */
  readonly entities: number;
  readonly young: number;
}

/** From the thread: a page that it needs, or the end. */
export type FromThread =
  | { readonly read: number; readonly offset: number; readonly of: 'windows' | 'decisions' }
  | { readonly outcome: TrainingOutcome }
  | { readonly failed: string };

export type LogPage = readonly { readonly offset: number; readonly value: Uint8Array }[];

/** Why a training that found too little did. @param minRows - windows that it needs */
export const tooFew = (minRows: number): string => `fewer than ${minRows} windows to learn from`;

const pageSize = 1000;
/** A log that gives nothing for so long, although there is something, does not answer, ms. */
const patienceMs = 30_000;

export class TrainingStopped extends Error {
  override readonly name = 'TrainingStopped';
}

/**
 * @param readers of the logs; only what was there at the start of the job is read
 * @throws TrainingStopped where `signal` ends it
 * @throws Error with the thread's message
 */
export async function trainInBackground(
  job: TrainingJob,
  readers: { readonly windows: ChannelReader; readonly decisions?: ChannelReader },
  signal: AbortSignal,
  program = compiled(import.meta.url, 'training-thread.js'),
): Promise<TrainingOutcome> {
  const worker = new Worker(program, { workerData: job });
  let stop = (): void => undefined;
  try {
    return await new Promise<TrainingOutcome>((resolve, reject) => {
      stop = (): void => reject(new TrainingStopped('training was stopped'));
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      worker.on('message', (message: FromThread) => {
        if ('outcome' in message) resolve(message.outcome);
        else if ('failed' in message) reject(new Error(`training failed: ${message.failed}`));
        else {
          const { of, read: shard, offset } = message;
          const [reader, ranges] =
            of === 'windows' ? [readers.windows, job.ranges] : [readers.decisions!, job.drift!.ranges];
          page(reader, shard, offset, ranges[shard]!.next, of).then((records) => worker.postMessage(records), reject);
        }
      });
      worker.once('error', reject);
      worker.once('exit', (code) =>
        reject(new Error(`the training thread ended with code ${code} before it answered`)),
      );
    });
  } finally {
    signal.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

async function page(reader: ChannelReader, shard: number, offset: number, end: number, of: string): Promise<LogPage> {
  for (;;) {
    const records = await reader.read(shard, offset, pageSize);
    if (records.length > 0)
      return records.filter((record) => record.offset < end).map(({ offset: at, value }) => ({ offset: at, value }));
    if (!(await reader.wait(shard, offset, patienceMs)))
      throw new Error(
        `nothing came for ${patienceMs / 1000} s after offset ${offset} of shard ${shard} of the ${of} log`,
      );
  }
}
