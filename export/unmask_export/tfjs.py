"""TF.js graph models with weights in float16, float32 or 8 bits."""

import json
from pathlib import Path
from typing import Literal

TFJSFormat = Literal["tfjs", "tfjs_float32", "tfjs_uint8"]

# What the converter stores weights as, by patterns of their names; the rest, and all arithmetic, is float32. It rounds
# to 8 bits by one range for a whole tensor: too coarse for depthwise kernels, whose channels differ most and which are
# few, and for biases.
_WEIGHTS: dict[TFJSFormat, dict[str, str | list[str]]] = {
    "tfjs": {"float16": "*"},
    "tfjs_float32": {},
    "tfjs_uint8": {"uint8": ["*Conv2D*", "*convolution*", "*MatMul*"], "float16": "*depthwise*"},
}


def convert(saved_model: Path, format: TFJSFormat, out: Path) -> None:
    """Write `model.json` and its weight shards into `out`."""
    from tensorflowjs.converters import tf_saved_model_conversion_v2

    tf_saved_model_conversion_v2.convert_tf_saved_model(
        str(saved_model), str(out), quantization_dtype_map=_WEIGHTS[format]
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
    path.write_text(json.dumps(model, sort_keys=True), "utf-8")  # the converter's own order changes from run to run
