"""The formats by name: which family each belongs to, where it lies in a bundle, and which are written by default."""

from typing import Literal, get_args

from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import ModelFormat
from unmask_export.tfjs import TFJSFormat
from unmask_training.evaluation.onnx_net import ONNXFormat

Family = Literal["tflite", "tfjs", "onnx"]

ALL: tuple[ModelFormat, ...] = get_args(ModelFormat)
# What phones, servers and the extension need; more formats make a bundle larger, and export slower.
DEFAULT: tuple[ModelFormat, ...] = ("float32", "float16", "int8", "tfjs")


def parse_formats(text: str) -> tuple[ModelFormat, ...]:
    """Read `all` or a comma-separated list; the order is that of the manifest's classes, whatever the list's.

    Raises:
        UnmaskError: if a name is unknown or there is none.
    """
    names = [name.strip() for name in text.split(",")]
    if names == ["all"]:
        return ALL
    unknown = [name for name in names if name not in ALL]
    if unknown:
        received = ", ".join(map(repr, unknown))
        raise UnmaskError(f"Expected formats among {', '.join(ALL)}, or all. Received: {received}.")
    return tuple(name for name in ALL if name in names)


def family(format: ModelFormat) -> Family:
    """Which converter makes the format and which runtime is its main one."""
    if format in get_args(TFJSFormat):
        return "tfjs"
    return "onnx" if format in get_args(ONNXFormat) else "tflite"


def relative_path(format: ModelFormat) -> str:
    """The path in a bundle of the file that runtimes open."""
    kind = family(format)
    if kind == "tfjs":
        return f"{format}/model.json"
    return f"detector.{format.removeprefix('onnx_')}.{kind}"


def input_dtype(format: ModelFormat) -> Literal["float32", "uint8"]:
    """What the format's file takes; the values are the same pixels in [0, 255]."""
    return "uint8" if format == "int8" else "float32"
