"""AV-Deepfake1M (Cai et al., ACM MM 2024).

    {train,val}_metadata.json                                                 [{"file": FILE, "modify_type": TYPE, ...}]
    {train,val}/id00012/21Uxsk56VDQ/00001/real.mp4                            person, video, utterance
    {train,val}/id00012/21Uxsk56VDQ/00001/fake_video_real_audio.mp4           made from it

The test split comes without labels.
"""

from pathlib import Path
from typing import Any

from unmask_training.data.layout import entries, one_of, require
from unmask_training.data.record import Count, DataSet, Label, Record, Split

SPLITS: tuple[Split, ...] = ("train", "val")
# Of what is seen: a forged voice leaves the picture as it was.
LABELS: dict[str, Label] = {
    "real": "real",
    "audio_modified": "real",
    "visual_modified": "fake",
    "both_modified": "fake",
}
METHOD = "TalkLip"


def read(folder: Path) -> list[Record]:
    """Every video that the lists of a copy name.

    Raises:
        UnmaskError: if there is no list, or an entry lacks its file or type or has an unknown one.
    """
    lists = {split: f"{split}_metadata.json" for split in SPLITS}
    require(folder, *lists.values())
    return [
        _record(entry, split, f"for {name} in {folder / file}")
        for split, file in lists.items()
        if (folder / file).exists()
        for name, entry in entries(folder / file, "file", "modify_type").items()
    ]


def _record(entry: dict[str, Any], split: Split, where: str) -> Record:
    label = one_of(LABELS, entry["modify_type"], where)
    utterance = str(entry["file"]).rpartition("/")[0]
    return Record(
        f"{split}/{entry['file']}",
        label,
        split,
        METHOD if label == "fake" else None,
        identity=utterance.partition("/")[0],
        source_video=utterance,
    )


AV_DEEPFAKE1M = DataSet(
    key="av-deepfake1m",
    name="AV-Deepfake1M",
    year=2024,
    methods=(METHOD,),
    size="more than a million clips of 2,000 people",
    licence="CC BY-NC 4.0, and a licence agreement to sign",
    access="by the signed agreement; github.com/ControlNet/AV-Deepfake1M",
    paper="Cai et al., ACM MM 2024",
    official={"train": Count(None, None), "val": Count(None, None)},
    trap="In a fake only segments are forged, so that most of its frames are genuine. A clip with a forged voice alone "
    "is real to the eye.",
    read=read,
)
