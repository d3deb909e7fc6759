"""Nets of others, by a file and a few lines of TOML."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import pytest
import tensorflow as tf
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from scipy.special import expit, softmax
from tests.conftest import ROOT

from unmask_edge.bundle import DEFAULT_BUNDLE_DIR
from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import Bands
from unmask_training.evaluation.crops import View
from unmask_training.evaluation.foreign_net import ForeignNet, load_foreign
from unmask_training.evaluation.scorers import BATCH, Rules, Scorer, load_scorer
from unmask_training.recipe import load_toml

SIDE_PX = 8
# Of the Keras file; the other files are of the same net.
SETTINGS: dict[str, Any] = {
    "name": "tiny",
    "file": "tiny.keras",
    "input_px": SIDE_PX,
    "range": [-1, 1],
    "colour": "rgb",
    "layout": "nhwc",
    "crop_scale": 1.3,
    "class_index": 1,
    "activation": "softmax",
    "fake": "high",
}
Changes = dict[str, Any]


@pytest.fixture(scope="module")
def rules() -> Rules:
    """Those of the packaged bundle."""
    return load_scorer(DEFAULT_BUNDLE_DIR, "float16").rules


@pytest.fixture(scope="module")
def crops() -> NDArray[np.uint8]:
    """More of them than go into one batch, each of a colour of its own."""
    rng = np.random.default_rng(5)
    colours = rng.integers(0, 256, (BATCH + 3, 1, 1, 3))
    return (colours * rng.uniform(0.5, 1, (BATCH + 3, SIDE_PX, SIDE_PX, 3))).astype(np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`tiny` as .keras, .h5, .tflite and .onnx, from [-1, 1] RGB to two logits.

    The ONNX file takes BGR and channels first, in any batch or, as `one.onnx`, one picture at a time.
    """
    folder = tmp_path_factory.mktemp("nets")
    net = _two_class_net()
    net.save(folder / "tiny.keras")
    net.save(folder / "tiny.h5")
    (folder / "tiny.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(net).convert())
    kernel, dense, bias = (weight.numpy() for weight in net.weights)
    for name, batch in (("tiny", "batch"), ("one", 1)):
        onnx.save(_onnx_net(kernel[:, :, ::-1], dense, bias, batch), folder / f"{name}.onnx")
    return folder


@pytest.fixture(scope="module")
def expected(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """P(fake) by the net itself."""
    logits = _two_class_net()(crops.astype(np.float32) / 127.5 - 1).numpy()
    scores: NDArray[np.float32] = softmax(logits, axis=1)[:, 1]
    assert np.ptp(scores) > 0.3
    return scores


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"file": "tiny.h5"},
        {"file": "tiny.tflite"},
        {"file": "tiny.onnx", "colour": "bgr", "layout": "nchw"},
        {"file": "one.onnx", "colour": "bgr", "layout": "nchw"},
        {"range": None, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
        {"class_index": 0, "fake": "low"},
    ],
    ids=["keras", "h5", "tflite", "onnx", "onnx of one", "mean and std", "P(real)"],
)
def test_one_net_scores_alike_in_every_file(
    folder: Path,
    crops: NDArray[np.uint8],
    expected: NDArray[np.float32],
    rules: Rules,
    changes: Changes,
) -> None:
    """Whatever the format, the layout, the order of channels and the side that is high."""
    scores = _load(folder, rules, **changes).raw_scores(crops)
    assert scores.dtype == np.float64
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_it_shares_the_rules_of_the_first_but_for_calibration(folder: Path, rules: Rules) -> None:
    """It has no temperature, its bands meet at the threshold, and its crop is its own; the rest is shared."""
    scorer = _load(folder, rules, threshold=0.7)
    assert (scorer.name, scorer.view) == ("tiny", View(1.3, SIDE_PX))
    assert scorer.rules.temperature == 1
    assert scorer.rules.bands == Bands(likely_authentic_below=0.7, likely_manipulated_from=0.7)
    assert (scorer.rules.looking, scorer.rules.quality) == (rules.looking, rules.quality)
    assert scorer.fingerprint != _load(folder, rules, threshold=0.8).fingerprint


