"""KoDF's lists, which name files without their folders."""

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data.kodf import KODF
from unmask_training.data.record import Record

LISTS = {
    "meta/원본영상_training_메타데이터.csv": "영상ID,UUID,인물성별\naaa_001.mp4,aaa,여성\n",
    "meta/변조영상_validation_메타데이터.csv": (
        "영상ID,타겟영상,타겟UUID,소스UUID,변조모델\nbbb_ccc_1_0490.mp4,bbb_007.mp4,bbb,ccc,dfl\n"
    ),
}


def test_files_are_found_by_name(tree: Tree) -> None:
    """The person of a fake is its target, not its source; a missing file is recorded by its name alone."""
    assert sorted(KODF.read(tree("원본1/aaa/aaa_001.mp4", "원본1/aaa/unlisted.mp4", **LISTS))) == [
        Record("bbb_ccc_1_0490.mp4", "fake", "val", "dfl", None, "bbb", "bbb_007"),
        Record("원본1/aaa/aaa_001.mp4", "real", "train", identity="aaa", source_video="aaa_001"),
    ]


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({}, "원본영상_training_메타데이터.csv"),
        ({"원본영상_training_메타데이터.csv": "영상ID,인물성별\naaa_001.mp4,여성\n"}, "columns 영상ID, UUID"),
        ({"원본영상_training_메타데이터.csv": "영상ID,UUID\naaa_001.mp4\n"}, "line 2"),
    ],
)
def test_copies_that_cannot_be_read_are_refused(tree: Tree, files: dict[str, str], named: str) -> None:
    """Missing lists and columns and short rows are named."""
    with pytest.raises(UnmaskError, match=named):
        KODF.read(tree("원본1/aaa/aaa_001.mp4", **files))
