"""DeepFakeDetection in FaceForensics++'s tree."""

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data.dfd import DFD
from unmask_training.data.record import Record

REAL = "original_sequences/actors/raw/videos/01__exit_phone_room.mp4"
FAKE = "manipulated_sequences/DeepFakeDetection/c23/videos/01_02__exit_phone_room__YVGY8LOK.mp4"


def test_actor_and_scene_are_shared(tree: Tree) -> None:
    """A fake has the actor filmed first, and FaceForensics++'s own videos are left to it."""
    others = ("original_sequences/youtube/c23/videos/000.mp4", "manipulated_sequences/Deepfakes/c23/videos/000_003.mp4")
    assert DFD.read(tree(REAL, FAKE, *others)) == [
        Record(REAL, "real", None, None, "c0", "01", "01__exit_phone_room"),
        Record(FAKE, "fake", None, None, "c23", "01", "01__exit_phone_room"),
    ]


def test_faceforensics_alone_is_refused(tree: Tree) -> None:
    """It has the same tree, without this set's folders."""
    with pytest.raises(UnmaskError, match="actors or manipulated_sequences/DeepFakeDetection"):
        DFD.read(tree("original_sequences/youtube/c23/videos/000.mp4"))
