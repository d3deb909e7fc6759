"""ForgeryNet's lists of images and videos."""

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data.forgerynet import FORGERY_NET
from unmask_training.data.record import Record


def test_images_are_split_from_the_right(tree: Tree) -> None:
    """Paths may hold spaces; 0 is real in each class; missing files are recorded."""
    lists = {
        "Training/image_list.txt": "train_release/4/a b/frame00019.jpg 1 1 2\n",
        "Validation/image_list.txt": "val_perturb_release/19/c/frame00049.jpg 0 0 0\n",
    }
    assert FORGERY_NET.read(tree(**lists)) == [
        Record("Training/image/train_release/4/a b/frame00019.jpg", "fake", "train", "FS-GAN"),
        Record("Validation/image/val_perturb_release/19/c/frame00049.jpg", "real", "val"),
    ]


def test_videos_list_segments_between_path_and_classes(tree: Tree) -> None:
    """How many there are stands first."""
    text = "2 train_video_release/4/a b.mp4 0 30 0 30 12 1 1 2 8\n0 train_video_release/17/c.mp4 0 0 0\n"
    assert FORGERY_NET.read(tree(**{"Training/video_list.txt": text})) == [
        Record("Training/video/train_video_release/4/a b.mp4", "fake", "train", "ATVG-Net"),
        Record("Training/video/train_video_release/17/c.mp4", "real", "train"),
    ]


@pytest.mark.parametrize("line", ["a.jpg 1 1", "a.jpg 2 1 2", "a.jpg 1 1 16", "a.jpg 0 0 2", "a.jpg 1 1 0", "a.jpg"])
def test_malformed_images_are_refused(tree: Tree, line: str) -> None:
    """So are classes that contradict each other; the line is named."""
    with pytest.raises(UnmaskError, match=r"line 2 of .*image_list\.txt"):
        FORGERY_NET.read(tree(**{"Training/image_list.txt": f"a.jpg 0 0 0\n{line}\n"}))


@pytest.mark.parametrize("line", ["a.mp4 1 1 2", "2 a.mp4 0 30 1 1 1 2", "a.mp4"])
def test_malformed_videos_are_refused(tree: Tree, line: str) -> None:
    """As where segments are missing."""
    with pytest.raises(UnmaskError, match=r"line 1 of .*video_list\.txt"):
        FORGERY_NET.read(tree(**{"Validation/video_list.txt": line}))


def test_a_copy_without_lists_is_refused(tree: Tree) -> None:
    """Folders do not tell labels."""
    with pytest.raises(UnmaskError, match=r"image_list\.txt"):
        FORGERY_NET.read(tree("Training/image/train_release/1/a.jpg"))
