"""ONNX: float32 with a batch of one or a free one, float16 weights and arithmetic, and 8-bit integers."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16
from tf2onnx.convert import from_function

from unmask_export.keras_model import serving
from unmask_training.evaluation.onnx_net import ONNXFormat

# Quantized weights with one scale a channel need 13; the newest that tf2onnx was tried with is 18.
OPSET = 17
INPUT = "image"


def convert(model: keras.Model, format: ONNXFormat, calibration: NDArray[np.uint8], out: Path) -> None:
    """Write one `.onnx` file, whose input and outputs are float32 in every format.

    Args:
        model: the Keras detector.
        format: what to make of it.
        calibration: `(n, H, W, 3)` uint8 RGB crops that show int8 the ranges of its activations.
        out: the file.
    """
    graph = _float32(model, None if format == "onnx_batched" else 1)
    if format == "onnx_int8":
        _quantize(graph, calibration, out)
        return
    if format == "onnx_float16":
        graph = convert_float_to_float16(graph, keep_io_types=True)
    onnx.save(graph, out)


def _float32(model: keras.Model, batch: int | None) -> Any:
    function = serving(model, batch)
    graph, _ = from_function(function, input_signature=function.input_signature, opset=OPSET)
    if batch is None:  # a name in place of a running number
        for value in (*graph.graph.input, *graph.graph.output):
            value.type.tensor_type.shape.dim[0].dim_param = "batch"
    _name_in_order(graph.graph)
    graph.graph.doc_string = ""  # a running number too
    return graph


def _name_in_order(graph: Any) -> None:
    """Name nodes and tensors by their order: tf2onnx draws names from sets, whose order changes from run to run."""
    kept = {value.name for value in (*graph.input, *graph.output)}
    names: dict[str, str] = {}

    def named(tensor: str, by: str) -> str:
        return tensor if tensor in kept or not tensor else names.setdefault(tensor, by)

    for number, node in enumerate(graph.node):
        node.name = f"{node.op_type}_{number}"
        node.input[:] = [named(tensor, f"{node.name}.in{index}") for index, tensor in enumerate(node.input)]
        node.output[:] = [named(tensor, f"{node.name}.out{index}") for index, tensor in enumerate(node.output)]
    constants = [constant for constant in graph.initializer if constant.name in names]
    for constant in constants:
        constant.name = names[constant.name]
    constants.sort(key=lambda constant: constant.name)
    del graph.initializer[:], graph.value_info[:]
    graph.initializer.extend(constants)


def _quantize(graph: Any, calibration: NDArray[np.uint8], out: Path) -> None:
    """Quantize weights by channel and activations by the ranges that they had on the calibration crops.

    Batch norms after depthwise convolutions are folded first, which tf2onnx leaves. Weights are unsigned: on processors
    with AVX2 alone, onnxruntime's sums of signed ones overflow 16 bits, and scores were twice as far off.
    """
    with tempfile.TemporaryDirectory() as work:
        path, folded = Path(work) / "float32.onnx", Path(work) / "folded.onnx"
        onnx.save(graph, path)
        quant_pre_process(str(path), str(folded), skip_symbolic_shape=True)
        quantize_static(
            folded,
            out,
            _Crops(calibration),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QUInt8,
        )


class _Crops(CalibrationDataReader):  # type: ignore[misc]
    """Feeds the quantizer one crop at a time."""

    def __init__(self, crops: NDArray[np.uint8]) -> None:
        self._samples: Iterator[dict[str, NDArray[np.float32]]] = (
            {INPUT: crop[None].astype(np.float32)} for crop in crops
        )

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next sample, or None after the last."""
        return next(self._samples, None)
