"""Asks a server of the Open Inference Protocol by NVIDIA's clients; prints what each got as JSON.

usage: triton.py HOST:PORT MODEL [HOST:PORT of gRPC [TOKEN]] < rows as JSON
"""
import json
import sys

import numpy
import tritonclient.grpc as grpc
import tritonclient.http as http
from tritonclient.utils import InferenceServerException

address, model, *more = sys.argv[1:]
rows = json.load(sys.stdin)
client = http.InferenceServerClient(address)
metadata = client.get_model_metadata(model)


def infer(datatype, binary_in, **more):
    data = numpy.array(rows, dtype={"FP64": numpy.float64, "FP32": numpy.float32}[datatype])
    given = http.InferInput("features", list(data.shape), datatype)
    given.set_data_from_numpy(data, binary_data=binary_in)
    return client.infer(model, [given], **more).as_numpy("score").tolist()


def refusal(name):
    try:
        client.get_model_metadata(name)
    except InferenceServerException as error:
        return f"{error.status()} {error.message()}"
    return ""


def by_grpc(address, token=None):
    headers = {"authorization": f"Bearer {token}"} if token else None
    client = grpc.InferenceServerClient(address)
    metadata = client.get_model_metadata(model, headers=headers)
    described = client.get_server_metadata(headers=headers)

    def infer(datatype, **more):
        data = numpy.array(rows, dtype={"FP64": numpy.float64, "FP32": numpy.float32}[datatype])
        given = grpc.InferInput("features", list(data.shape), datatype)
        given.set_data_from_numpy(data)
        return client.infer(model, [given], headers=headers, **more)

    def contents():
        """The request as clients make it that have no raw bytes."""
        from tritonclient.grpc import service_pb2, service_pb2_grpc
        import grpc as transport

        request = service_pb2.ModelInferRequest(model_name=model, id="42")
        tensor = request.inputs.add(name="features", datatype="FP64", shape=[len(rows), len(rows[0])])
        tensor.contents.fp64_contents.extend(value for row in rows for value in row)
        stub = service_pb2_grpc.GRPCInferenceServiceStub(transport.insecure_channel(address))
        answer = stub.ModelInfer(request, metadata=list((headers or {}).items()))
        assert answer.id == "42" and answer.outputs[0].name == "score"
        return numpy.frombuffer(answer.raw_output_contents[0], dtype=numpy.float64).tolist()

    def refused(ask):
        try:
            ask()
        except InferenceServerException as error:
            return f"{error.status()} {error.message()}"
        return ""

    return {
        "live": client.is_server_live(headers=headers),
        "ready": client.is_server_ready(headers=headers),
        "modelReady": client.is_model_ready(model, headers=headers),
        "server": described.name,
        "versions": list(metadata.versions),
        "inputs": [[tensor.name, tensor.datatype, list(tensor.shape)] for tensor in metadata.inputs],
        "raw": infer("FP64").as_numpy("score").tolist(),
        "float32": infer("FP32").as_numpy("score").tolist(),
        "named": infer("FP64", outputs=[grpc.InferRequestedOutput("score")]).as_numpy("score").tolist(),
        "version": infer("FP64", model_version=metadata.versions[-1]).as_numpy("score").tolist(),
        "contents": contents(),
        "unknown": refused(lambda: client.get_model_metadata("no-such-model", headers=headers)),
        "output": refused(lambda: infer("FP64", outputs=[grpc.InferRequestedOutput("label")])),
        "stranger": refused(lambda: client.get_server_metadata(headers={"authorization": "Bearer other"})),
    }


json.dump(
    {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "modelReady": client.is_model_ready(model),
        "versions": metadata["versions"],
        "binary": infer("FP64", True),
        "json": infer("FP64", False, outputs=[http.InferRequestedOutput("score", binary_data=False)]),
        "named": infer("FP64", True, outputs=[http.InferRequestedOutput("score", binary_data=True)]),
        "float32": infer("FP32", True),
        "version": infer("FP64", True, model_version=metadata["versions"][-1]),
        "unknown": refusal("no-such-model"),
        **({"grpc": by_grpc(*more)} if more else {}),
    },
    sys.stdout,
)
