"""The one way to run an exported file: by the main runtime of its format, or by any other that its users may have."""

import base64
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import ModelFormat, OutputSpec
from unmask_edge.opencv import cv2
from unmask_edge.runtime import Model, with_shape
from unmask_export import browser
from unmask_export.formats import family, input_dtype
from unmask_export.packages import LITERTJS, TFJS, TFLITE_RUNTIME, tfjs_command, tflite_runtime_python
from unmask_training.evaluation.onnx_net import ONNXNet

BATCH = 32
TFLITE_RUNTIME_SCRIPT = Path(__file__).with_name("run_tflite_runtime.py")
# All outputs, in any order, of one batch of crops after another.
Batches = Iterable[list[NDArray[np.float32]]]


@dataclass(frozen=True, eq=False)
class Outputs:
    """What a file makes of crops.

    Attributes:
        scores: `(n,)` float32 raw P(fake) in [0, 1], before temperature.
        region_maps: `(n, h, w)` float32 P(changed) in [0, 1].
    """

    scores: NDArray[np.float32]
    region_maps: NDArray[np.float32]


@dataclass(frozen=True)
class OtherRuntime:
    """A runtime other than the format's main one.

    Attributes:
        name: as the table and the model card have it.
        crops: how many golden crops it is tried with; few where it is slow.
    """

    name: str
    run: Callable[[ModelFormat, Path, NDArray[np.uint8]], Batches]
    crops: int | None = None


def run(format: ModelFormat, path: Path, crops: NDArray[np.uint8], outputs: OutputSpec, threads: int = 1) -> Outputs:
    """Run a file by the main runtime of its format.

    Args:
        format: what the file is.
        path: `*.tflite`, `*.onnx` or `model.json`.
        crops: `(n, H, W, 3)` uint8 RGB.
        outputs: by whose shapes the outputs are told apart.
        threads: of LiteRT and onnxruntime; TF.js has one in Node.

    Raises:
        UnmaskError: if the runtime is missing or the file does not run.
    """
    if family(format) == "tflite":
        return gathered(_litert(path, crops, threads), outputs)
    if family(format) == "tfjs":
        return gathered(_tfjs_in_node(path, crops), outputs)
    return gathered(_onnxruntime(path, crops, threads), outputs)


def main_runtime(format: ModelFormat) -> str:
    """Name and version of what `run` runs a format by."""
    if family(format) == "tflite":
        return f"LiteRT {version('ai-edge-litert')}"
    return f"TF.js {TFJS} wasm in Node" if family(format) == "tfjs" else f"onnxruntime {version('onnxruntime')}"


def other_runtimes(format: ModelFormat) -> list[OtherRuntime]:
    """The runtimes that users of a format may have beside its main one."""
    opencv = OtherRuntime(f"OpenCV dnn {cv2.__version__}", _opencv)
    if family(format) == "tflite":
        return [
            OtherRuntime(f"tflite-runtime {TFLITE_RUNTIME}", _tflite_runtime),
            OtherRuntime(f"LiteRT.js {LITERTJS} wasm in Chromium", partial(_in_browser, "litert")),
            opencv,
        ]
    if family(format) == "tfjs":
        return [
            OtherRuntime(f"TF.js {TFJS} wasm in Chromium", partial(_in_browser, "wasm")),
            OtherRuntime(f"TF.js {TFJS} WebGL in Chromium", partial(_in_browser, "webgl"), crops=2),
        ]
    return [opencv]


def gathered(batches: Batches, outputs: OutputSpec) -> Outputs:
    """Tell scores and region maps of all batches apart by their shapes.

    Raises:
        UnmaskError: if a batch lacks one of them.
    """
    scores, region_maps = [], []
    for batch in batches:
        size = len(batch[0])
        scores.append(with_shape(batch, (size, *outputs.score_shape[1:]))[:, 0])
        region_maps.append(with_shape(batch, (size, *outputs.region_map_shape[1:]))[..., 0])
    return Outputs(np.concatenate(scores), np.concatenate(region_maps))


def _litert(path: Path, crops: NDArray[np.uint8], threads: int) -> Batches:
    model = Model(path, threads)
    return (model(crop[None].astype(model.input_dtype)) for crop in crops)


def _onnxruntime(path: Path, crops: NDArray[np.uint8], threads: int) -> Batches:
    net = ONNXNet(path, threads)
    size = 1 if net.takes_one else BATCH
    starts = range(0, len(crops), size)
    return (list(net(crops[start : start + size].astype(np.float32))) for start in starts)


def _tfjs_in_node(path: Path, crops: NDArray[np.uint8]) -> Batches:
    request = {
        "model": str(path.resolve()),
        "shape": list(crops.shape),
        "pixels": base64.b64encode(crops.tobytes()).decode(),
    }
    command = tfjs_command("run_tfjs.mjs")
    completed = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True, check=False)
    if completed.returncode != 0:
        raise UnmaskError(f"Expected TF.js to run {path.name}. Received: {completed.stderr.strip()}")
    return [
        [np.array(output["values"], np.float32).reshape(output["shape"]) for output in crop]
        for crop in json.loads(completed.stdout)
    ]


def _in_browser(runtime: browser.BrowserRuntime, format: ModelFormat, path: Path, crops: NDArray[np.uint8]) -> Batches:
    return browser.run(runtime, path, crops, uint8=input_dtype(format) == "uint8")


def _tflite_runtime(format: ModelFormat, path: Path, crops: NDArray[np.uint8]) -> Batches:
    del format  # the file tells what it takes
    python = tflite_runtime_python()
    with tempfile.TemporaryDirectory() as work:
        images, out = Path(work) / "crops.npy", Path(work) / "outputs.npz"
        np.save(images, crops)
        command = [str(python), "-I", str(TFLITE_RUNTIME_SCRIPT), str(path), str(images), str(out)]
        completed = subprocess.run(command, capture_output=True, text=True, check=False)
        if completed.returncode != 0:
            lines = completed.stderr.strip().splitlines() or [f"exit status {completed.returncode}"]
            raise UnmaskError(f"Expected tflite-runtime to run {path.name}. Received: {lines[-1]}")
        with np.load(out) as arrays:
            return [list(row) for row in zip(*arrays.values(), strict=True)]


def _opencv(format: ModelFormat, path: Path, crops: NDArray[np.uint8]) -> Batches:
    channels_first = family(format) == "tflite"  # OpenCV turns TFLite's layout into its own, in and out
    net = cv2.dnn.readNetFromTFLite(str(path)) if channels_first else cv2.dnn.readNetFromONNX(str(path))
    names = net.getUnconnectedOutLayersNames()
    for crop in crops:
        image = crop[None].astype(np.float32)
        net.setInput(np.ascontiguousarray(image.transpose(0, 3, 1, 2)) if channels_first else image)
        outputs = [np.asarray(output, np.float32) for output in net.forward(names)]
        yield [out.transpose(0, 2, 3, 1) if channels_first and out.ndim == 4 else out for out in outputs]
