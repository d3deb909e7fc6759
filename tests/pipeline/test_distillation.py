"""Distillation: which channels a smaller net keeps, and runs of smaller nets that export like any other."""

from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from tests.run_of import run_of
from tests.untraced import untraced

from unmask_edge.errors import UnmaskError
from unmask_training.commands import distil as command
from unmask_training.distillation import Size
from unmask_training.lesson import Lesson
from unmask_training.loop import with_heads
from unmask_training.model import build_detector, load_detector
from unmask_training.narrowing import narrow, renew_statistics
from unmask_training.recipe import ModelRecipe, load_recipe
from unmask_training.run import Run

WIDE = ModelRecipe(input_px=64, alpha=0.5, head_channels=16, dropout=0, heads=("blend", "traces"), weights="none")


@pytest.fixture(scope="module")
def crops() -> NDArray[np.uint8]:
    """Noise that every channel answers to."""
    return np.random.default_rng(1).integers(0, 256, (8, 64, 64, 3), np.uint8)


@pytest.fixture
def wide() -> keras.Model:
    """A net of random weights."""
    keras.utils.set_random_seed(2)
    return build_detector(WIDE)


def narrowed(wide: keras.Model, crops: NDArray[np.uint8], **changes: object) -> keras.Model:
    """A net of another shape with a wide one's weights."""
    net = build_detector(WIDE.model_copy(update=changes))
    narrow(wide, net, crops)
    return net


def test_a_net_as_wide_keeps_every_weight(wide: keras.Model, crops: NDArray[np.uint8]) -> None:
    """At another input size too."""
    net = narrowed(wide, crops, input_px=96)
    for kept, weight in zip(net.get_weights(), wide.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, weight)


def test_channels_that_nothing_listens_to_go_first(wide: keras.Model, crops: NDArray[np.uint8]) -> None:
    """Where the channels left away moved nothing, a narrower head and backbone answer as the whole net does."""
    wide.get_layer("blend").kernel.assign(silenced(wide.get_layer("blend").kernel, range(0, 16, 2)))
    wide.get_layer("traces").kernel.assign(silenced(wide.get_layer("traces").kernel, range(8)))
    net = narrowed(wide, crops, head_channels=8)
    for whole, part in zip(answers(wide, crops), answers(net, crops), strict=True):
        np.testing.assert_allclose(part, whole, atol=1e-5)


def test_a_residual_stream_keeps_one_choice(wide: keras.Model, crops: NDArray[np.uint8]) -> None:
    """What is added up stays aligned: the blocks of a stream keep the same channels of it."""
    backbone = wide.get_layer("backbone")
    for block in (1, 2):
        norm = backbone.get_layer(f"block_{block}_project_BN")
        norm.beta.assign(np.arange(norm.beta.shape[0], dtype=np.float32))
    net = narrowed(wide, crops, alpha=0.25).get_layer("backbone")
    first, second = (net.get_layer(f"block_{block}_project_BN").get_weights()[1] for block in (1, 2))
    np.testing.assert_array_equal(first, second)
    assert len(set(first)) == len(first) < backbone.get_layer("block_1_project_BN").beta.shape[0]


def test_statistics_become_those_of_the_batches(wide: keras.Model, crops: NDArray[np.uint8]) -> None:
    """The first batch norm's mean is the mean of what its convolution says, and nothing else is learnt."""
    conv, norm = (wide.get_layer("backbone").get_layer(name) for name in ("Conv1", "bn_Conv1"))
    kernel, momentum = conv.get_weights()[0], norm.momentum
    batches = [part.astype(np.float32) for part in np.split(crops, 4)]
    renew_statistics(wide, batches)
    said = keras.ops.convert_to_numpy(conv(np.concatenate(batches) / 127.5 - 1)).mean(axis=(0, 1, 2))
    np.testing.assert_allclose(norm.get_weights()[2], said, atol=1e-4)
    np.testing.assert_array_equal(conv.get_weights()[0], kernel)
    assert norm.momentum == momentum


@pytest.mark.parametrize("text", ["128", "x0.5", "128x", "128 x 0.5", "128x0.5x1"])
def test_what_is_no_size_is_named(text: str) -> None:
    """The error says how a size is written."""
    with pytest.raises(UnmaskError, match=r"Expected a size as PXxWIDTH, such as 128x0\.5\. Received: "):
        Size.parse(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("64x0.75", "at most the teacher's width of 0.5"), ("100x0.5", "another multiple of 32")]
)
def test_a_size_that_does_not_fit_is_named(text: str, expected: str) -> None:
    """Wider than the teacher, or of a side that its strides do not divide."""
    with pytest.raises(UnmaskError, match=f"Expected .*{expected}"):
        Size.parse(text).recipe(WIDE)


