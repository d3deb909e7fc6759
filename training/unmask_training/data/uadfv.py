"""UADFV (Li et al., WIFS 2018; Yang et al., ICASSP 2019).

    real/0000.mp4
    fake/0000_fake.mp4                                                        made from it

There is no split.
"""

from pathlib import Path

from unmask_training.data.layout import found, require
from unmask_training.data.record import Count, DataSet, Record

METHOD = "FakeApp"


def read(folder: Path) -> list[Record]:
    """Every video of a copy.

    Raises:
        UnmaskError: if one of the two folders is missing.
    """
    require(folder, "real")
    require(folder, "fake")
    reals = [Record(path, "real", source_video=Path(path).stem) for path in found(folder, "real/*")]
    fakes = [
        Record(path, "fake", method=METHOD, source_video=Path(path).stem.removesuffix("_fake"))
        for path in found(folder, "fake/*")
    ]
    return reals + fakes


UADFV = DataSet(
    key="uadfv",
    name="UADFV",
    year=2018,
    methods=(METHOD,),
    size="98 clips",
    licence="own terms, in its form",
    access="by a form of its authors, at the University at Albany",
    paper="Li et al., WIFS 2018; Yang et al., ICASSP 2019",
    official={None: Count(49, 49)},
    trap="It is tiny: the interval of an AUC on it is .05 to .11 to either side.",
    read=read,
)
