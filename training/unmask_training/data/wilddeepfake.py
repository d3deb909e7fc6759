"""WildDeepfake (Zi et al., ACM MM 2020).

    {real,fake}_{train,test}/1.tar.gz                                         as downloaded
    {real,fake}_{train,test}/1/fake/131/942.png                               unpacked: archive, label, sequence, frame

Faces come cut out. Frames of a sequence bear the name of its folder as their source.
"""

from pathlib import Path

from unmask_edge.errors import UnmaskError
from unmask_training.data.layout import found, require
from unmask_training.data.record import Count, DataSet, Label, Record, Split

FOLDERS: dict[str, tuple[Label, Split]] = {
    "real_train": ("real", "train"),
    "fake_train": ("fake", "train"),
    "real_test": ("real", "test"),
    "fake_test": ("fake", "test"),
}


def read(folder: Path) -> list[Record]:
    """Every face of a copy.

    Raises:
        UnmaskError: if there is none of the folders, or one holds archives alone.
    """
    require(folder, *FOLDERS)
    return [record for name in FOLDERS for record in _faces(folder, name)]


def _faces(folder: Path, name: str) -> list[Record]:
    paths = found(folder, f"{name}/**/*.png")
    archives = list((folder / name).glob("*.tar.gz"))
    if archives and not paths:
        raise UnmaskError(
            f"Expected faces as PNG in {folder / name}; unpack its archives there with `tar xf`. "
            f"Received: {len(archives)} archives."
        )
    label, split = FOLDERS[name]
    return [Record(path, label, split, source_video=path.rpartition("/")[0]) for path in paths]


WILD_DEEPFAKE = DataSet(
    key="wilddeepfake",
    name="WildDeepfake",
    year=2020,
    methods=("unknown, as found on the web",),
    size="7,314 face sequences from 707 clips, 224 px, 13 GB",
    licence="Apache-2.0, as its page says",
    access="by a form; github.com/OpenTAI/wild-deepfake, or huggingface.co/datasets/xingjunm/WildDeepfake",
    paper="Zi et al., ACM MM 2020",
    official={"train": Count(None, None), "test": Count(None, None)},
    trap="There is no validation split. The archives are plain tar, whatever their suffix says.",
    read=read,
)
