"""WildDeepfake's layout, packed and unpacked."""

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data.record import Record
from unmask_training.data.wilddeepfake import WILD_DEEPFAKE


def test_the_outer_folder_tells_label_and_split(tree: Tree) -> None:
    """Frames of a sequence share their source; archives that were unpacked may stay."""
    fake, real = "fake_train/1/fake/131/942.png", "real_test/6/real/54/0.png"
    assert WILD_DEEPFAKE.read(tree(fake, real, "fake_train/1.tar.gz")) == [
        Record(fake, "fake", "train", source_video="fake_train/1/fake/131"),
        Record(real, "real", "test", source_video="real_test/6/real/54"),
    ]


def test_archives_alone_are_refused(tree: Tree) -> None:
    """The error says how to unpack them."""
    with pytest.raises(UnmaskError, match=r"real_train; unpack .* `tar xf`\. Received: 2 archives"):
        WILD_DEEPFAKE.read(tree("fake_train/1/fake/131/942.png", "real_train/6.tar.gz", "real_train/7.tar.gz"))


def test_another_folder_is_refused(tree: Tree) -> None:
    """One of the four folders has to be there."""
    with pytest.raises(UnmaskError, match="real_train or"):
        WILD_DEEPFAKE.read(tree("real/0.png"))
