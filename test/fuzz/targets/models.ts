/** Model files through the guard, which stands before ONNX Runtime. */
import { guard, RefusedModel } from '../../../models/onnx/guard.js';
import { MalformedModel } from '../../../models/onnx/wire.js';
import { files, honest } from '../../models/onnx/hostile.js';
import { Finding, type Target } from '../target.js';

export function modelsTarget(): Target {
  return {
    name: 'models',
    corpus: [honest, honest, honest, ...Object.values(files).map(([bytes]) => bytes)].filter(
      ({ length }) => length < 16_384,
    ),
    dictionary: ['Loop', 'MatMul', 'ai.onnx.ml', 'tocsin.card', 'float32', '{"name":"x"}'].map((text) =>
      Buffer.from(text),
    ),
    batch: 16,
    take(inputs) {
      for (const input of inputs) {
        try {
          guard(input);
        } catch (error) {
          if (error instanceof RefusedModel || error instanceof MalformedModel) continue;
          throw new Finding(`the guard answers with ${String(error)}: a refusal says what is wrong`, { cause: error });
        }
      }
    },
  };
}
