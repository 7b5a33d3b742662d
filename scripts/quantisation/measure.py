"""What INT8 and FP16 are worth: time, size and rank agreement of detectors in each form, as a table in Markdown.

    python3 -m venv v && v/bin/pip install onnx onnxruntime onnxconverter-common
    v/bin/python scripts/quantisation/measure.py [MODEL.onnx ...]

Models are detectors with one float input of (rows, columns), as `tocsin models` keeps them in STATE/models. Without models
only the autoencoders are measured: plain float32 ones of several widths, as people bring them.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from onnxconverter_common import float16
from onnxruntime.quantization import QuantType, quantize_dynamic

ROWS = 4096
COLUMNS = 28
WIDTHS = (32, 128, 512)
# Of each form in turn, so that a busy moment meets all of them.
REPEATS = 41


def autoencoder(width: int) -> onnx.ModelProto:
    """Reconstruction error of COLUMNS through one hidden layer, float32."""
    random = np.random.default_rng(width)
    draw = lambda a, b: (random.standard_normal((a, b)) / np.sqrt(a)).astype(np.float32)
    weights = {"w1": draw(COLUMNS, width), "w2": draw(width, width), "w3": draw(width, COLUMNS)}
    nodes = [
        helper.make_node("MatMul", ["x", "w1"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("MatMul", ["b", "w2"], ["c"]),
        helper.make_node("Relu", ["c"], ["d"]),
        helper.make_node("MatMul", ["d", "w3"], ["e"]),
        helper.make_node("Sub", ["x", "e"], ["f"]),
        helper.make_node("ReduceSumSquare", ["f"], ["score"], axes=[1], keepdims=1),
    ]
    graph = helper.make_graph(
        nodes,
        f"autoencoder-{width}",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", COLUMNS])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n", 1])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9)


def session(path: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def score(run: ort.InferenceSession, rows: np.ndarray) -> np.ndarray:
    wanted = run.get_inputs()[0]
    kind = {"tensor(float16)": np.float16, "tensor(double)": np.float64}.get(wanted.type, np.float32)
    return np.asarray(run.run(None, {wanted.name: rows.astype(kind)})[0], dtype=np.float64).reshape(len(rows), -1)[:, 0]


def ranks(values: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(float)


def forms(path: Path, folder: Path) -> dict[str, Path]:
    found = {"as it is": path}
    int8 = folder / f"{path.stem}.int8.onnx"
    try:
        quantize_dynamic(path, int8, weight_type=QuantType.QInt8)
        found["INT8"] = int8
    except Exception as error:  # What cannot be converted is a row of the table.
        print(f"<!-- {path.stem}: no INT8: {type(error).__name__}: {str(error)[:120]} -->")
    half = folder / f"{path.stem}.fp16.onnx"
    try:
        onnx.save(float16.convert_float_to_float16(onnx.load(path)), half)
        session(half)
        found["FP16"] = half
    except Exception as error:
        print(f"<!-- {path.stem}: no FP16: {type(error).__name__}: {str(error)[:120]} -->")
    return found


def measure(path: Path, folder: Path) -> None:
    columns = session(path).get_inputs()[0].shape[1]
    rows = np.clip(np.random.default_rng(7).standard_t(4, (ROWS, columns)), -512, 512).astype(np.float32)
    runs = {name: (session(file), file.stat().st_size) for name, file in forms(path, folder).items()}
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(REPEATS):
        for name, (run, _) in runs.items():
            began = time.perf_counter()
            score(run, rows)
            times[name].append(time.perf_counter() - began)
    plain = score(runs["as it is"][0], rows)
    base = min(times["as it is"])
    for name, (run, size) in runs.items():
        own = score(run, rows)
        agreement = np.corrcoef(ranks(plain), ranks(own))[0, 1]
        top = len(set(np.argsort(plain)[-41:]) & set(np.argsort(own)[-41:])) / 41
        # A row whose score depends on its neighbours cannot be replayed.
        alone = np.array([score(run, rows[i : i + 1])[0] for i in range(64)])
        moved = int(np.sum(alone != own[:64]))
        taken = min(times[name])
        print(
            f"| {path.stem} | {name} | {size / 1024:.1f} | {taken * 1e6 / ROWS:.2f} | {base / taken:.2f} "
            f"| {agreement:.4f} | {top:.2f} | {moved} of 64 |"
        )


def main() -> None:
    print(f"ONNX Runtime {ort.__version__}, one thread, {ROWS} rows, best of {REPEATS}\n")
    print("| Model | Form | KiB | µs a row | Speed | Rank agreement | Top 1 % | Scores that differ alone |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for width in WIDTHS:
            path = folder / f"autoencoder-{width}.onnx"
            onnx.save(autoencoder(width), path)
            measure(path, folder)
        for path in sys.argv[1:]:
            measure(Path(path), folder)


if __name__ == "__main__":
    main()
