"""Asks a server of the Open Inference Protocol by KServe's client; prints what it got as JSON.

usage: ask_kserve.py URL MODEL < rows as JSON
"""
import asyncio
import json
import sys

import numpy
from kserve import InferInput, InferRequest, InferenceRESTClient
from kserve.inference_client import RESTConfig

url, model = sys.argv[1:]
rows = numpy.array(json.load(sys.stdin), dtype=numpy.float64)


async def main():
    client = InferenceRESTClient(config=RESTConfig(protocol="v2"))

    async def infer(binary):
        given = InferInput("features", list(rows.shape), "FP64")
        given.set_data_from_numpy(rows, binary_data=binary)
        response = await client.infer(url, InferRequest(model_name=model, infer_inputs=[given]), model_name=model)
        [output] = response.outputs
        return output.as_numpy().tolist()

    print(json.dumps({
        "live": await client.is_server_live(url),
        "ready": await client.is_server_ready(url),
        "modelReady": await client.is_model_ready(url, model),
        "binary": await infer(True),
        "json": await infer(False),
    }))


asyncio.run(main())
