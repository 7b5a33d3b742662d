/** What is served under a name: what it takes, what it gives, and the version that answered. */
import type { InputTensor, OutputTensor } from './tensors.js';

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  /** -1 where any length is taken. */
  readonly shape: readonly number[];
}

export interface Inferred {
  /** The version that answered, where it is not known before. */
  readonly version?: string;
  readonly outputs: readonly OutputTensor[];
}

export interface ServedModel {
  readonly name: string;
  readonly version: string;
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
  /** @throws Problem saying what does not fit */
  infer(inputs: ReadonlyMap<string, InputTensor>, parameters: Readonly<Record<string, unknown>>): Promise<Inferred>;
}
