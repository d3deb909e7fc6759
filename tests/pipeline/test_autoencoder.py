"""Autoencoders, their files, and the forgeries they make."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from unmask_edge.assets import asset_path
from unmask_edge.errors import UnmaskError
from unmask_edge.face_finder import FaceFinder
from unmask_edge.media import read_image
from unmask_edge.opencv import cv2
from unmask_edge.runtime import Model
from unmask_training.autoencoder import to_tflite, train_pictures, train_swap
from unmask_training.commands import autoencoders
from unmask_training.finder import face_finder_spec
from unmask_training.landmarks import LandmarkFinder
from unmask_training.synthesis.autoencoder_nets import UP_SAMPLINGS
from unmask_training.synthesis.autoencoder_swap import aligned, autoencoder_swap
from unmask_training.synthesis.even_sharpness import even, face_sharpness, sharpen, softener
from unmask_training.synthesis.forgery import FaceImage, OneFaceMethod
from unmask_training.synthesis.generated import generated

METHODS = [autoencoder_swap, generated]


@pytest.fixture(scope="module")
def face() -> FaceImage:
    """A window of the public-domain portrait, as training cuts it."""
    portrait = read_image(asset_path("portrait"))[0:270, 90:360].copy()
    return FaceImage(portrait, LandmarkFinder()(portrait, FaceFinder(face_finder_spec())(portrait)[0]))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(10))
def test_only_what_the_mask_covers_is_forged(face: FaceImage, method: OneFaceMethod, seed: int) -> None:
    """Twins keep the picture's size; outside the mask they are the same, inside they differ."""
    forgery = method(face, np.random.default_rng(seed))
    assert forgery.real.shape == forgery.fake.shape == face.image.shape
    assert forgery.real.dtype == forgery.fake.dtype == np.uint8
    assert forgery.mask.dtype == np.float32
    assert forgery.mask.min() >= 0
    assert 0.5 < forgery.mask.max() <= 1
    assert np.array_equal(forgery.fake[forgery.mask == 0], forgery.real[forgery.mask == 0])
    assert (forgery.fake[forgery.mask > 0.5] != forgery.real[forgery.mask > 0.5]).any()


@pytest.mark.parametrize("method", METHODS)
def test_forgeries_are_seeded(face: FaceImage, method: OneFaceMethod) -> None:
    """The same seed gives the same forgery, another one another."""
    first, again, other = (method(face, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert np.array_equal(first.fake, again.fake)
    assert np.array_equal(first.real, again.real)
    assert not np.array_equal(first.fake, other.fake)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shift", [(-60, 0), (70, 0), (0, -60), (0, 120)])
def test_faces_cut_by_the_picture_are_forged_too(
    face: FaceImage, method: OneFaceMethod, shift: tuple[int, int]
) -> None:
    """A face that reaches out of the picture is no error, whichever blending is drawn."""
    moved = cv2.warpAffine(face.image, np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float64), (270, 270))
    cut = FaceImage(moved.astype(np.uint8), face.landmarks + np.array(shift, np.float32))
    for seed in range(8):
        assert method(cut, np.random.default_rng(seed)).fake.shape == cut.image.shape


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "change", [lambda points: points * 0 + 100, lambda points: points + 500, lambda points: points * np.nan]
)
def test_landmarks_of_no_face_are_refused(face: FaceImage, method: OneFaceMethod, change: Callable[..., Any]) -> None:
    """Points in one place, outside the picture, or no numbers at all, are told as such."""
    with pytest.raises(UnmaskError, match="Expected a face's landmarks"):
        method(FaceImage(face.image, change(face.landmarks)), np.random.default_rng(1))


def test_pictures_of_any_shape_and_size_are_forged(face: FaceImage) -> None:
    """No method asks for a square window."""
    tall = FaceImage(np.pad(face.image, ((0, 200), (0, 31), (0, 0)), mode="edge"), face.landmarks)
    for method in METHODS:
        assert method(tall, np.random.default_rng(1)).fake.shape == (470, 301, 3)


def test_generated_redraws_the_picture_or_the_face(face: FaceImage) -> None:
    """Both kinds come up; a whole picture's mask is 1 everywhere and few of its pixels stay as they were."""
    forgeries = [generated(face, np.random.default_rng(seed)) for seed in range(12)]
    assert {forgery.kind for forgery in forgeries} == {"generated/picture", "generated/face"}
    for forgery in forgeries:
        if forgery.kind == "generated/picture":
            assert (forgery.mask == 1).all()
            assert (forgery.real == forgery.fake).all(axis=2).mean() < 0.5


