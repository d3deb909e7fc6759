"""DF40's layout, where the place of a folder tells more than its name."""

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data.df40 import DF40
from unmask_training.data.record import Record


def test_only_a_folder_called_real_in_its_place_holds_reals(tree: Tree) -> None:
    """Below cdf there are fakes in folders named after the reals they were made from."""
    fake, train = "DF40/e4e/cdf/Celeb-real/inversions/id0_0000.png", "DF40_train/simswap/frames/000_003/000.png"
    other, real = "DF40/heygen/fake/a/1.png", "DF40/heygen/real/a/1.png"
    landmarks = "DF40_train/simswap/landmarks/000_003/000.npy"
    assert DF40.read(tree(fake, train, other, real, landmarks)) == [
        Record(fake, "fake", "test", "e4e"),
        Record(other, "fake", "test", "heygen"),
        Record(real, "real", "test"),
        Record(train, "fake", "train", "simswap"),
    ]


def test_another_folder_is_refused(tree: Tree) -> None:
    """The folder of the set is the one above."""
    with pytest.raises(UnmaskError, match="DF40 or DF40_train"):
        DF40.read(tree("simswap/ff/frames/000_003/000.png"))
