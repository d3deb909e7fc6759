"""Celeb-DF v1, v2 (Li et al., CVPR 2020) and ++ (Li et al., 2025).

    Celeb-real/id0_0000.mp4
    YouTube-real/00000.mp4
    Celeb-synthesis/id0_id1_0000.mp4                                          person filmed, face put on, number
    Celeb-synthesis/{FaceSwap,FaceReenact,TalkingFace}/METHOD/*.mp4           ++ alone
    List_of_testing_videos.txt                                                lines `LABEL PATH`

Videos outside the list are for training.
"""

from functools import partial
from pathlib import Path

from unmask_edge.errors import UnmaskError
from unmask_training.data.layout import found, lines, require
from unmask_training.data.record import Count, DataSet, Label, Record, Split

FOLDERS = ("Celeb-real", "YouTube-real", "Celeb-synthesis")
TEST_LIST = "List_of_testing_videos.txt"
# The list's own numbers are the other way round than nearly everybody's.
LABELS: dict[str, Label] = {"1": "real", "0": "fake"}
FORM = "by a form, for research; github.com/yuezunli/celeb-deepfakeforensics"
TRAP = "In the list of test videos 1 means real and 0 fake. Its first line is a video, no header."


def read(folder: Path, *, method: str | None) -> list[Record]:
    """Every video of a copy, and those of the list that it lacks.

    Args:
        folder: of the set.
        method: of all its fakes; None where folders name it.

    Raises:
        UnmaskError: if there is no list of test videos, or a line's label contradicts its folder.
    """
    test = _test_videos(require(folder, TEST_LIST))
    here = {path for name in FOLDERS for path in found(folder, f"{name}/**/*")}
    return [_record(path, "test" if path in test else "train", method) for path in sorted(here | test)]


def _test_videos(file: Path) -> set[str]:
    test = set()
    for number, line in lines(file):
        label, _, path = line.partition(" ")
        if LABELS.get(label) != _label(path):
            raise UnmaskError(
                f"Expected 1 before a video of a real folder and 0 before one of Celeb-synthesis in line {number} of "
                f"{file}. Received: {line}."
            )
        test.add(path)
    return test


def _label(path: str) -> Label:
    return "fake" if path.startswith("Celeb-synthesis/") else "real"


def _record(path: str, split: Split, method: str | None) -> Record:
    *folders, file = path.split("/")
    people = Path(file).stem.split("_")
    filmed = people[0] if folders[0] != "YouTube-real" else None
    if folders[0] != "Celeb-synthesis":
        return Record(path, "real", split, identity=filmed, source_video=Path(file).stem)
    source = f"{people[0]}_{people[-1]}" if len(people) > 2 else None  # two people, a number
    return Record(path, "fake", split, method or folders[-1], identity=filmed, source_video=source)


V1 = DataSet(
    key="celeb-df-v1",
    name="Celeb-DF v1",
    year=2019,
    methods=("autoencoder swap",),
    size="1,203 clips",
    licence="research only",
    access=FORM,
    paper="Li et al., arXiv 1909.12962v1",
    official={"train": Count(370, 733), "test": Count(38, 62)},
    trap=TRAP,
    read=partial(read, method="autoencoder swap"),
)
V2 = DataSet(
    key="celeb-df-v2",
    name="Celeb-DF v2",
    year=2020,
    methods=("autoencoder swap",),
    size="6,529 clips",
    licence="research only",
    access=FORM,
    paper="Li et al., CVPR 2020",
    official={"train": Count(712, 5299), "test": Count(178, 340)},
    trap=TRAP,
    read=partial(read, method="autoencoder swap"),
)
PLUS = DataSet(
    key="celeb-df++",
    name="Celeb-DF++",
    year=2025,
    methods=("22 methods of swapping, reenacting and talking faces",),
    size="test set of 5,418 clips",
    licence="non-commercial",
    access="by a form; github.com/OUC-VAS/Celeb-DF-PP",
    paper="Li et al., arXiv 2507.18015",
    official={"test": Count(178, 5240)},
    trap=TRAP,
    read=partial(read, method=None),
)
