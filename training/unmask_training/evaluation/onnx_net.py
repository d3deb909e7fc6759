"""Runs ONNX files by onnxruntime on the CPU."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

ONNXFormat = Literal["onnx_float32", "onnx_float16", "onnx_int8", "onnx_batched"]


class ONNXNet:
    """An ONNX file with one input.

    Attributes:
        sample_shape: of the smallest batch that it takes.
        takes_one: whether it was exported for a batch of one, and takes no more.
    """

    def __init__(self, path: Path, threads: int = 0) -> None:
        """Load a file.

        Args:
            path: the file.
            threads: for each operation; onnxruntime's own choice if 0.

        Raises:
            Exception: onnxruntime's own, of several kinds, if the file is no net that it can run.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        (image,) = self._session.get_inputs()
        self._name = image.name
        # A free size is told by a name.
        self.sample_shape = tuple(size if isinstance(size, int) else 1 for size in image.shape)
        self.takes_one = image.shape[:1] == [1]

    def __call__(self, batch: NDArray[np.float32]) -> Sequence[NDArray[Any]]:
        """All outputs, in the file's order, of a batch in the layout that the file takes."""
        outputs: Sequence[NDArray[Any]] = self._session.run(None, {self._name: batch})
        return outputs
