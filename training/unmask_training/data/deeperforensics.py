"""DeeperForensics-1.0 (Jiang et al., CVPR 2020).

    lists/splits/{train,val,test}.txt                                         lines such as `000_M101.mp4`
    manipulated_videos/VARIANT/000_M101.mp4                                   video filmed, actor of the face put on
    source_videos/...                                                         actors, of whom faces were taken

The videos filmed are those of FaceForensics++ and no part of this set. The variants, end_to_end and ten more, hold the
same swaps, distorted or put together in other ways.
"""

import re
from pathlib import Path

from unmask_edge.errors import UnmaskError
from unmask_training.data.layout import lines, media, require
from unmask_training.data.record import SPLITS, Count, DataSet, Record

METHOD = "DF-VAE"


def read(folder: Path) -> list[Record]:
    """Fakes in each variant that a copy holds some of, and those of the lists that it lacks.

    Raises:
        UnmaskError: if a list or the folder of fakes is missing, or a line of a list names no fake.
    """
    splits = {name: split for split in SPLITS for name in _names(require(folder, f"lists/splits/{split}.txt"))}
    variants = sorted(path for path in require(folder, "manipulated_videos").iterdir() if path.is_dir())
    return [
        Record(
            f"manipulated_videos/{variant.name}/{name}",
            "fake",
            splits.get(name),
            METHOD,
            compression=variant.name,
            source_video=name.split("_")[0],
        )
        for variant in variants
        for name in sorted({path.name for path in media(variant, "*")} | set(splits))
    ]


def _names(file: Path) -> list[str]:
    names = list(lines(file))
    for number, name in names:
        if not re.fullmatch(r"\d{3}_[MW]\d{3}\.mp4", name):
            raise UnmaskError(f"Expected a name such as 000_M101.mp4 in line {number} of {file}. Received: {name}.")
    return [name for _, name in names]


DEEPER_FORENSICS = DataSet(
    key="deeperforensics",
    name="DeeperForensics-1.0",
    year=2020,
    methods=(METHOD,),
    size="1,000 fakes in each of 11 variants (119 GB), and 48,475 clips of 100 actors (164 GB)",
    licence="own terms",
    access="by a form; github.com/EndlessSora/DeeperForensics-1.0",
    paper="Jiang et al., CVPR 2020",
    official={"train": Count(None, 703), "val": Count(None, 96), "test": Count(None, 201)},
    trap="Its source videos are not the reals of its fakes: those are FaceForensics++'s originals in c23.",
    read=read,
)
