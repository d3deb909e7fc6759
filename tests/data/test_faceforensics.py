"""FaceForensics++'s layout and its split."""

import json

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data.faceforensics import FACEFORENSICS
from unmask_training.data.record import Record

SPLITS = {
    f"splits/{split}.json": json.dumps([pair])
    for split, pair in {"train": ["071", "054"], "val": ["720", "672"], "test": ["953", "974"]}.items()
}
FAKES = "manipulated_sequences/Deepfakes/c40/videos"


def test_pairs_split_originals_and_fakes_in_both_directions(tree: Tree) -> None:
    """Each pair stands for two originals and, in each method at hand, two fakes; missing ones are recorded."""
    records = FACEFORENSICS.read(
        tree(f"{FAKES}/054_071.mp4", "original_sequences/youtube/raw/videos/071.mp4", **SPLITS)
    )
    fakes = [record for record in records if record.label == "fake"]
    assert [record.path for record in fakes] == [
        f"{FAKES}/{name}.mp4" for name in ("054_071", "071_054", "672_720", "720_672", "953_974", "974_953")
    ]
    assert fakes[0] == Record(f"{FAKES}/054_071.mp4", "fake", "train", "Deepfakes", "c40", source_video="054")
    reals = {record.source_video: record for record in records if record.label == "real"}
    assert {video: record.split for video, record in reals.items()} == {
        "071": "train", "054": "train", "720": "val", "672": "val", "953": "test", "974": "test",
    }  # fmt: skip
    assert {record.compression for record in reals.values()} == {"c0"}


def test_videos_outside_the_pairs_have_no_split(tree: Tree) -> None:
    """They are there, and nobody may take them for one or the other."""
    records = FACEFORENSICS.read(tree("original_sequences/youtube/c23/videos/555.mp4", **SPLITS))
    assert next(record for record in records if record.source_video == "555").split is None


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({}, "train.json"),
        ({**SPLITS, "splits/val.json": '["720", "672"]'}, "pairs"),
        ({**SPLITS, "splits/val.json": "720"}, "pairs"),
        ({**SPLITS, "splits/val.json": "["}, "JSON"),
        (SPLITS, "neither"),
    ],
)
def test_copies_that_cannot_be_read_are_refused(tree: Tree, files: dict[str, str], named: str) -> None:
    """A missing or malformed list, or no video at all, is named."""
    with pytest.raises(UnmaskError, match=named):
        FACEFORENSICS.read(tree(**files))
