"""DF40 (Yan et al., NeurIPS 2024).

    DF40/METHOD/{ff,cdf}/**/*.png                                             fakes from FaceForensics++ and Celeb-DF
    DF40/METHOD/{fake,real}/**/*.png                                          methods that have reals of their own
    DF40_train/METHOD/**/*.png                                                fakes from FaceForensics++

The first two are for testing. All other reals are those of FaceForensics++ and Celeb-DF and no part of this set.
"""

from pathlib import Path

from unmask_training.data.layout import found, require
from unmask_training.data.record import Count, DataSet, Record, Split

SPLITS: dict[str, Split] = {"DF40": "test", "DF40_train": "train"}


def read(folder: Path) -> list[Record]:
    """Every image and video of a copy.

    Raises:
        UnmaskError: if there is neither of its two folders.
    """
    require(folder, *SPLITS)
    return [_record(path) for part in SPLITS for path in found(folder, f"{part}/*/*/**/*")]


def _record(path: str) -> Record:
    part, method, kind, *_ = path.split("/")
    # Only here: below `cdf` there are folders called Celeb-real, of fakes made from those.
    if kind == "real":
        return Record(path, "real", SPLITS[part])
    return Record(path, "fake", SPLITS[part], method)


DF40 = DataSet(
    key="df40",
    name="DF40",
    year=2024,
    methods=("10 that swap", "13 that reenact", "12 that make whole faces", "5 that edit"),
    size="93 GB for training and as much for testing",
    licence="CC BY-NC 4.0",
    access="by a form; github.com/YZY-stack/DF40",
    paper="Yan et al., NeurIPS 2024",
    official={"train": Count(None, None), "test": Count(None, None)},
    trap="Its code picks models on the test set. A folder called Celeb-real below cdf holds fakes.",
    read=read,
)
