"""Celeb-DF's layout and its traps."""

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data import celeb_df
from unmask_training.data.record import Record

LIST = {
    celeb_df.TEST_LIST: "1 YouTube-real/00170.mp4\n0 Celeb-synthesis/id1_id0_0007.mp4\n1 Celeb-real/id1_0007.mp4\n",
}


def test_one_means_real_and_the_first_line_counts(tree: Tree) -> None:
    """Listed videos are for testing, the first line's too; all others for training."""
    folder = tree("YouTube-real/00170.mp4", "Celeb-synthesis/id0_id1_0001.mp4", **LIST)
    records = {record.path: record for record in celeb_df.V2.read(folder)}
    assert records["YouTube-real/00170.mp4"] == Record("YouTube-real/00170.mp4", "real", "test", source_video="00170")
    assert records["Celeb-synthesis/id0_id1_0001.mp4"] == Record(
        "Celeb-synthesis/id0_id1_0001.mp4", "fake", "train", "autoencoder swap", identity="id0", source_video="id0_0001"
    )


def test_a_fake_and_its_original_share_their_source(tree: Tree) -> None:
    """What a fake was made from is told by its name, also where the original is missing from the copy."""
    records = {record.path: record for record in celeb_df.V2.read(tree(**LIST))}
    fake, original = records["Celeb-synthesis/id1_id0_0007.mp4"], records["Celeb-real/id1_0007.mp4"]
    assert fake.source_video == original.source_video == "id1_0007"
    assert fake.identity == original.identity == "id1"


def test_plus_names_its_methods_by_folder(tree: Tree) -> None:
    """In Celeb-DF++ the folder of a fake is its method."""
    path = "Celeb-synthesis/TalkingFace/SadTalker/id0_id1_0001.mp4"
    records = {record.path: record for record in celeb_df.PLUS.read(tree(path, **LIST))}
    assert records[path].method == "SadTalker"


@pytest.mark.parametrize("line", ["0 Celeb-real/id1_0007.mp4", "1 Celeb-synthesis/id1_id0_0007.mp4", "00170.mp4"])
def test_labels_that_contradict_the_folders_are_refused(tree: Tree, line: str) -> None:
    """A list with its numbers turned round is found out, and the line named."""
    with pytest.raises(UnmaskError, match="line 2"):
        celeb_df.V2.read(tree(**{celeb_df.TEST_LIST: f"1 YouTube-real/00170.mp4\n{line}\n"}))


def test_a_copy_without_the_list_is_refused(tree: Tree) -> None:
    """Without it nobody knows which videos are for testing."""
    with pytest.raises(UnmaskError, match=celeb_df.TEST_LIST):
        celeb_df.V2.read(tree("Celeb-real/id1_0007.mp4"))
