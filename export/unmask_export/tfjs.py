"""TF.js graph model with float16 weights; run in Node by the wasm back end that browsers use."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import OutputSpec

SCRIPT = Path(__file__).with_name("run_tfjs.mjs")
# Pinned with the extension's own versions; installed once, outside any checkout.
VERSION = "4.22.0"
PACKAGES = [f"@tensorflow/{name}@{VERSION}" for name in ("tfjs-core", "tfjs-converter", "tfjs-backend-wasm")]
NODE_FOLDER = Path.home() / ".cache" / "unmask" / f"tfjs-{VERSION}"


def convert(saved_model: Path, out: Path) -> None:
    """Write `model.json` and its weight shards into `out`."""
    from tensorflowjs.converters import tf_saved_model_conversion_v2

    tf_saved_model_conversion_v2.convert_tf_saved_model(
        str(saved_model), str(out), quantization_dtype_map={"float16": "*"}
    )
    _flatten_fused_biases(out / "model.json")


def _flatten_fused_biases(path: Path) -> None:
    """Give biases of fused convolutions rank 1: Keras adds them as `(1, 1, 1, C)`, which TF.js's kernels refuse."""
    model = json.loads(path.read_text("utf-8"))
    nodes = model["modelTopology"]["node"]
    biases = {node["input"][2] for node in nodes if node["op"] == "_FusedConv2D"}
    for group in model["weightsManifest"]:
        for weight in group["weights"]:
            if weight["name"] in biases:
                weight["shape"] = weight["shape"][-1:]
    path.write_text(json.dumps(model), "utf-8")


def run(model: Path, crops: NDArray[np.uint8], outputs: OutputSpec) -> NDArray[np.float32]:
    """Raw scores `(n,)` that TF.js gets from `model.json` for `(n, H, W, 3)` uint8 RGB crops.

    Raises:
        UnmaskError: if Node or npm is missing or the model does not run.
    """
    folder = _installed()
    request = {
        "model": str(model.resolve()),
        "shape": list(crops.shape),
        "pixels": crops.reshape(-1).tolist(),
        "score_shape": list(outputs.score_shape),
    }
    local = shutil.copy(SCRIPT, folder)  # Node resolves imports from where a script lies
    completed = subprocess.run(
        [_program("node"), str(local)], input=json.dumps(request), capture_output=True, text=True, check=False
    )
    if completed.returncode != 0:
        raise UnmaskError(f"Expected TF.js to run {model}. Received: {completed.stderr.strip()}")
    return np.array(json.loads(completed.stdout), np.float32)


def _installed() -> Path:
    if not (NODE_FOLDER / "node_modules").is_dir():
        NODE_FOLDER.mkdir(parents=True, exist_ok=True)
        command = [_program("npm"), "install", "--silent", "--prefix", str(NODE_FOLDER), *PACKAGES]
        completed = subprocess.run(command, capture_output=True, text=True, check=False)
        if completed.returncode != 0:
            raise UnmaskError(f"Expected npm to install {', '.join(PACKAGES)}. Received: {completed.stderr.strip()}")
    return NODE_FOLDER


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise UnmaskError(f"Expected Node.js 20 or newer, in which TF.js models are run. Received: no {name} found.")
    return path
