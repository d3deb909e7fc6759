"""What the speed benchmark times: the packaged detector and what a user would pick in its place, each on one thread."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnxruntime
import tensorflow as tf
from numpy.typing import NDArray

from unmask_edge.bundle import Bundle
from unmask_edge.detector import TFLiteFormat
from unmask_edge.errors import UnmaskError
from unmask_edge.golden import Formula, formula_image
from unmask_edge.opencv import cv2
from unmask_edge.runtime import Model
from unmask_export import tflite
from unmask_export.keras_model import save_frozen
from unmask_training.evaluation.mesonet import build_meso4

PACKAGED_FORMATS: list[TFLiteFormat] = ["float16", "int8"]
OPSET = 17
PICTURE = Formula(a=7, b=5, c=90, d=5)


@dataclass(frozen=True)
class Contestant:
    """One thing to time.

    Attributes:
        run: looks at one picture, or multiplies once.
    """

    what: str
    runtime: str
    format: str
    run: Callable[[], Any]


def detectors(bundle: Bundle, saved_model: Path) -> list[Contestant]:
    """The bundle's net in float32 and its TFLite files under LiteRT.

    Args:
        bundle: with those files.
        saved_model: its net, frozen; the float32 file is written beside it.
    """
    models = bundle.manifest.models
    paths = {"float32": _written(saved_model, "float32", np.empty(0, np.uint8))}
    paths |= {name: bundle.path(models[name].path) for name in PACKAGED_FORMATS}
    return [_litert("detector", name, path) for name, path in paths.items()]


def other_runtimes(net: keras.Model, saved_model: Path) -> list[Contestant]:
    """The same net under the runtimes that one would pick else.

    Args:
        net: the bundle's detector.
        saved_model: the same, frozen; the ONNX file is written beside it.
    """
    picture = _picture(net.input_shape[1])
    onnx = saved_model.with_suffix(".onnx")
    _write_onnx(saved_model, onnx)
    compiled = tf.function(lambda image: net(image, training=False))
    compiled(picture)

    def plainly() -> list[NDArray[np.float32]]:
        return [keras.ops.convert_to_numpy(output) for output in net(picture, training=False).values()]

    def by_graph() -> list[NDArray[np.float32]]:
        return [output.numpy() for output in compiled(picture).values()]

    return [
        Contestant("detector", "onnxruntime", "float32", _onnxruntime(onnx, picture)),
        Contestant("detector", "OpenCV dnn", "float32", _opencv(onnx, picture)),
        Contestant("detector", "Keras, tf.function", "float32", by_graph),
        Contestant("detector", "Keras, plain call", "float32", plainly),
    ]


def other_nets(input_px: int, folder: Path) -> list[Contestant]:
    """Nets of others under LiteRT, with random weights: these do not change what a picture takes.

    Args:
        input_px: the detector's; MesoNet has its own.
        folder: where their files are written.
    """
    small = keras.applications.MobileNetV3Small((input_px, input_px, 3), weights=None, classes=1)
    nets: list[tuple[str, keras.Model, list[TFLiteFormat]]] = [
        ("MobileNetV3-Small", small, ["float32", "int8"]),
        ("MesoNet (Meso-4)", build_meso4(), ["float32", "int8"]),
    ]
    return [
        _litert(name, net_format, _converted(net, net_format, folder / f"{net.name}-{net_format}"))
        for name, net, net_formats in nets
        for net_format in net_formats
    ]


def require_agreement(contestants: list[Contestant], tolerance: float) -> None:
    """Hold what is told to be the same net to saying the same.

    Raises:
        UnmaskError: if a score lies further from the first one's than the tolerance.
    """
    scores = [float(next(output for output in each.run() if output.size == 1).item()) for each in contestants]
    for each, score in zip(contestants, scores, strict=True):
        if not abs(score - scores[0]) <= tolerance:
            raise UnmaskError(f"Expected {each.runtime} {each.format} to score {scores[0]:.4f}. Received: {score:.4f}.")


def _litert(what: str, format: str, path: Path) -> Contestant:
    model = Model(path)
    sample = _picture(model.input_shape[1]).astype(model.input_dtype)
    return Contestant(what, "LiteRT", format, lambda: model(sample))


def _onnxruntime(path: Path, picture: NDArray[np.float32]) -> Callable[[], Any]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: picture}
    return lambda: session.run(None, feed)


def _opencv(path: Path, picture: NDArray[np.float32]) -> Callable[[], Any]:
    net = cv2.dnn.readNetFromONNX(str(path))
    names = net.getUnconnectedOutLayersNames()

    def run() -> Any:
        net.setInput(picture)
        return net.forward(names)

    return run


def _write_onnx(saved_model: Path, path: Path) -> None:
    import tf2onnx

    serve = tf.saved_model.load(str(saved_model)).signatures["serving_default"]
    (signature,) = serve.structured_input_signature[1].values()
    function = tf.function(lambda image: serve(image=image), input_signature=[signature])
    tf2onnx.convert.from_function(function, [signature], OPSET, output_path=str(path))


def _converted(net: keras.Model, format: TFLiteFormat, folder: Path) -> Path:
    named = keras.Model(net.input, {"score": net.output})
    save_frozen(named, folder)
    shape = (8, *net.input_shape[1:])
    return _written(folder, format, np.random.default_rng(0).integers(0, 256, shape, np.uint8))


def _written(saved_model: Path, format: TFLiteFormat, calibration: NDArray[np.uint8]) -> Path:
    path = saved_model.with_suffix(".tflite")
    path.write_bytes(tflite.convert(saved_model, format, calibration))
    return path


def _picture(input_px: int) -> NDArray[np.float32]:
    return formula_image(input_px, input_px, PICTURE)[None].astype(np.float32)
