"""FakeAVCeleb's list, whose header is shifted by a column."""

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data.fakeavceleb import FAKE_AV_CELEB
from unmask_training.data.record import Record

HEADER = "source,target1,target2,method,category,type,race,gender,path,\n"
PERSON = "African/men/id00076"
FAKE = "00109_10_id00476_wavtolip.mp4"


def _row(method: str, kind: str, file: str) -> str:
    return f"id00076,-,-,{method},A,{kind},African,men,{file},FakeAVCeleb/{kind}/{PERSON}\n"


def test_the_column_without_a_name_is_the_folder(tree: Tree) -> None:
    """The first row counts, a fake shares person and clip with its original, and missing files are recorded."""
    rows = _row("real", "RealVideo-RealAudio", "00109.mp4") + _row("wav2lip", "FakeVideo-FakeAudio", FAKE)
    assert FAKE_AV_CELEB.read(tree(**{"meta_data.csv": HEADER + rows})) == [
        Record(f"RealVideo-RealAudio/{PERSON}/00109.mp4", "real", identity="id00076", source_video="id00076/00109"),
        Record(f"FakeVideo-FakeAudio/{PERSON}/{FAKE}", "fake", None, "wav2lip", None, "id00076", "id00076/00109"),
    ]


def test_a_forged_voice_alone_is_real(tree: Tree) -> None:
    """The label is of what is seen, and the voice's method is none of the picture's."""
    row = _row("rtvc", "RealVideo-FakeAudio", "00109_fake.mp4")
    (record,) = FAKE_AV_CELEB.read(tree(**{"meta_data.csv": HEADER + row}))
    assert (record.label, record.method, record.source_video) == ("real", None, "id00076/00109")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (HEADER + _row("real", "RealVideo", "00109.mp4"), "RealVideo-RealAudio or .* in line 2 of .*meta_data.csv"),
        (HEADER + "id00076,-,-,real\n", "line 2 of .*meta_data.csv"),
        (HEADER.replace("path,", "path"), "columns"),
    ],
)
def test_lists_that_cannot_be_read_are_refused(tree: Tree, text: str, named: str) -> None:
    """Unknown types, short rows and a header without the comma are named."""
    with pytest.raises(UnmaskError, match=named):
        FAKE_AV_CELEB.read(tree(**{"meta_data.csv": text}))