@pytest.mark.parametrize(("colour", "level"), [("rgb", 200), ("bgr", 50)])
def test_mean_and_std_stand_in_the_order_of_the_nets_channels(
    tmp_path: Path, rules: Rules, colour: str, level: int
) -> None:
    """The first of them goes with red or with blue; a single logit needs no class."""
    image = keras.Input((SIDE_PX, SIDE_PX, 3))
    first = keras.layers.GlobalAveragePooling2D()(image)[:, :1]
    keras.Model(image, {"map": image, "score": first}).save(tmp_path / "first.keras")
    crop = np.full((1, SIDE_PX, SIDE_PX, 3), (200, 100, 50), np.uint8)
    scorer = _load(
        tmp_path,
        rules,
        file="first.keras",
        range=None,
        mean=[0.2, 0.3, 0.4],
        std=[0.5, 2, 3],
        colour=colour,
        output=1,
        class_index=None,
        activation="sigmoid",
    )
    np.testing.assert_allclose(scorer.raw_scores(crop), expit((level / 255 - 0.2) / 0.5), atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"file": "gone.onnx"}, r"gone\.onnx"),
        ({"file": "tiny.pth"}, r"\.keras, \.h5, \.tflite, \.onnx\. Received: .*tiny\.pth"),
        ({"file": "broken.keras"}, r"Received: .*broken\.keras"),
        ({"file": "broken.h5"}, r"Received: .*broken\.h5"),
        ({"file": "broken.tflite"}, r"Received: .*broken\.tflite"),
        ({"file": "broken.onnx"}, r"Received: .*broken\.onnx"),
        ({"input_px": 16}, r"to take \(16, 16, 3\) float32\. Received: "),
        ({"layout": "nchw"}, r"to take \(3, 8, 8\) float32\. Received: "),
        ({"file": "tiny.tflite", "input_px": 16}, r"to take \(16, 16, 3\) float32\. Received: "),
        ({"file": "tiny.onnx"}, r"to take \(8, 8, 3\) float32\. Received: "),
        ({"output": 1}, r"an output 1 of tiny\.keras\. Received: 1 outputs"),
        ({"class_index": None, "activation": "none"}, r"one number for each .* Received: shape \(2, 2\)"),
        ({"class_index": 2}, r"or several .* Received: shape \(2, 2\), class_index 2"),
        ({"activation": "none"}, r"scores in \[0, 1\] .*choose another activation\. Received: "),
        ({"range": None}, r"Expected range, or mean and std\. Received: neither"),
        ({"mean": [0, 0, 0]}, r"Expected range, or mean and std\. Received: range, mean"),
        ({"range": None, "std": [1, 1, 0]}, r"std\.2"),
        ({"range": [0, float("inf")]}, "finite"),
        ({"class_index": None}, "Expected class_index beside softmax"),
        ({"colour": "grey"}, "'rgb' or 'bgr'"),
        ({"crop": 1.3}, "crop\n"),
        ({"crop_scale": None}, "crop_scale"),
    ],
)
def test_what_does_not_fit_is_refused(
    folder: Path, rules: Rules, changes: Changes, message: str, tmp_path: Path
) -> None:
    """Before any file is looked at, saying what was expected and what there is."""
    (tmp_path / "tiny.pth").write_bytes(b"")
    for suffix in ("keras", "h5", "tflite", "onnx"):
        (tmp_path / f"broken.{suffix}").write_bytes(b"no net")
    if not str(changes.get("file", "")).startswith(("gone", "broken", "tiny.pth")):
        tmp_path = folder
    with pytest.raises(UnmaskError, match=r"(?s)Expected .*Received: ") as refused:
        _load(tmp_path, rules, **changes)
    assert refused.match(message)


@pytest.mark.parametrize("content", [None, b"name = ", b"\xff\xfe"], ids=["missing", "no TOML", "no text"])
def test_what_is_no_toml_is_refused(tmp_path: Path, rules: Rules, content: bytes | None) -> None:
    """The error names the file."""
    path = tmp_path / "net.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnmaskError, match=r"net\.toml"):
        load_foreign(path, rules)


def test_the_readme_tells_every_setting(tmp_path: Path) -> None:
    """Its example is valid and has them all; mean and std stand in the comment on what they replace."""
    section = (ROOT / "training" / "README.md").read_text("utf-8").split("### Nets of others")[1]
    example = section.split("```toml")[1].split("```")[0]
    (tmp_path / "net.toml").write_text(example)
    settings = load_toml(str(tmp_path / "net.toml"), tmp_path, "net")
    ForeignNet.model_validate(settings)
    assert set(settings) == set(ForeignNet.model_fields) - {"mean", "std"}


def _load(folder: Path, rules: Rules, **changes: Any) -> Scorer:
    settings = {key: value for key, value in {**SETTINGS, **changes}.items() if value is not None}
    toml = folder / "net.toml"
    toml.write_text("".join(f"{key} = {value!r}\n" for key, value in settings.items()))
    return load_foreign(toml, rules)


def _two_class_net() -> keras.Model:
    """Its weights are always the same."""
    kernels = [keras.initializers.RandomNormal(0, deviation, seed=7) for deviation in (0.3, 3)]
    image = keras.Input((SIDE_PX, SIDE_PX, 3))
    features = keras.layers.Conv2D(4, 3, activation="relu", use_bias=False, kernel_initializer=kernels[0])(image)
    pooled = keras.layers.GlobalAveragePooling2D()(features)
    return keras.Model(image, keras.layers.Dense(2, kernel_initializer=kernels[1])(pooled))


def _onnx_net(
    kernel: NDArray[np.float32], dense: NDArray[np.float32], bias: NDArray[np.float32], batch: str | int
) -> onnx.ModelProto:
    """The same with channels first."""
    weights = {"kernel": kernel.transpose(3, 2, 0, 1), "dense": dense, "bias": bias}
    nodes = [
        helper.make_node("Conv", ["image", "kernel"], ["features"]),
        helper.make_node("Relu", ["features"], ["active"]),
        helper.make_node("GlobalAveragePool", ["active"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "dense", "bias"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [batch, 3, SIDE_PX, SIDE_PX])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, 2])],
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in weights.items()],
    )
    # Of 2021, so that any runtime takes it.
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
