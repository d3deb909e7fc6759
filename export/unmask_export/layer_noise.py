"""Finds out which layers of a quantized TFLite file lose precision: signal-to-noise ratios against the float32 file."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from unmask_export.comparison import Layer, LayerNoise


class _Step(NamedTuple):
    """One operation of the float32 file, by the names of its tensors."""

    operation: str
    inputs: list[str]
    output: str


def layer_noise(format: str, float32: Path, quantized: Path, crops: NDArray[np.uint8]) -> LayerNoise:
    """Run both files on the same crops and compare the output of every layer.

    The converter names what a layer gives by all that it fused. The last of that comes first and is the same in all
    files; the others differ where weights were rounded before. Both run without XNNPACK, which would not let their
    inner tensors be seen; its integer kernels may round otherwise in the last place.

    Args:
        format: what the quantized file is called.
        float32: the file to compare with.
        quantized: int8, dynamic range, int16 or any other file of the same net.
        crops: `(n, H, W, 3)` uint8 RGB.
    """
    reference, other = _opened(float32), _opened(quantized)
    steps = list(_steps(reference))
    ours, theirs = _produced(reference), _produced(other)
    matched = {name: tensor for name, tensor in ours.items() if _same_shape(tensor, theirs.get(name))}
    signal, noise = dict.fromkeys(matched, 0.0), dict.fromkeys(matched, 0.0)
    for crop in crops:
        _run(reference, crop)
        _run(other, crop)
        for name, tensor in matched.items():
            value = _value(reference, tensor)
            signal[name] += float(np.square(value).sum())
            noise[name] += float(np.square(value - _value(other, theirs[name])).sum())
    snr_db = {name: _decibel(signal[name], noise[name]) for name in matched}
    outputs = _output_names(reference)
    layers = [_layer(step, snr_db, outputs) for step in steps if step.output in matched]
    return LayerNoise(format=format, crops=len(crops), layers=layers, unmatched=len(steps) - len(layers))


def _opened(path: Path) -> Any:
    interpreter = Interpreter(
        model_path=str(path),
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    return interpreter


def _steps(interpreter: Any) -> Iterator[_Step]:
    """The operations in the order in which they run, of which no public method tells."""
    names = {int(tensor["index"]): _first(tensor["name"]) for tensor in interpreter.get_tensor_details()}
    for operation in interpreter._get_ops_details():
        inputs = [names[index] for index in operation["inputs"] if index in names]
        yield _Step(operation["op_name"], inputs, names[int(operation["outputs"][0])])


def _produced(interpreter: Any) -> dict[str, dict[str, Any]]:
    """What operations give: other tensors hold weights, of which some share a name with those."""
    tensors = {int(tensor["index"]): tensor for tensor in interpreter.get_tensor_details()}
    outputs = [tensors[int(operation["outputs"][0])] for operation in interpreter._get_ops_details()]
    return {_first(tensor["name"]): tensor for tensor in outputs}


def _output_names(interpreter: Any) -> dict[str, str]:
    """What the net calls its outputs, by the names that the converter gave their tensors."""
    runner = interpreter.get_signature_runner()
    return {_first(details["name"]): name for name, details in runner.get_output_details().items()}


def _same_shape(tensor: Mapping[str, Any], other: Mapping[str, Any] | None) -> bool:
    return other is not None and tuple(tensor["shape"]) == tuple(other["shape"])


def _run(interpreter: Any, crop: NDArray[np.uint8]) -> None:
    (details,) = interpreter.get_input_details()
    interpreter.set_tensor(details["index"], crop[None].astype(details["dtype"]))
    interpreter.invoke()


def _value(interpreter: Any, tensor: Mapping[str, Any]) -> NDArray[np.float64]:
    """A tensor's real values."""
    stored: NDArray[np.float64] = interpreter.get_tensor(tensor["index"]).astype(np.float64)
    scales, zero_points = (tensor["quantization_parameters"][name] for name in ("scales", "zero_points"))
    # Activations have one scale each; float ones none.
    return (stored - zero_points[0]) * float(scales[0]) if len(scales) else stored


def _decibel(signal: float, noise: float) -> float | None:
    """None where there is no noise, or nothing but noise."""
    return 10 * float(np.log10(signal / noise)) if noise > 0 and signal > 0 else None


def _layer(step: _Step, snr_db: Mapping[str, float | None], outputs: Mapping[str, str]) -> Layer:
    before = [snr for name in step.inputs if (snr := snr_db.get(name)) is not None]
    after = snr_db[step.output]
    lost_db = min(before) - after if before and after is not None else None
    return Layer(
        name=outputs.get(step.output) or _short(step.output), operation=step.operation, snr_db=after, lost_db=lost_db
    )


def _first(name: str) -> str:
    """The first of the names that a fused layer carries."""
    return name.partition(";")[0]


def _short(name: str) -> str:
    """Without that of the whole net."""
    return name.partition("/")[2] or name
