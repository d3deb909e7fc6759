"""AV-Deepfake1M's lists."""

import json

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data.av_deepfake1m import AV_DEEPFAKE1M
from unmask_training.data.record import Record

UTTERANCE = "id00012/21Uxsk56VDQ/00001"


def _entry(name: str, kind: str) -> dict[str, object]:
    return {"file": f"{UTTERANCE}/{name}.mp4", "modify_type": kind, "fake_segments": [[0.5, 0.9]]}


def test_a_forged_voice_alone_is_real(tree: Tree) -> None:
    """Whatever segments it lists; all of an utterance share their source, and missing files are recorded."""
    listed = [
        _entry("real", "real"),
        _entry("real_video_fake_audio", "audio_modified"),
        _entry("fake_video_real_audio", "visual_modified"),
        _entry("fake_video_fake_audio", "both_modified"),
    ]
    records = AV_DEEPFAKE1M.read(tree(**{"val_metadata.json": json.dumps(listed)}))
    assert [record.label for record in records] == ["real", "real", "fake", "fake"]
    assert records[1:3] == [
        Record(f"val/{UTTERANCE}/real_video_fake_audio.mp4", "real", "val", None, None, "id00012", UTTERANCE),
        Record(f"val/{UTTERANCE}/fake_video_real_audio.mp4", "fake", "val", "TalkLip", None, "id00012", UTTERANCE),
    ]


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({}, "train_metadata.json or val_metadata.json"),
        ({"train_metadata.json": json.dumps([_entry("a", "both-modified")])}, "entry 1 in .*train_metadata.json"),
        ({"train_metadata.json": '[{"file": "a.mp4"}]'}, "modify_type of entry 1 in .*train_metadata.json"),
    ],
)
def test_copies_that_cannot_be_read_are_refused(tree: Tree, files: dict[str, str], named: str) -> None:
    """Missing lists, unknown types and entries without one are named."""
    with pytest.raises(UnmaskError, match=named):
        AV_DEEPFAKE1M.read(tree(**files))
