/**
 * The Open Inference Protocol over gRPC, as KServe and Triton speak it: messages and numbers of their fields are those of
 * its specification (github.com/kserve/open-inference-protocol).
 */
import protobuf from 'protobufjs';
import type { InferRequest, Tensor } from '../tensors.js';

const definition = `
syntax = "proto3";
package inference;

message ServerLiveRequest {}
message ServerLiveResponse { bool live = 1; }
message ServerReadyRequest {}
message ServerReadyResponse { bool ready = 1; }
message ModelReadyRequest { string name = 1; string version = 2; }
message ModelReadyResponse { bool ready = 1; }
message ServerMetadataRequest {}
message ServerMetadataResponse { string name = 1; string version = 2; repeated string extensions = 3; }
message ModelMetadataRequest { string name = 1; string version = 2; }
message ModelMetadataResponse {
  message TensorMetadata { string name = 1; string datatype = 2; repeated int64 shape = 3; }
  string name = 1;
  repeated string versions = 2;
  string platform = 3;
  repeated TensorMetadata inputs = 4;
  repeated TensorMetadata outputs = 5;
}
message InferParameter {
  oneof parameter_choice {
    bool bool_param = 1;
    int64 int64_param = 2;
    string string_param = 3;
    double double_param = 4;
    uint64 uint64_param = 5;
  }
}
message InferTensorContents {
  repeated bool bool_contents = 1;
  repeated int32 int_contents = 2;
  repeated int64 int64_contents = 3;
  repeated uint32 uint_contents = 4;
  repeated uint64 uint64_contents = 5;
  repeated float fp32_contents = 6;
  repeated double fp64_contents = 7;
  repeated bytes bytes_contents = 8;
}
message ModelInferRequest {
  message InferInputTensor {
    string name = 1;
    string datatype = 2;
    repeated int64 shape = 3;
    map<string, InferParameter> parameters = 4;
    InferTensorContents contents = 5;
  }
  message InferRequestedOutputTensor { string name = 1; map<string, InferParameter> parameters = 2; }
  string model_name = 1;
  string model_version = 2;
  string id = 3;
  map<string, InferParameter> parameters = 4;
  repeated InferInputTensor inputs = 5;
  repeated InferRequestedOutputTensor outputs = 6;
  repeated bytes raw_input_contents = 7;
}
message ModelInferResponse {
  message InferOutputTensor {
    string name = 1;
    string datatype = 2;
    repeated int64 shape = 3;
    map<string, InferParameter> parameters = 4;
    InferTensorContents contents = 5;
  }
  string model_name = 1;
  string model_version = 2;
  string id = 3;
  map<string, InferParameter> parameters = 4;
  repeated InferOutputTensor outputs = 5;
  repeated bytes raw_output_contents = 6;
}
`;

const { root } = protobuf.parse(definition, { keepCase: true });

/** A parameter by the name of the field that is set. */
type Parameter = Readonly<Record<string, unknown>>;

interface GrpcInput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** Null where there are none. */
  readonly contents: Readonly<Record<string, readonly unknown[]>> | null;
}

/** An inference request as it comes, with the defaults of the protocol. */
export interface GrpcRequest {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly inputs: readonly GrpcInput[];
  readonly outputs: readonly { readonly name: string }[];
  readonly raw_input_contents: readonly Uint8Array[];
}

/** How one message is written and read. */
export function message<Message extends object>(
  name: string,
): { write(value: Message): Buffer; read(bytes: Uint8Array): Message } {
  const type = root.lookupType(`inference.${name}`);
  return {
    write: (value) => Buffer.from(type.encode(value).finish()),
    read: (bytes) =>
      type.toObject(type.decode(bytes), { longs: Number, defaults: true, arrays: true, objects: true }) as Message,
  };
}

/** Where a tensor of a type has its elements, if they are no raw bytes. */
const contentsOf: Readonly<Record<string, string>> = {
  BOOL: 'bool_contents',
  INT32: 'int_contents',
  INT64: 'int64_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
  BYTES: 'bytes_contents',
};

/**
 * The request in the form of the HTTP door: raw contents are its binary tensors.
 *
 * @returns undefined where raw contents and inputs do not belong together
 */
export function asInferRequest(request: GrpcRequest): { request: InferRequest; rest: Buffer } | undefined {
  const { id, inputs, outputs, parameters, raw_input_contents: raw } = request;
  if (raw.length > 0 && raw.length !== inputs.length) return undefined;
  const tensors = inputs.map(({ name, datatype, shape, contents }, i): Tensor => {
    if (raw.length > 0) return { name, datatype, shape, parameters: { binary_data_size: raw[i]!.length } };
    const data = contents?.[contentsOf[datatype] ?? ''] ?? [];
    return {
      ...{ name, datatype, shape },
      data: datatype === 'BYTES' ? data.map((text) => Buffer.from(text as Uint8Array).toString('utf8')) : data,
    };
  });
  const given = Object.entries(parameters).map(([name, one]) => [name, Object.values(one).at(-1)] as const);
  return {
    request: {
      id,
      inputs: tensors,
      outputs: outputs.map(({ name }) => ({ name })),
      parameters: Object.fromEntries(given),
    },
    rest: Buffer.concat(raw),
  };
}
