"""The one place that knows which TFLite runtime is installed."""

import ctypes
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError
from unmask_edge.quiet import native_output_muted

# Newest first: ai-edge-litert succeeds tflite-runtime (32-bit, old Pythons); tf.lite is there beside TensorFlow.
_RUNTIMES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter", "tensorflow.lite")
# What TensorFlow Lite's external_delegate_interface.h asks of a delegate's library.
_DELEGATE_SYMBOLS = ("tflite_plugin_create_delegate", "tflite_plugin_destroy_delegate")


class Model:
    """A TFLite model with one input, run one sample at a time.

    Attributes:
        runtime: the module that runs it, e.g. `ai_edge_litert`.
        input_shape: e.g. `(1, 128, 128, 3)`.
        input_dtype: float32 or uint8.
        outputs: shape and dtype of each output in the file's order, e.g. `((1, 1), "float32")`.
    """

    def __init__(self, path: Path, threads: int = 1, delegate: str | None = None) -> None:
        """Load a `.tflite` file.

        Args:
            path: of the file.
            threads: of what runs on the processor.
            delegate: library of an external delegate, such as `libedgetpu.so.1`, that takes what it can of the net.

        Raises:
            UnmaskError: if no runtime is installed, none can open the file, it takes not one input, or the delegate
                cannot be loaded or refuses.
        """
        module = _import_runtime()
        self.runtime = module.__name__.split(".")[0]
        options = {"experimental_delegates": [_load_delegate(module, delegate)]} if delegate else {}
        try:
            with native_output_muted():  # it announces its delegates
                self._interpreter = module.Interpreter(model_path=str(path), num_threads=threads, **options)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            how = f" with {delegate}" if delegate else ""
            raise UnmaskError(
                f"Expected a TFLite model that {self.runtime} can run{how}. Received: {path}: {error}"
            ) from error
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if len(inputs) != 1:
            raise UnmaskError(f"Expected a TFLite model with one input. Received: {path} with {len(inputs)}.")
        (self._input,) = inputs
        self.input_shape = _shape(self._input)
        self.input_dtype: np.dtype[Any] = np.dtype(self._input["dtype"])
        self.outputs = [(_shape(output), np.dtype(output["dtype"]).name) for output in outputs]
        self._output_indices = [int(output["index"]) for output in outputs]

    def __call__(self, sample: NDArray[Any]) -> list[NDArray[np.float32]]:
        """Run one sample of `input_shape` and `input_dtype`; returns its float32 outputs in the file's order."""
        if sample.shape != self.input_shape or sample.dtype != self.input_dtype:
            raise ValueError(
                f"Expected input {self.input_shape} {self.input_dtype}. Received: {sample.shape} {sample.dtype}."
            )
        self._interpreter.set_tensor(self._input["index"], sample)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._output_indices]


def with_shape(outputs: list[NDArray[np.float32]], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The one output of that shape: converters keep shapes, but neither the order nor the names of outputs."""
    matching = [output for output in outputs if output.shape == shape]
    if len(matching) != 1:
        raise UnmaskError(f"Expected one output of shape {shape}. Received: {[output.shape for output in outputs]}.")
    return matching[0]


def _shape(tensor: dict[str, Any]) -> tuple[int, ...]:
    return tuple(int(size) for size in tensor["shape"])


def _load_delegate(module: Any, library: str) -> Any:
    # The runtime's own errors over a library that is absent or no delegate do not say so.
    try:
        loaded = ctypes.CDLL(library)
    except OSError as error:
        raise UnmaskError(f"Expected a TFLite delegate's library. Received: {error}.") from error
    for symbol in _DELEGATE_SYMBOLS:
        if not hasattr(loaded, symbol):
            raise UnmaskError(f"Expected a TFLite delegate, whose library has {symbol}. Received: {library}.")
    load = module.load_delegate if hasattr(module, "load_delegate") else module.experimental.load_delegate
    try:
        with native_output_muted():
            return load(library)
    except ValueError as error:
        reason = str(error).partition("\n")[2].strip() or "it does not say why not"
        raise UnmaskError(f"Expected a delegate that works on this machine. Received: {library}: {reason}.") from error


def _import_runtime() -> Any:
    for name in _RUNTIMES:
        try:
            return import_module(name)
        except ModuleNotFoundError:
            continue
    raise UnmaskError(
        f"Expected one of the TFLite runtimes {', '.join(_RUNTIMES)}. Received: none is installed. "
        "Run: pip install ai-edge-litert"
    )
