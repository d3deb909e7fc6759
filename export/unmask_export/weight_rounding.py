"""Rounds a detector's weights to 8 bits so that each layer says what it said, given what rounded layers say before it.

Rounding to the nearest level is blind: it neither knows which weights matter on faces, nor that the layers before have
erred. Here layers are rounded in order. Each is first fitted by least squares to its own float outputs from inputs as
the rounded net gives them; then its weights are rounded one after the other, and each weight's error is made up for by
those that are yet to be rounded (Frantar et al., "GPTQ", ICLR 2023).

The result is a float net whose weights lie on the very levels to which TFLite's converter rounds them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

# Of those given: with three times as many the drift was the same.
CROPS = 32
# Output positions of a layer that its weights are fitted on.
POSITIONS = 4096
# Of the inputs' mean variance: by how much fitted weights are held to what they were.
DAMPING = 0.01
LEVELS = 127

Floats = NDArray[np.float64]


@dataclass
class _Pass:
    """What a run of the net is for: to look at it in floats, to round it, or to use it."""

    aim: Literal["look", "round", "use"] = "look"


def rounded(detector: keras.Model, crops: NDArray[np.uint8], activations: bool) -> keras.Model:
    """A copy of the detector with rounded weights.

    Args:
        detector: as `unmask_training.model` builds it.
        crops: `(n, S, S, 3)` uint8 RGB faces that the weights are fitted on.
        activations: whether the format rounds those to 8 bits as well.

    Returns:
        A model of the same inputs and outputs.
    """
    run = _Pass()
    net = keras.models.clone_model(
        detector, clone_function=_with_bias, call_function=_observed(run, activations), recursive=True
    )
    _copy_weights(detector, net)
    pixels = crops[:CROPS].astype(np.float32)
    net(pixels, training=False)
    run.aim = "round"
    net(pixels, training=False)
    run.aim = "use"
    return net


class _Observer(layers.Layer):  # type: ignore[misc]  # Keras has no type stubs
    """Passes values on through a function, which may keep some or change them."""

    def __init__(self, function: Callable[[Any], Any], name: str) -> None:
        super().__init__(name=name)
        self._function = function

    def call(self, values: Any) -> Any:
        return self._function(values)

    def compute_output_spec(self, values: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor(values.shape, values.dtype)


class _Grid:
    """What the converter makes of an activation: 256 levels between the extremes that calibration sees."""

    def __init__(self, run: _Pass) -> None:
        self._run = run

    def __call__(self, values: Any) -> Any:
        if self._run.aim == "look":
            low, high = min(float(ops.min(values)), 0.0), max(float(ops.max(values)), 0.0)
            self._step = (high - low) / 255 or 1.0
            self._zero = round(-low / self._step)
        if self._run.aim == "round":
            return (ops.clip(ops.round(values / self._step) + self._zero, 0, 255) - self._zero) * self._step
        return values


class _Rounder:
    """Takes the float inputs of a layer down, then rounds its kernel by its inputs from rounded layers.

    A depthwise kernel is as many small ones as there are channels; any other is one.
    """

    def __init__(self, run: _Pass, layer: layers.Layer) -> None:
        self._run = run
        self._layer = layer
        self._depthwise = isinstance(layer, layers.DepthwiseConv2D)

    def __call__(self, values: Any) -> Any:
        if self._run.aim == "look":
            self._float_inputs = self._inputs(values)
        if self._run.aim == "round":
            self._round(self._inputs(values))
            del self._float_inputs
        return values

    def _inputs(self, values: Any) -> NDArray[np.float32]:
        """What the kernels meet, `(kernels, positions, weights)`."""
        met = _met(self._layer, ops.convert_to_numpy(values))
        # Copied, because NumPy multiplies matrices ten times faster whose numbers lie in a row.
        return np.ascontiguousarray(met.transpose(2, 0, 1)) if self._depthwise else met.reshape(1, len(met), -1)

    def _round(self, inputs: NDArray[np.float32]) -> None:
        kernel = ops.convert_to_numpy(self._layer.kernel).astype(np.float64)
        flat = kernel.reshape(-1, *kernel.shape[2:]) if self._depthwise else kernel.reshape(1, -1, kernel.shape[3])
        order = (1, 0, 2) if self._depthwise else (0, 1, 2)
        fitted, shift = _fitted(flat.transpose(order), self._float_inputs.astype(np.float64), inputs.astype(np.float64))
        self._layer.kernel.assign(fitted.transpose(order).reshape(kernel.shape))
        self._layer.bias.assign_add(shift.reshape(-1))


def _met(layer: layers.Layer, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a kernel meets at random output positions, the same each time: `(positions, height * width, channels)`."""
    rng = np.random.default_rng(0)
    (size, _), (stride, _) = layer.kernel_size, layer.strides
    side = values.shape[1]
    outputs = -(-side // stride) if layer.padding == "same" else (side - size) // stride + 1
    missing = max((outputs - 1) * stride + size - side, 0)
    margin = (missing // 2, missing - missing // 2)
    padded = np.pad(values, ((0, 0), margin, margin, (0, 0)))
    picture, top, left = (rng.integers(limit, size=POSITIONS) for limit in (len(values), outputs, outputs))
    rows, columns = np.divmod(np.arange(size * size), size)
    met: NDArray[np.float32] = padded[picture[:, None], top[:, None] * stride + rows, left[:, None] * stride + columns]
    return met


def _fitted(kernels: Floats, float_inputs: Floats, inputs: Floats) -> tuple[Floats, Floats]:
    """Rounded weights, and what is to be added to the biases.

    Args:
        kernels: `(kernels, weights, outputs)`.
        float_inputs: `(kernels, positions, weights)`, what they meet in the float net.
        inputs: likewise, in the rounded net.

    Returns:
        `(kernels, weights, outputs)` and `(kernels, outputs)`.
    """
    mean = inputs.mean(axis=1, keepdims=True)
    targets = float_inputs @ kernels
    target_mean = targets.mean(axis=1, keepdims=True)
    turned = (inputs - mean).transpose(0, 2, 1) / inputs.shape[1]
    gram = turned @ (inputs - mean)
    damping = DAMPING * np.trace(gram, axis1=1, axis2=2)[:, None, None] / kernels.shape[1] + 1e-8
    damped = gram + damping * np.eye(kernels.shape[1])
    fitted = np.linalg.solve(damped, turned @ (targets - target_mean) + damping * kernels)
    rounded_kernels = _rounded_in_turn(fitted, damped)
    shifts: Floats = (target_mean - mean @ rounded_kernels)[:, 0]
    return rounded_kernels, shifts


def _rounded_in_turn(kernels: Floats, gram: Floats) -> Floats:
    """Round weights one after the other, making up for each one's error by those that follow.

    The largest weight of each output is let be: it sets the scale, which the converter must find again.

    Args:
        kernels: `(kernels, weights, outputs)`.
        gram: `(kernels, weights, weights)`, mean products of what they meet.
    """
    kernels = kernels.copy()
    step = np.abs(kernels).max(axis=1) / LEVELS + 1e-12
    free = np.ones(kernels.shape, bool)
    np.put_along_axis(free, np.abs(kernels).argmax(axis=1)[:, None], False, axis=1)
    upper = np.linalg.cholesky(np.linalg.inv(gram)).transpose(0, 2, 1)
    for row in range(kernels.shape[1]):
        nearest = np.clip(np.round(kernels[:, row] / step), -LEVELS, LEVELS) * step
        error = (kernels[:, row] - nearest) / upper[:, row, row, None]
        kernels[:, row] = nearest
        rest = slice(row + 1, None)
        kernels[:, rest] -= free[:, rest] * upper[:, row, rest, None] * error[:, None]
    return kernels


def _with_bias(layer: layers.Layer) -> layers.Layer:
    """A copy of a layer; a convolution gets a bias, in which its mean error goes."""
    config = layer.get_config()
    if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D):
        config["use_bias"] = True
    return layer.__class__.from_config(config)


def _observed(run: _Pass, activations: bool) -> Callable[..., Any]:
    """Calls a layer with a rounder before it where it has a kernel, and a grid behind it where the converter rounds."""

    def call(layer: layers.Layer, *args: Any, **kwargs: Any) -> Any:
        if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D):
            args = (_Observer(_Rounder(run, layer), f"{layer.name}_rounder")(args[0]), *args[1:])
        outputs = layer(*args, **kwargs)
        # A convolution, its batch norm and its ReLU become one operation; the ends of bottlenecks have no ReLU.
        bottleneck = layer.name.lower().endswith("project_bn")
        ends = bottleneck or isinstance(layer, layers.ReLU | layers.Add | layers.Rescaling)
        return _Observer(_Grid(run), f"{layer.name}_grid")(outputs) if activations and ends else outputs

    return call


def _copy_weights(source: keras.Model, target: keras.Model) -> None:
    """By path; biases that the target alone has stay zero."""
    values = {weight.path: weight for weight in source.weights}
    for weight in target.weights:
        if weight.path in values:
            weight.assign(values[weight.path])
