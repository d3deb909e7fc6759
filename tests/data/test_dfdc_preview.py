"""The layout of the preview of the Deepfake Detection Challenge."""

import json

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data.dfdc_preview import PREVIEW
from unmask_training.data.record import Record

REAL = "original_videos/1260311/1260311_C_001.mp4"
FAKE = "method_B/1260311/1260311_C/1255229_1260311_C_001.mp4"
ENTRIES = {REAL: {"label": "real", "set": "test"}, FAKE: {"label": "fake", "set": "train"}}


def test_what_a_copy_lacks_is_recorded(tree: Tree) -> None:
    """Copies that circulate are incomplete; a fake shares person and recording with its original."""
    assert PREVIEW.read(tree(REAL, **{"dataset.json": json.dumps(ENTRIES)})) == [
        Record(FAKE, "fake", "train", "method_B", None, "1260311", "1260311_C"),
        Record(REAL, "real", "test", None, None, "1260311", "1260311_C"),
    ]


@pytest.mark.parametrize(
    ("entry", "named"),
    [({"label": "REAL", "set": "test"}, "real or fake"), ({"label": "real", "set": "val"}, "train or test")],
)
def test_unknown_words_are_refused(tree: Tree, entry: dict[str, str], named: str) -> None:
    """The video and the list are named."""
    with pytest.raises(UnmaskError, match=f"{named} for {REAL} in .*dataset.json"):
        PREVIEW.read(tree(**{"dataset.json": json.dumps({REAL: entry})}))


def test_a_copy_without_the_list_is_refused(tree: Tree) -> None:
    """It alone tells the split."""
    with pytest.raises(UnmaskError, match=r"dataset\.json"):
        PREVIEW.read(tree(REAL))
