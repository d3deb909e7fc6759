"""Nets of others in the table: any Keras, TFLite or ONNX file, and a few lines of TOML on how to feed and read it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from scipy.special import expit, softmax
from typing_extensions import Self

from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import Bands
from unmask_edge.runtime import Model
from unmask_training.evaluation.crops import View
from unmask_training.evaluation.onnx_net import ONNXNet
from unmask_training.evaluation.scorers import BATCH, RawScores, Rules, Scorer, fingerprint, in_batches
from unmask_training.recipe import load_toml

# A net's own softmax or sigmoid may round to just above 1.
ROUNDING = 1e-6

Floats = NDArray[np.float32]
Index = Annotated[int, Field(ge=0)]
Channels = tuple[float, float, float]
Positive = Annotated[float, Field(gt=0)]


class ForeignNet(BaseModel):
    """The TOML file.

    Attributes:
        file: the net, relative to the TOML file: `.keras`, `.h5`, `.tflite` or `.onnx`.
        input_px: side of the square that it takes.
        range: the numbers that levels 0 and 255 become; or, in its place,
        mean, std: what is subtracted from levels in [0, 1], and what they are then divided by, in the net's order of
            channels.
        colour: that order.
        layout: `(batch, height, width, channels)` or `(batch, channels, height, width)`.
        crop_scale: side of the crop over the longer side of the face box.
        output: which of its outputs tells, from 0, in the file's order.
        class_index: which of that output's numbers, from 0; None where there is but one.
        activation: what is yet to be applied to that output.
        fake: whether its number is high or low for a fake.
        threshold: P(fake) from which a face is called likely manipulated, below which likely authentic.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: Annotated[str, Field(min_length=1)]
    file: Path
    input_px: Annotated[int, Field(gt=0)]
    range: tuple[float, float] | None = None
    mean: Channels | None = None
    std: tuple[Positive, Positive, Positive] | None = None
    colour: Literal["rgb", "bgr"]
    layout: Literal["nhwc", "nchw"]
    crop_scale: Positive
    output: Index = 0
    class_index: Index | None = None
    activation: Literal["none", "sigmoid", "softmax"]
    fake: Literal["high", "low"]
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.5

    @model_validator(mode="after")
    def _scaled_in_one_way(self) -> Self:
        given = [name for name in ("range", "mean", "std") if getattr(self, name) is not None]
        if given not in (["range"], ["mean", "std"]):
            raise ValueError(f"Expected range, or mean and std. Received: {', '.join(given) or 'neither'}.")
        return self

    @model_validator(mode="after")
    def _softmax_of_several(self) -> Self:
        if self.activation == "softmax" and self.class_index is None:
            raise ValueError("Expected class_index beside softmax, which makes 1 of a single number. Received: none.")
        return self

    def inputs(self, crops: NDArray[np.uint8]) -> Floats:
        """What the net takes, made from `(n, input_px, input_px, 3)` uint8 RGB crops."""
        pixels = (crops if self.colour == "rgb" else crops[..., ::-1]).astype(np.float32)
        if self.range is not None:
            low, high = self.range
            scaled = np.float32(low) + pixels * np.float32((high - low) / 255)
        else:
            scaled = (pixels / np.float32(255) - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        return np.ascontiguousarray(scaled if self.layout == "nhwc" else scaled.transpose(0, 3, 1, 2))

    def scores(self, outputs: Sequence[NDArray[Any]], pictures: int) -> Floats:
        """P(fake), `(pictures,)`, from all that the net says of so many pictures.

        Raises:
            UnmaskError: if there is no such output, it has not one number for each picture, or that is no probability.
        """
        if self.output >= len(outputs):
            raise UnmaskError(f"Expected an output {self.output} of {self.file}. Received: {len(outputs)} outputs.")
        numbers = self._numbers(np.asarray(outputs[self.output], np.float32), pictures)
        told: Floats = _ACTIVATIONS[self.activation](numbers)[:, self.class_index or 0]
        if not ((told >= -ROUNDING) & (told <= 1 + ROUNDING)).all():
            raise UnmaskError(
                f"Expected scores in [0, 1] from {self.file}; choose another activation. "
                f"Received: {told.min()} to {told.max()}."
            )
        high = np.clip(told, np.float32(0), np.float32(1))
        return high if self.fake == "high" else 1 - high

    def _numbers(self, output: Floats, pictures: int) -> Floats:
        """One output as `(pictures, numbers)`."""
        numbers = output.reshape(*output.shape[:1], -1)
        count = numbers.shape[-1]
        fits = count == 1 if self.class_index is None else count > max(self.class_index, 1)
        if len(numbers) != pictures or not fits:
            raise UnmaskError(
                f"Expected one number for each of {pictures} pictures in output {self.output} of {self.file}, or "
                f"several and a class_index. Received: shape {output.shape}, class_index {self.class_index}."
            )
        return numbers


_ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {
    "none": lambda numbers: numbers,
    "sigmoid": expit,
    "softmax": partial(softmax, axis=1),
}


def load_foreign(toml: Path, rules: Rules) -> Scorer:
    """Load the net that a TOML file describes, and try it.

    Args:
        toml: the file.
        rules: whose sampling, tracks and aggregation it shares; it has no temperature, and bands that meet.

    Raises:
        UnmaskError: if the file is missing or not valid, or the net is missing, damaged or not as described.
    """
    spec = _read(toml)
    path = toml.parent / spec.file
    net = _open(path)
    view = View(spec.crop_scale, spec.input_px)
    bands = Bands(likely_authentic_below=spec.threshold, likely_manipulated_from=spec.threshold)
    own = replace(rules, temperature=1.0, bands=bands)
    raw_scores = in_batches(lambda crops: spec.scores(net.run(spec.inputs(crops)), len(crops)), net.batch)
    _try(raw_scores, spec)
    return Scorer(spec.name, fingerprint([path], spec, own), view, own, raw_scores)


def _read(toml: Path) -> ForeignNet:
    content = load_toml(str(toml), toml.parent, "net")
    try:
        return ForeignNet.model_validate(content)
    except ValidationError as error:
        raise UnmaskError(f"Expected {toml} to describe a net. Received: {error}") from error


def _try(raw_scores: RawScores, spec: ForeignNet) -> None:
    """Score noise, so that a net that does not fit is told before the files are looked at."""
    size = (2, spec.input_px, spec.input_px, 3)
    noise = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    try:
        raw_scores(noise)
    except UnmaskError:
        raise
    except Exception as error:  # each runtime has its own
        taken = spec.inputs(noise).shape[1:]
        raise UnmaskError(f"Expected {spec.file} to take {taken} float32. Received: {error}") from error


@dataclass(frozen=True, eq=False)
class _Net:
    """An opened file.

    Attributes:
        run: a float32 batch to all outputs.
        batch: how many pictures it takes at a time.
    """

    run: Callable[[Floats], Sequence[NDArray[Any]]]
    batch: int


def _open(path: Path) -> _Net:
    if path.suffix not in _OPENERS or not path.is_file():
        raise UnmaskError(
            f"Expected a file of the kind {', '.join(_OPENERS)}. Received: {path}, which is of another or missing."
        )
    try:
        return _OPENERS[path.suffix](path)
    except UnmaskError:
        raise
    except Exception as error:  # each runtime has its own
        raise UnmaskError(f"Expected a net that can be loaded. Received: {path}: {error}") from error


def _open_keras(path: Path) -> _Net:
    import keras

    net = keras.models.load_model(path, compile=False)

    def run(batch: Floats) -> list[NDArray[Any]]:
        return [keras.ops.convert_to_numpy(output) for output in keras.tree.flatten(net(batch, training=False))]

    return _Net(run, BATCH)


def _open_tflite(path: Path) -> _Net:
    return _Net(Model(path), 1)


def _open_onnx(path: Path) -> _Net:
    net = ONNXNet(path)
    return _Net(net, 1 if net.takes_one else BATCH)


_OPENERS: dict[str, Callable[[Path], _Net]] = {
    ".keras": _open_keras,
    ".h5": _open_keras,
    ".tflite": _open_tflite,
    ".onnx": _open_onnx,
}
