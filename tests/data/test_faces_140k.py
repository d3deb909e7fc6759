"""The layout of 140k Real and Fake Faces, whose numbers are the other way round."""

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data.faces_140k import FACES_140K, ROOT
from unmask_training.data.record import Record

HEADER = ",original_path,id,label,label_str,path\n"


def test_one_means_real_and_missing_pictures_are_recorded(tree: Tree) -> None:
    """Pictures outside the lists are there too."""
    text = HEADER + "0,/kaggle/31355.jpg,31355,1,real,train/real/31355.jpg\n"
    assert FACES_140K.read(tree(f"{ROOT}/valid/fake/00F8LKY6JC.jpg", **{"train.csv": text})) == [
        Record(f"{ROOT}/train/real/31355.jpg", "real", "train"),
        Record(f"{ROOT}/valid/fake/00F8LKY6JC.jpg", "fake", "val", "StyleGAN"),
    ]


@pytest.mark.parametrize(
    "row",
    [
        "1,/kaggle/2.jpg,2,0,fake,train/real/2.jpg",
        "1,/kaggle/2.jpg,2,1,real,test/real/2.jpg",
        "1,/kaggle/2.jpg,2,real,real,train/real/2.jpg",
        "1,/kaggle/2.jpg,2,1",
    ],
)
def test_lists_that_contradict_the_folders_are_refused(tree: Tree, row: str) -> None:
    """So are malformed rows; the line is named."""
    text = f"{HEADER}0,/kaggle/1.jpg,1,1,real,train/real/1.jpg\n{row}\n"
    with pytest.raises(UnmaskError, match=r"line 3 of .*train\.csv"):
        FACES_140K.read(tree(f"{ROOT}/train/real/1.jpg", **{"train.csv": text}))


def test_a_copy_without_pictures_is_refused(tree: Tree) -> None:
    """The folder is named as Kaggle packs it."""
    with pytest.raises(UnmaskError, match=ROOT):
        FACES_140K.read(tree(**{"train.csv": HEADER}))
