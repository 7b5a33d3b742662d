/** What is fuzzed: something that takes bytes from outside and has to live with any of them. */
import type { Random } from '../../lab/simulate/random.js';

export interface Target {
  readonly name: string;
  /** Valid inputs that are mutated. */
  readonly corpus: readonly Uint8Array[];
  /** Pieces that mean something to the reader, put in anywhere. */
  readonly dictionary: readonly Uint8Array[];
  /** How many inputs one call of `take` gets. */
  readonly batch: number;
  /**
   * Handles some inputs. `random` decides what else there is to decide.
   *
   * @throws Error where one of them is not dealt with as it should
   */
  take(inputs: readonly Uint8Array[], random: Random): Promise<void> | void;
  close?(): Promise<void>;
}

/** A fault that an input has brought to light. */
export class Finding extends Error {
  override readonly name = 'Finding';
}
