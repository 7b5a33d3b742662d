/** `MLmodel`, by which MLflow's Python client loads a detector: `mlflow.onnx.load_model('models:/NAME@champion')`. */
import { stringify } from 'yaml';

/** @param sha256 of the model's bytes @param at wall-clock ms */
export function modelFile(sha256: string, at: number): string {
  return stringify({
    artifact_path: 'model',
    flavors: {
      onnx: {
        data: 'model.onnx',
        onnx_session_options: null,
        providers: ['CPUExecutionProvider'],
      },
      python_function: { data: 'model.onnx', loader_module: 'mlflow.onnx' },
    },
    metadata: { sha256 },
    utc_time_created: new Date(at).toISOString().replace('T', ' ').replace('Z', ''),
  });
}
