"""FFIW's layout, where the source is the real."""

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data.ffiw import FFIW
from unmask_training.data.record import Record

NAME = "train/train_00000000"


def test_a_fake_bears_its_originals_name_and_masks_are_left_out(tree: Tree) -> None:
    """Source holds the reals, target the fakes."""
    assert FFIW.read(tree(f"source/{NAME}.mp4", f"target/{NAME}.mp4", f"target_mask/{NAME}_mask.mp4")) == [
        Record(f"source/{NAME}.mp4", "real", "train", source_video="train_00000000"),
        Record(f"target/{NAME}.mp4", "fake", "train", source_video="train_00000000"),
    ]


def test_half_a_copy_is_refused(tree: Tree) -> None:
    """Both folders belong to it."""
    with pytest.raises(UnmaskError, match="source"):
        FFIW.read(tree(f"target/{NAME}.mp4"))