@untraced()
def test_smaller_runs_learn_side_by_side(tiny_run: Path, data_folder: Path, tmp_path: Path) -> None:
    """Two sizes at once; each run stands alone, tells its teacher, and given again, nothing is learnt anew."""
    arguments = [str(tiny_run), "--data", str(data_folder), "--out", str(tmp_path / "runs"), "--pairs", "2"]
    arguments += ["--size", "64x0.35", "--size", "96x0.2", "--epochs", "1", "--steps", "2", "--workers", "1"]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    assert "64x0.35" in result.output
    for name, side, alpha in (("64x0.35", 64, 0.35), ("96x0.2", 96, 0.2)):
        run = Run.read(tmp_path / "runs" / name)
        assert (run.recipe.model.input_px, run.recipe.model.alpha) == (side, alpha)
        assert run.start is not None
        assert (run.start.name, run.start.how) == ("tiny", "distilled")
        assert load_detector(tmp_path / "runs" / name).input_shape == (None, side, side, 3)
    log = (tmp_path / "runs" / "log.csv").read_text("utf-8")
    assert CliRunner().invoke(command, arguments).exit_code == 0
    assert (tmp_path / "runs" / "log.csv").read_text("utf-8") == log


@pytest.mark.parametrize(("labels", "nearest"), [(0.0, "mean of the teachers"), (1.0, "labels")])
def test_teachers_are_averaged_and_labels_count(
    wide: keras.Model, crops: NDArray[np.uint8], labels: float, nearest: str
) -> None:
    """The loss is least where a student says the mean of its teachers' logits, or what the labels say."""
    recipe = load_recipe("default").model_copy(update={"model": WIDE})
    keras.utils.set_random_seed(3)
    teachers = {"one": with_heads(wide, recipe), "other": with_heads(build_detector(WIDE), recipe)}
    lesson = Lesson(teachers, {}, recipe, labels)
    x = dict.fromkeys(teachers, crops.astype(np.float32))
    said = [{name: np.array(answer) for name, answer in net(x["one"]).items()} for net in teachers.values()]
    possible = {
        "mean of the teachers": {name: (said[0][name] + said[1][name]) / 2 for name in said[0]},
        "one teacher": said[0],
        "labels": {name: np.full_like(answer, 0.999) for name, answer in said[0].items()},
    }
    y = {name: np.ones_like(answer) for name, answer in said[0].items()}
    weights = {head: np.ones(8, np.float32) for head in WIDE.heads} | {"region_map": np.ones((8, 4, 4), np.float32)}
    losses = {name: float(lesson.compute_loss(x, y, {"student": said}, weights)) for name, said in possible.items()}
    assert min(losses, key=lambda name: losses[name]) == nearest


@untraced()
def test_a_teacher_of_another_kind_teaches_a_larger_detector(tiny_run: Path, data_folder: Path, tmp_path: Path) -> None:
    """A net of EfficientNet-Lite at its own input size; the record tells who taught."""
    teacher = run_of(tiny_run, tmp_path / "large", backbone="efficientnet_lite0", alpha=1.0, input_px=96)
    arguments = [str(tiny_run), "--teacher", str(teacher), "--labels", "0.3", "--data", str(data_folder)]
    arguments += ["--size", "96x0.35", "--epochs", "1", "--steps", "2", "--pairs", "2", "--workers", "1"]
    result = CliRunner().invoke(command, [*arguments, "--out", str(tmp_path / "runs")])
    assert result.exit_code == 0, result.output
    start = Run.read(tmp_path / "runs" / "96x0.35").start
    assert start is not None
    assert (start.name, start.teachers) == ("tiny", ("large",))


def test_a_teacher_with_other_heads_is_refused(tiny_run: Path, data_folder: Path, tmp_path: Path) -> None:
    """What two heads say does not teach one."""
    teacher = run_of(tiny_run, tmp_path / "two-heads", heads=("blend", "traces"))
    arguments = [str(tiny_run), "--teacher", str(teacher), "--data", str(data_folder), "--size", "64x0.35"]
    result = CliRunner().invoke(command, [*arguments, "--workers", "1", "--out", str(tmp_path / "runs")])
    expected = "Expected teachers with the heads ('score',). Received: two-heads with ('blend', 'traces')."
    assert str(result.exception) == expected


def silenced(kernel: keras.Variable, channels: range) -> NDArray[np.float32]:
    """A dense kernel that does not read some channels."""
    weights: NDArray[np.float32] = np.array(keras.ops.convert_to_numpy(kernel))
    weights[list(channels)] = 0
    return weights


def answers(net: keras.Model, crops: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    """Scores and region maps."""
    said = net(crops.astype(np.float32), training=False)
    return [keras.ops.convert_to_numpy(said[name]) for name in ("score", "region_map")]