def test_alignment_turns_every_face_upright(face: FaceImage) -> None:
    """A face turned, shrunk and shifted gives nearly the same square."""
    turn = cv2.getRotationMatrix2D((135, 135), 25, 0.9)
    turned = cv2.warpAffine(face.image, turn, (270, 270), borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)
    landmarks = (face.landmarks @ turn[:, :2].T + turn[:, 2]).astype(np.float32)
    square, other = aligned(face.image, face.landmarks)[0], aligned(turned, landmarks)[0]
    middle = np.s_[32:-32, 32:-32]
    assert np.abs(square[middle].astype(int) - other[middle]).mean() < 4
    assert np.abs(square[middle].astype(int) - other[middle][::-1]).mean() > 20


@pytest.mark.parametrize("blur", [0.7, 1.0])
@pytest.mark.parametrize("way", ["soften", "sharpen"])
def test_evening_brings_twins_to_one_sharpness(face: FaceImage, blur: float, way: str) -> None:
    """A blurred fake and its twin end up much nearer in sharpness than they were."""
    blurred = cv2.GaussianBlur(face.image, (0, 0), blur).astype(np.uint8)
    soft = softener(np.random.default_rng(0))
    box = np.concatenate([face.landmarks.min(axis=0), face.landmarks.max(axis=0)])
    before = face_sharpness(blurred, box) / face_sharpness(face.image, box)
    real, fake = even(
        lambda strength: (
            (soft(face.image, strength), blurred) if way == "soften" else (face.image, sharpen(blurred, strength))
        ),
        face.landmarks,
        np.random.default_rng(0),
    )
    after = face_sharpness(fake, box) / face_sharpness(real, box)
    assert before < 0.75
    assert abs(np.log(after)) < 0.5 * abs(np.log(before))


@pytest.fixture(scope="module")
def trained(face: FaceImage) -> dict[str, keras.Model]:
    """All nets after two steps of training."""
    squares = np.stack([aligned(face.image, face.landmarks)[0]] * 2)
    nets = train_swap(squares, steps=2)
    for stride in UP_SAMPLINGS:
        nets |= train_pictures([face.image], stride, steps=2)
    return nets


def test_files_compute_what_keras_computes(trained: dict[str, keras.Model], tmp_path: Path) -> None:
    """Every net's file gives the output of Keras to a thousandth of the output's range."""
    rng = np.random.default_rng(2)
    for name, net in trained.items():
        path = tmp_path / f"{name}.tflite"
        path.write_bytes(to_tflite(net))
        high = 255 if net.input_shape[-1] == 3 else 1
        sample = rng.uniform(0, high, (1, *net.input_shape[1:])).astype(np.float32)
        expected = keras.ops.convert_to_numpy(net(sample, training=False))
        (output,) = Model(path)(sample)
        assert np.abs(output - expected).max() < 1e-3 * np.ptp(expected), name


def test_packaged_nets_are_those_that_training_writes(trained: dict[str, keras.Model]) -> None:
    """A packaged file takes what its net takes, and all together they stay below a mebibyte."""
    folder = Path(sys.modules["unmask_training.synthesis.autoencoder_nets"].__file__ or "").with_name("autoencoders")
    files = {path.stem: path for path in folder.glob("*.tflite")}
    assert set(files) == set(trained)
    assert all(Model(path).input_shape[1:] == trained[name].input_shape[1:] for name, path in files.items())
    assert sum(path.stat().st_size for path in files.values()) < 1 << 20


def test_forging_needs_no_keras() -> None:
    """Pictures are forged without Keras or TensorFlow."""
    program = (
        "import sys, numpy as np\n"
        "from unmask_training.synthesis.generated import generated\n"
        "from unmask_training.synthesis.forgery import FaceImage\n"
        "rng = np.random.default_rng(1)\n"
        "face = FaceImage(np.full((200, 200, 3), 90, np.uint8), rng.uniform(50, 150, (468, 2)).astype(np.float32))\n"
        "generated(face, rng)\n"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)\n"
    )
    completed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stderr


def test_the_command_trains_and_keeps_what_is_done(data_folder: Path, tmp_path: Path) -> None:
    """A run writes all files; the same command again leaves them, and makes anew only those that are missing."""
    arguments = ["--data", str(data_folder), "--out", str(tmp_path), "--swap-steps", "2", "--picture-steps", "2"]
    first = CliRunner().invoke(autoencoders, arguments)
    assert first.exit_code == 0, first.output
    files = sorted(tmp_path.glob("*.tflite"))
    assert len(files) == 2 + sum(1 + len(kinds) for kinds in UP_SAMPLINGS.values())
    kept, missing = tmp_path / "swap_decoder.tflite", tmp_path / "nearest8.tflite"
    before = kept.stat().st_mtime_ns
    missing.unlink()
    again = CliRunner().invoke(autoencoders, arguments)
    assert again.exit_code == 0, again.output
    assert kept.stat().st_mtime_ns == before
    assert missing.exists()
