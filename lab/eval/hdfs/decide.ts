/** Decides sessions of the HDFS log: some warm a class up, others are scored, and questions may be answered. */
import type { Decision } from '../../../records/score.js';
import type { Verdict } from '../../../records/verdict.js';
import type { WindowsRecord } from '../../../records/windows.js';
import { hashText } from '../../../records/wire/hash.js';
import { MemoryBackend } from '../../../runtime/memory-backend.js';
import { TaskState } from '../../../runtime/state.js';
import type { DetectParts } from '../../../topologies/detect.js';
import { decide, detectDefaults } from '../in-process.js';
import { learntState } from '../learnt-state.js';

/** What was decided of one block. */
export interface DecidedBlock {
  /** Of the decision that came nearest to firing, or fired most clearly. */
  score: number;
  /** Any of its decisions: an alert that was raised cannot be taken back. */
  fired: boolean;
  /** The last of its decisions. */
  lastFired: boolean;
  /** Its question was answered. */
  asked: boolean;
  margin: number;
}
export type DecidedBlocks = ReadonlyMap<string, DecidedBlock>;

/** Questions of a run and who answers them; at most `most` are. */
export interface Answers {
  readonly most: number;
  isAnomaly(key: string): boolean;
}

export interface Run {
  readonly records: readonly WindowsRecord[];
  readonly warmUp: ReadonlySet<string>;
  readonly scored: ReadonlySet<string>;
  readonly answers?: Answers;
  /** u from which on a session is rare to begin with; the product's own without it. */
  readonly rare?: number;
}

const task = 'detect/0';
const ignore = (): void => undefined;

/** Warms a class up with the lines of some sessions, read to their end, and decides others. */
export async function decideSessions({ records, warmUp, scored, answers, rare }: Run): Promise<DecidedBlocks> {
  const parts = (stores: TaskState): DetectParts => {
    const defaults = detectDefaults(stores);
    const select = { ...defaults.select, questions: answers?.most ?? 0, ...(rare === undefined ? {} : { rare }) };
    return { ...defaults, select };
  };
  const backend = new MemoryBackend();
  const warming = await TaskState.restore(backend, task, 1);
  // What is decided in the warm-up is of no interest, what is learnt stays in the state.
  const warmUpRun = decide(only(records, warmUp), parts(warming), ignore);
  while (!(await warmUpRun.next()).done);
  await warming.checkpoint(undefined);

  const decided = new Map<string, DecidedBlock>();
  const verdicts: Verdict[] = [];
  const given: string[] = [];
  const stores = await TaskState.restore(await learntState(backend, task), task, 1);
  for await (const item of decide(only(records, scored, verdicts), parts(stores), ignore, true)) {
    if (item.type !== 'decided' || item.decision.key === '') continue;
    const { decision, context } = item;
    const isAnswered = decision.asked && answers !== undefined && given.length < answers.most;
    if (isAnswered) {
      const { key } = decision;
      given.push(key);
      const value = answers.isAnomaly(key) ? 'anomaly' : 'not-anomaly';
      const id = `${hashText(key)}`;
      verdicts.push({ id, alert: id, value, by: 'simulated operator', at: decision.end, context });
    }
    decided.set(decision.key, joined(decided.get(decision.key), decision, context.own, isAnswered));
  }
  return decided;
}

function joined(known: DecidedBlock | undefined, { u, fired }: Decision, own: number, asked: boolean): DecidedBlock {
  const leads = !known || own > known.margin;
  return {
    score: leads ? u : known.score,
    margin: leads ? own : known.margin,
    fired: fired || (known?.fired ?? false),
    lastFired: fired,
    asked: asked || (known?.asked ?? false),
  };
}

/**
 * Records without those of other sessions; a verdict goes behind the record at which it was given. Lines that were cut in
 * a key, or before it, stay with the sessions that they may be of.
 */
async function* only(
  records: readonly WindowsRecord[],
  wanted: ReadonlySet<string>,
  verdicts: Verdict[] = [],
): AsyncGenerator<WindowsRecord> {
  const cut = new Set(['']);
  for (const key of wanted) for (let length = 1; length < key.length; length++) cut.add(key.slice(0, length));
  for (const record of records) {
    for (const verdict of verdicts.splice(0)) yield { type: 'verdict', verdict };
    if (record.type !== 'session' || wanted.has(record.key) || cut.has(record.key)) yield record;
  }
}
