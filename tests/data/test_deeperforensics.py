"""DeeperForensics' layout; its source videos are not the real class."""

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data.deeperforensics import DEEPER_FORENSICS
from unmask_training.data.record import Record

LISTS = {
    f"lists/splits/{split}.txt": f"{name}\n"
    for split, name in {"train": "000_M101.mp4", "val": "001_W006.mp4", "test": "002_M004.mp4"}.items()
}
FAKES = "manipulated_videos/end_to_end_level_1"


def test_each_variant_holds_all_that_the_lists_name(tree: Tree) -> None:
    """Missing ones are recorded; sources are FaceForensics++'s, and videos of actors are left out."""
    folder = tree(f"{FAKES}/000_M101.mp4", "source_videos/M101/light_up/happy/camera_up/M101.mp4", **LISTS)
    records = DEEPER_FORENSICS.read(folder)
    assert records[0] == Record(
        f"{FAKES}/000_M101.mp4", "fake", "train", "DF-VAE", "end_to_end_level_1", source_video="000"
    )
    assert [(record.path, record.split) for record in records[1:]] == [
        (f"{FAKES}/001_W006.mp4", "val"),
        (f"{FAKES}/002_M004.mp4", "test"),
    ]


def test_a_line_that_names_no_fake_is_refused(tree: Tree) -> None:
    """The line and its list are named."""
    lists = {**LISTS, "lists/splits/val.txt": "001_W006.mp4\nend_to_end/001_W006.mp4\n"}
    with pytest.raises(UnmaskError, match=r"line 2 of .*val\.txt"):
        DEEPER_FORENSICS.read(tree(f"{FAKES}/000_M101.mp4", **lists))


@pytest.mark.parametrize("missing", [*LISTS, "manipulated_videos"])
def test_half_a_copy_is_refused(tree: Tree, missing: str) -> None:
    """Lists and fakes have to be there."""
    lists = {name: text for name, text in LISTS.items() if name != missing}
    fakes = () if missing == "manipulated_videos" else (f"{FAKES}/000_M101.mp4",)
    with pytest.raises(UnmaskError, match=missing):
        DEEPER_FORENSICS.read(tree(*fakes, **lists))
