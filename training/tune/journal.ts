/**
 * The record of a study: JSON lines in the form of Optuna's journal (`JournalStorage(JournalFileBackend(path))`), one
 * operation a line. A study that goes on writes the same lines as one that was never disturbed, but for times: what is
 * there already is compared instead of written, and results that are there are not computed again.
 */
import { open, readFile, truncate, type FileHandle } from 'node:fs/promises';
import { StartError } from '../../runtime/start-error.js';
import type { Distribution } from './space.js';

/** Codes of operations and states, as Optuna numbers them. */
const operations = {
  createStudy: 0,
  studyAttribute: 2,
  createTrial: 4,
  parameter: 5,
  finish: 6,
  report: 7,
  attribute: 8,
};
const states = { complete: 1, pruned: 2, failed: 3 };
const maximise = 2;
const worker = 'tocsin';

type JournalOperation = Readonly<Record<string, unknown>>;

export class Journal {
  private at = 0;

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly known: readonly JournalOperation[],
    private readonly now: () => number,
  ) {}

  /**
   * Opens or begins a journal. A last line that was cut by a crash is removed.
   *
   * @throws StartError where a line is no operation
   */
  static async open(path: string, now: () => number = Date.now): Promise<Journal> {
    const file = await open(path, 'a+');
    try {
      const text = await readFile(path, 'utf8');
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      if (whole.length < text.length) await truncate(path, Buffer.byteLength(whole));
      const known = whole
        .split('\n')
        .slice(0, -1)
        .map((line, i) => operationOf(line, `${path}:${i + 1}`));
      return new Journal(path, file, known, now);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Whether the next operations, this many, are there already. */
  has(count: number): boolean {
    return this.at + count <= this.known.length;
  }

  /** Of the next operations those that are there already. */
  next(count: number): readonly JournalOperation[] {
    return this.known.slice(this.at, this.at + count);
  }

  close(): Promise<void> {
    return this.file.close();
  }

  /**
   * Writes operations at once, durably, those that are not there yet.
   *
   * @throws StartError where others are there
   */
  async write(list: readonly JournalOperation[]): Promise<void> {
    const fresh: string[] = [];
    for (const operation of list) {
      const there = this.known[this.at];
      if (there === undefined) fresh.push(`${JSON.stringify(this.dated(operation))}\n`);
      else if (undated(there) !== undated(operation))
        throw new StartError(
          `${this.path}:${this.at + 1} is of another study: its data, settings or release differ. Name another file with --journal, or delete this one`,
        );
      this.at++;
    }
    if (fresh.length === 0) return;
    await this.file.appendFile(fresh.join(''));
    await this.file.sync();
  }

  private dated(operation: JournalOperation): JournalOperation {
    const date = new Date(this.now()).toISOString().replace('Z', '000+00:00');
    if (operation['op_code'] === operations.createTrial) return { ...operation, datetime_start: date };
    return operation['op_code'] === operations.finish ? { ...operation, datetime_complete: date } : operation;
  }
}

function operationOf(line: string, where: string): JournalOperation {
  try {
    const read: unknown = JSON.parse(line);
    if (typeof read === 'object' && read !== null && 'op_code' in read) return { ...read };
  } catch {
    // Below.
  }
  throw new StartError(`${where}: no operation of a study: name another file with --journal`);
}

const undated = ({ datetime_start: _, datetime_complete: __, ...operation }: JournalOperation): string =>
  JSON.stringify(operation);

const operation = (code: number, rest: JournalOperation): JournalOperation => ({
  op_code: code,
  worker_id: worker,
  ...rest,
});

export const createStudy = (name: string): JournalOperation =>
  operation(operations.createStudy, { study_name: name, directions: [maximise] });
export const studyAttribute = (attribute: JournalOperation): JournalOperation =>
  operation(operations.studyAttribute, { study_id: 0, user_attr: attribute });
export const createTrial = (): JournalOperation => operation(operations.createTrial, { study_id: 0 });
export const parameter = (trial: number, name: string, value: number, distribution: Distribution): JournalOperation =>
  operation(operations.parameter, {
    trial_id: trial,
    param_name: name,
    param_value_internal: value,
    distribution: JSON.stringify(distributionOf(distribution)),
  });
export const report = (trial: number, step: number, value: number): JournalOperation =>
  operation(operations.report, { trial_id: trial, step, intermediate_value: value });
export const attribute = (trial: number, about: JournalOperation): JournalOperation =>
  operation(operations.attribute, { trial_id: trial, user_attr: about });
export const finish = (trial: number, state: keyof typeof states, value: number | undefined): JournalOperation =>
  operation(operations.finish, {
    trial_id: trial,
    state: states[state],
    values: value === undefined ? null : [value],
  });

/** What `report` wrote; NaN where it failed. */
export const reported = ({ intermediate_value: value }: JournalOperation): number =>
  typeof value === 'number' ? value : Number.NaN;

function distributionOf(distribution: Distribution): JournalOperation {
  if (distribution.kind === 'choice')
    return { name: 'CategoricalDistribution', attributes: { choices: distribution.choices } };
  const { low, high } = distribution;
  return distribution.kind === 'whole'
    ? { name: 'IntDistribution', attributes: { log: false, step: 1, low, high } }
    : { name: 'FloatDistribution', attributes: { step: null, low, high, log: distribution.log === true } };
}
