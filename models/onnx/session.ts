/**
 * Runs a model that the guard has passed. ONNX Runtime computes synchronously and so blocks the event loop: rows go
 * through in slices of 256 (about 2 ms), between which other work has its turn. One thread without spinning: the order
 * of additions must not depend on the machine, and idle detectors must not burn a core.
 */
import './telemetry.js';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** Rows of one call. */
export const SLICE = 256;

/** What went in or came out does not fit the model. */
export class ScoringError extends Error {
  override name = 'ScoringError';
}

/** Loads a model from the very bytes that were inspected. Errors are ONNX Runtime's, with the model's name before them. */
export async function loadSession(model: Uint8Array, name: string): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      logSeverityLevel: 4,
      extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
    });
  } catch (error) {
    throw new ScoringError(
      `ONNX Runtime cannot load the model ${name}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** The ports of a model that scores rows. */
export interface RowPorts {
  readonly name: string;
  readonly input: string;
  readonly inputType: 'float32' | 'float64';
  readonly output: string;
  readonly columns: number;
  /**
   * Rows are filled up with zeros to a multiple of this. Vector kernels treat the last few rows apart, and a model whose
   * sums are not exact would score a row differently there; models that are exact by construction use 1.
   */
  readonly multiple: number;
  /** Where the output has several columns, as the chances of classes: the one that is the score. */
  readonly column?: number;
  /** What a row gets for which the model gives no finite number; without it such a row is an error. */
  readonly otherwise?: number;
}

/** A loaded model that maps rows x columns to one number a row. */
export class RowSession {
  private constructor(
    private readonly session: InferenceSession,
    private readonly ports: RowPorts,
  ) {}

  /** @throws ScoringError where the model does not load or lacks the ports */
  static async open(model: Uint8Array, ports: RowPorts): Promise<RowSession> {
    const session = await loadSession(model, ports.name);
    if (
      session.inputNames.length !== 1 ||
      session.inputNames[0] !== ports.input ||
      !session.outputNames.includes(ports.output)
    ) {
      throw new ScoringError(
        `model ${ports.name} has inputs ${session.inputNames.join(', ')} and outputs ${session.outputNames.join(', ')}; expected ${ports.input} and ${ports.output}`,
      );
    }
    return new RowSession(session, ports);
  }

  /**
   * One number a row.
   *
   * @param data rows x columns, row-major
   * @param shift elements by which the input is moved in memory; the trial uses it to see whether addresses matter
   * @throws ScoringError where the model returns another shape, or, with nothing to take instead, a number that is NaN
   * or infinite
   */
  async run(data: Float64Array, rows: number, shift = 0): Promise<Float64Array> {
    const { columns } = this.ports;
    if (data.length !== rows * columns) {
      throw new ScoringError(
        `model ${this.ports.name} takes ${columns} columns; ${data.length} numbers are not ${rows} such rows`,
      );
    }
    const scores = new Float64Array(rows);
    for (let start = 0; start < rows; start += SLICE) {
      const end = Math.min(rows, start + SLICE);
      scores.set(await this.slice(data.subarray(start * columns, end * columns), end - start, start, shift), start);
    }
    return scores;
  }

  private async slice(data: Float64Array, rows: number, start: number, shift: number): Promise<Float64Array> {
    const { columns, multiple, input, inputType, output, column, name, otherwise } = this.ports;
    const padded = Math.ceil(rows / multiple) * multiple;
    const length = padded * columns + shift;
    const filled = (inputType === 'float32' ? new Float32Array(length) : new Float64Array(length)).subarray(shift);
    filled.set(data);
    const results = await this.session.run({ [input]: new Tensor(inputType, filled, [padded, columns]) }, [output]);
    const { dims, data: values } = results[output]!;
    const wide = dims.length === 2 ? dims[1]! : 1;
    const isWide = column === undefined ? wide === 1 : column < wide;
    const fits = dims.length >= 1 && dims.length <= 2 && dims[0] === padded && isWide;
    if (
      !fits ||
      !(values instanceof Float32Array || values instanceof Float64Array) ||
      values.length !== padded * wide
    ) {
      throw new ScoringError(
        `model ${name} returned [${dims.join(', ')}] for ${padded} rows; expected one floating-point score a row`,
      );
    }
    const scores = Float64Array.from({ length: rows }, (_, i) => values[i * wide + (column ?? 0)]!);
    for (let i = 0; i < rows; i++) {
      if (Number.isFinite(scores[i])) continue;
      if (otherwise === undefined)
        throw new ScoringError(`model ${name} gave ${scores[i]} for row ${start + i}: a score must be a finite number`);
      scores[i] = otherwise;
    }
    return scores;
  }

  /** Frees the native memory; the session cannot be used afterwards. */
  async close(): Promise<void> {
    await this.session.release();
  }
}
