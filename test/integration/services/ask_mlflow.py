"""Loads a model as MLflow's users do, and prints its scores of rows from standard input."""
import json
import sys

import mlflow
import numpy
import onnxruntime

mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.onnx.load_model(sys.argv[2])
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
given = session.get_inputs()[0]
kind = numpy.float64 if "double" in given.type else numpy.float32
scores = session.run([sys.argv[3]], {given.name: numpy.array(json.load(sys.stdin), dtype=kind)})[0]
print(json.dumps({"scores": [float(score) for score in numpy.asarray(scores).ravel()]}))
