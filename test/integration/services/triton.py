"""Asks a server of the Open Inference Protocol by NVIDIA's client; prints what it got as JSON.

usage: triton.py HOST:PORT MODEL < rows as JSON
"""
import json
import sys

import numpy
import tritonclient.http as http
from tritonclient.utils import InferenceServerException

address, model = sys.argv[1:]
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
    },
    sys.stdout,
)
