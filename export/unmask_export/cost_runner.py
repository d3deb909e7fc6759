"""Holds one TFLite or ONNX file in a process of its own and runs it when told, for `format_cost.py`.

    python -m unmask_export.cost_runner FILE THREADS

Prints `ready` once the runtime is loaded. Answers the first line once it has opened the file, and every other once it
has scored a grey crop, with the milliseconds that this took.
"""

import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from time import perf_counter

import numpy as np

GREY = 127
Run = Callable[[], object]
Open = Callable[[Path, int], Run]


def tflite() -> Open:
    """Load LiteRT; files are then opened by the edge runtime's own reader."""
    from unmask_edge.runtime import Model

    import_module("ai_edge_litert.interpreter")  # the reader does so when it first opens a file

    def open_file(path: Path, threads: int) -> Run:
        model = Model(path, threads)
        return partial(model, np.full(model.input_shape, GREY, model.input_dtype))

    return open_file


def onnx() -> Open:
    """Load onnxruntime, for the processor."""
    from unmask_training.evaluation.onnx_net import ONNXNet

    import_module("onnxruntime")  # as above

    def open_file(path: Path, threads: int) -> Run:
        net = ONNXNet(path, threads)
        return partial(net, np.full(net.sample_shape, GREY, np.float32))

    return open_file


RUNTIMES = {".tflite": tflite, ".onnx": onnx}


def main(path: Path, threads: int) -> None:
    """Answer lines until there are no more."""
    open_file = RUNTIMES[path.suffix]()
    print("ready", flush=True)
    run: Run | None = None
    for _ in sys.stdin:
        start = perf_counter()
        if run is None:
            run = open_file(path, threads)
        else:
            run()
        print((perf_counter() - start) * 1000, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
