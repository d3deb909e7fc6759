"""Plain folders of pictures and clips."""

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data.folder import FOLDER
from unmask_training.data.record import Record


def test_letter_case_and_depth_do_not_matter(tree: Tree) -> None:
    """Files below neither label are left out, and so is what is no picture or clip."""
    files = (
        "Dataset/Test/Fake/a.JPG",
        "Dataset/Validation/Real/b.png",
        "real/clips/c.mp4",
        "readme/d.png",
        "fake/e.txt",
    )
    assert FOLDER.read(tree(*files)) == [
        Record("Dataset/Test/Fake/a.JPG", "fake", "test"),
        Record("Dataset/Validation/Real/b.png", "real", "val"),
        Record("real/clips/c.mp4", "real"),
    ]


def test_a_manifest_counts_instead_of_folders(tree: Tree) -> None:
    """A pair is the source; empty cells tell nothing; missing files are recorded."""
    text = (
        "file,label,pair,identity,method,split,compression\n"
        "real/a.mp4,fake,p1,ann,swap,test,c23\n"
        "clip two.mp4,real,p1,,,,\n"
    )
    assert FOLDER.read(tree("real/a.mp4", "fake/b.mp4", **{"manifest.csv": text})) == [
        Record("real/a.mp4", "fake", "test", "swap", "c23", "ann", "p1"),
        Record("clip two.mp4", "real", source_video="p1"),
    ]


def test_two_columns_are_enough(tree: Tree) -> None:
    """The others may be missing."""
    assert FOLDER.read(tree(**{"manifest.csv": "file,label\na.mp4,real\n"})) == [Record("a.mp4", "real")]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("file\na.mp4\n", "columns file, label in .*manifest.csv"),
        ("file,label\na.mp4,1\n", "real or fake in line 2 of .*manifest.csv"),
        ("file,label,split\na.mp4,real,dev\n", "train or .* in line 2 of .*manifest.csv"),
        ("file,label\n", "manifest.csv"),
    ],
)
def test_manifests_that_cannot_be_read_are_refused(tree: Tree, text: str, named: str) -> None:
    """Missing columns, unknown labels and splits, and an empty one."""
    with pytest.raises(UnmaskError, match=named):
        FOLDER.read(tree(**{"manifest.csv": text}))


def test_a_folder_without_labels_is_refused(tree: Tree) -> None:
    """Nobody knows what is what."""
    with pytest.raises(UnmaskError, match="real and fake"):
        FOLDER.read(tree("a.mp4"))
