"""DeepfakeTIMIT's layout, and reals from another set."""

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data.deepfake_timit import DEEPFAKE_TIMIT
from unmask_training.data.record import Record

FAKES = ("higher_quality/fadg0/sa1-video-fram1.avi", "lower_quality/fadg0/sa1-video-fram1.avi")


def test_qualities_are_versions_and_sound_is_left_out(tree: Tree) -> None:
    """Without VidTIMIT there are no reals."""
    assert DEEPFAKE_TIMIT.read(tree(*FAKES, "higher_quality/fadg0/sa1.wav")) == [
        Record(path, "fake", None, "GAN-based swap", version, "fadg0", "fadg0/sa1")
        for path, version in zip(FAKES, ("hq", "lq"), strict=True)
    ]


def test_reals_are_frames_of_vidtimit(tree: Tree) -> None:
    """They have no suffix, and share person and source with the fakes made from them."""
    path = "VidTIMIT/fadg0/video/sa1/001"
    records = DEEPFAKE_TIMIT.read(tree(*FAKES, path, "VidTIMIT/fadg0/audio/sa1.wav"))
    assert [record for record in records if record.label == "real"] == [
        Record(path, "real", identity="fadg0", source_video="fadg0/sa1")
    ]


def test_another_folder_is_refused(tree: Tree) -> None:
    """One of the two qualities has to be there."""
    with pytest.raises(UnmaskError, match="higher_quality or lower_quality"):
        DEEPFAKE_TIMIT.read(tree("VidTIMIT/fadg0/video/sa1/001"))
