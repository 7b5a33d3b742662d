/** What both doors of the inference protocol, HTTP and gRPC, do with a request, so that both give the same bits. */
import { ScoringError } from '../../models/onnx/session.js';
import { HttpProblem } from '../../connectors/http/problem.js';
import type { ServedModel, TensorMetadata } from './model.js';
import { inputsOf, wanted, type InferRequest, type OutputTensor } from './tensors.js';

/** Requests that are answered at once; more are asked to come again. */
const maxAtOnce = 64;

export interface NamedModel {
  readonly model: string;
  readonly version?: string;
}

export interface ModelLookup {
  /** @throws Problem where there is no such model or version, or none can answer yet */
  find(name: string, version: string | undefined): Promise<ServedModel>;
  versions(name: string): Promise<string[]>;
  names(): Promise<string[]>;
  /** Whether it can answer. */
  isReady(): Promise<boolean>;
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

export class Answering {
  private underWay = 0;

  /** @param release - of tocsin */
  constructor(
    readonly models: ModelLookup,
    private readonly release: string,
  ) {}

  server(): { name: string; version: string; extensions: string[] } {
    return { name: 'tocsin', version: this.release, extensions: ['binary_tensor_data'] };
  }

  /** @throws Problem where there is no such model or version */
  async metadata({ model, version }: NamedModel): Promise<ModelMetadata> {
    const { name, version: its, platform, inputs, outputs } = await this.models.find(model, version);
    const versions = version === undefined ? await this.models.versions(name) : [its];
    return { name, versions, platform, inputs, outputs };
  }

  /**
   * @param rest - bytes of the binary inputs, one behind the other
   * @returns the outputs that were asked for, with the version that answered
   * @throws Problem saying what does not fit, ScoringError where the model refuses
   */
  async infer(
    { model, version }: NamedModel,
    request: InferRequest,
    rest: Buffer,
  ): Promise<{ name: string; version: string; outputs: readonly OutputTensor[] }> {
    if (this.underWay >= maxAtOnce) throw new HttpProblem(503, `${maxAtOnce} requests are under way: try again`);
    this.underWay++;
    try {
      const inputs = inputsOf(request, rest);
      const found = await this.models.find(model, version);
      const { outputs, version: its = found.version } = await found.infer(inputs, request.parameters ?? {});
      return { name: found.name, version: its, outputs: wanted(request, outputs) };
    } finally {
      this.underWay--;
    }
  }
}

/** The HTTP status and the words of a failure; of what is not expected the message stays here. */
export function refusalOf(error: unknown): { status: number; message: string } {
  if (error instanceof HttpProblem) return { status: error.status, message: error.message };
  if (error instanceof ScoringError) return { status: 400, message: error.message };
  const { statusCode = 500, message } = error as { statusCode?: number; message: string };
  return { status: statusCode, message: statusCode < 500 ? message : 'the model failed' };
}
