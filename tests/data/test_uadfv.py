"""UADFV's layout."""

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data.record import Record
from unmask_training.data.uadfv import UADFV


def test_a_fake_bears_the_name_of_its_original(tree: Tree) -> None:
    """So the two share their source."""
    assert UADFV.read(tree("real/0001.mp4", "fake/0001_fake.mp4")) == [
        Record("real/0001.mp4", "real", source_video="0001"),
        Record("fake/0001_fake.mp4", "fake", method="FakeApp", source_video="0001"),
    ]


def test_half_a_copy_is_refused(tree: Tree) -> None:
    """Both folders belong to it."""
    with pytest.raises(UnmaskError, match="fake"):
        UADFV.read(tree("real/0001.mp4"))
