/**
 * A layer of a small neural network: outputs = weights x inputs + bias, and its training by Adam. D. P. Kingma, J. Ba,
 * Adam: A Method for Stochastic Optimization (ICLR 2015).
 */
import type { Seeded } from './seeded.js';

const RATE = 0.002;
const FIRST_DECAY = 0.9;
const SECOND_DECAY = 0.999;
const EPSILON = 1e-8;

/** Weights and bias as training moves them. */
export class DenseLayer {
  /** outputs x inputs, row-major, then the bias of each output. */
  readonly parameters: Float64Array;
  private readonly gradient: Float64Array;
  private readonly first: Float64Array;
  private readonly second: Float64Array;
  private firstShare = 1;
  private secondShare = 1;
  private summed = 0;

  /** Starts uniformly within sqrt(6 / inputs), as suits rectified units (He et al., ICCV 2015); bias 0. */
  constructor(
    readonly inputs: number,
    readonly outputs: number,
    chance: Seeded,
  ) {
    const weights = inputs * outputs;
    const bound = Math.sqrt(6 / inputs);
    this.parameters = Float64Array.from({ length: weights + outputs }, (_, i) =>
      i < weights ? bound * (2 * chance.uniform() - 1) : 0,
    );
    this.gradient = new Float64Array(weights + outputs);
    this.first = new Float64Array(weights + outputs);
    this.second = new Float64Array(weights + outputs);
  }

  forward(input: Float64Array): Float64Array {
    const { inputs, outputs, parameters } = this;
    const output = new Float64Array(outputs);
    for (let o = 0; o < outputs; o++) {
      let sum = parameters[inputs * outputs + o]!;
      for (let i = 0; i < inputs; i++) sum += parameters[o * inputs + i]! * input[i]!;
      output[o] = sum;
    }
    return output;
  }

  /** Adds the gradient of one row; gives that of its input. */
  backward(input: Float64Array, slope: Float64Array): Float64Array {
    const { inputs, outputs, parameters, gradient } = this;
    const back = new Float64Array(inputs);
    for (let o = 0; o < outputs; o++) {
      const by = slope[o]!;
      if (by === 0) continue;
      gradient[inputs * outputs + o]! += by;
      for (let i = 0; i < inputs; i++) {
        gradient[o * inputs + i]! += by * input[i]!;
        back[i]! += by * parameters[o * inputs + i]!;
      }
    }
    this.summed++;
    return back;
  }

  /** One step of Adam along the mean of the gradients since the last one. */
  step(): void {
    const { parameters, gradient, first, second, summed } = this;
    this.firstShare *= FIRST_DECAY;
    this.secondShare *= SECOND_DECAY;
    for (let i = 0; i < parameters.length; i++) {
      const mean = gradient[i]! / summed;
      first[i]! += (1 - FIRST_DECAY) * (mean - first[i]!);
      second[i]! += (1 - SECOND_DECAY) * (mean * mean - second[i]!);
      const spread = Math.sqrt(second[i]! / (1 - this.secondShare)) + EPSILON;
      parameters[i]! -= (RATE * first[i]!) / (1 - this.firstShare) / spread;
    }
    gradient.fill(0);
    this.summed = 0;
  }
}
