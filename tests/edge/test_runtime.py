"""The TFLite runtime behind one class."""

from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from unmask_edge import UnmaskError, runtime
from unmask_edge.assets import asset_path
from unmask_edge.runtime import Model, with_shape


class TwoInputs:
    """A runtime's interpreter of a model that takes two pictures."""

    def __init__(self, model_path: str, num_threads: int) -> None:
        del model_path, num_threads

    def allocate_tensors(self) -> None:
        """Do nothing."""

    def get_input_details(self) -> list[dict[str, Any]]:
        """Tell of both inputs."""
        return [{"index": index, "shape": [1, 8, 8, 3], "dtype": np.float32} for index in (0, 1)]

    def get_output_details(self) -> list[dict[str, Any]]:
        """Tell of the output."""
        return [{"index": 2, "shape": [1, 1], "dtype": np.float32}]


@pytest.fixture(scope="module")
def model() -> Model:
    """The face finder's net."""
    return Model(asset_path("face_finder"))


def test_states_what_it_takes(model: Model) -> None:
    """A loaded model says its input, its outputs and which runtime runs it."""
    assert model.input_shape == (1, 192, 192, 3)
    assert model.input_dtype == np.float32
    assert sorted(model.outputs) == [((1, 2304, 1), "float32"), ((1, 2304, 16), "float32")]
    assert model.runtime in {"ai_edge_litert", "tflite_runtime", "tensorflow"}


@pytest.mark.parametrize(
    ("shape", "dtype"), [((1, 128, 128, 3), np.float32), ((192, 192, 3), np.float32), ((1, 192, 192, 3), np.uint8)]
)
def test_wrong_input(shape: tuple[int, ...], dtype: type[Any], model: Model) -> None:
    """An input of another shape or dtype is refused, naming both."""
    with pytest.raises(ValueError, match=r"Expected input \(1, 192, 192, 3\) float32\. Received: "):
        model(np.zeros(shape, dtype))


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_do_not_change_results(threads: int, model: Model) -> None:
    """Any number of threads gives the same outputs but for rounding."""
    sample = np.random.default_rng(0).uniform(-1, 1, (1, 192, 192, 3)).astype(np.float32)
    for one, other in zip(model(sample), Model(asset_path("face_finder"), threads)(sample), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)


@pytest.mark.parametrize("content", [b"", b"not a model", b"\0" * 4096], ids=["empty", "text", "zeros"])
def test_not_a_model(content: bytes, tmp_path: Path) -> None:
    """A file that is no TFLite model gives Unmask's own error with the path."""
    path = tmp_path / "broken.tflite"
    path.write_bytes(content)
    with pytest.raises(UnmaskError, match=r"Expected a TFLite model .* Received: .*broken\.tflite"):
        Model(path)


def test_two_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that takes more than one input is refused."""
    module = SimpleNamespace(__name__="two", Interpreter=TwoInputs)
    monkeypatch.setattr(runtime, "import_module", lambda _: module)
    with pytest.raises(UnmaskError, match=r"Expected a TFLite model with one input\. Received: two\.tflite with 2"):
        Model(Path("two.tflite"))


def test_no_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no runtime is installed, the error says which to install."""

    def absent(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(runtime, "import_module", absent)
    with pytest.raises(UnmaskError, match="Run: pip install ai-edge-litert"):
        Model(asset_path("face_finder"))


def test_runtimes_are_tried_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """ai-edge-litert comes first, then tflite-runtime, then TensorFlow's own."""
    tried: list[str] = []

    def last_only(name: str) -> Any:
        tried.append(name)
        if name != "tensorflow.lite":
            raise ModuleNotFoundError(name)
        return import_module("ai_edge_litert.interpreter")

    monkeypatch.setattr(runtime, "import_module", last_only)
    Model(asset_path("face_finder"))
    assert tried == ["ai_edge_litert.interpreter", "tflite_runtime.interpreter", "tensorflow.lite"]


def test_outputs_are_told_apart_by_shape() -> None:
    """The one output of a shape is found; none or two of it are refused, naming what there was."""
    score, grid = np.zeros((1, 1), np.float32), np.zeros((1, 8, 8, 1), np.float32)
    assert with_shape([grid, score], (1, 1)) is score
    with pytest.raises(UnmaskError, match=r"Received: \[\(1, 8, 8, 1\)\]"):
        with_shape([grid], (1, 1))
    with pytest.raises(UnmaskError, match="Expected one output"):
        with_shape([score, score], (1, 1))
