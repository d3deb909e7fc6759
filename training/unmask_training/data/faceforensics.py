"""FaceForensics++ (Rössler et al., ICCV 2019), with FaceShifter (Li et al., CVPR 2020), which was added to it later.

    original_sequences/youtube/COMPRESSION/videos/000.mp4
    manipulated_sequences/METHOD/COMPRESSION/videos/000_003.mp4               video filmed, video of the face put on
    train.json val.json test.json                                             pairs, as ["000", "003"]; or in splits/

A pair `a`, `b` puts the originals `a` and `b` and the fakes `a_b` and `b_a` into its split.
"""

from pathlib import Path
from typing import NamedTuple

from unmask_edge.errors import UnmaskError
from unmask_training.data.layout import found, json_file, relative, require
from unmask_training.data.record import SPLITS, Count, DataSet, Record, Split

METHODS = ("Deepfakes", "Face2Face", "FaceSwap", "NeuralTextures", "FaceShifter")
# Videos that the official split puts on both sides, though they were cut from one and the same.
LEAKS = (("755", "756"), ("954", "955"), ("605", "606"), ("639", "640"), ("837", "838"), ("875", "876"), ("982", "983"))


class _Pair(NamedTuple):
    first: str
    second: str
    split: Split


def read(folder: Path) -> list[Record]:
    """Videos in each kind and compression that a copy holds some of, and those of the official pairs that it lacks.

    Raises:
        UnmaskError: if a split's file is missing or holds no pairs, or there is no folder of videos.
    """
    pairs = [pair for split in SPLITS for pair in _pairs(folder, split)]
    splits = {video: pair.split for pair in pairs for video in (pair.first, pair.second)}
    fakes = [f"{a}_{b}" for pair in pairs for a, b in ((pair.first, pair.second), (pair.second, pair.first))]
    records = []
    for kind, listed in {"youtube": list(splits), **dict.fromkeys(METHODS, fakes)}.items():
        for videos in sorted(folder.glob(f"*_sequences/{kind}/*/videos")):
            place = relative(videos, folder)
            expected = [f"{place}/{stem}.mp4" for stem in listed]
            records += [_record(path, splits) for path in sorted({*found(folder, f"{place}/*"), *expected})]
    if not records:
        raise UnmaskError(f"Expected original_sequences and manipulated_sequences in {folder}. Received: neither.")
    return records


def _pairs(folder: Path, split: Split) -> list[_Pair]:
    file = require(folder, f"{split}.json", f"splits/{split}.json")
    pairs = json_file(file)
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise UnmaskError(f'Expected pairs of videos in {file}, as ["000", "003"]. Received: something else.')
    return [_Pair(str(first), str(second), split) for first, second in pairs]


def _record(path: str, splits: dict[str, Split]) -> Record:
    _, kind, version, _, file = path.split("/")
    filmed = Path(file).stem.split("_")[0]
    if kind == "youtube":
        return Record(path, "real", splits.get(filmed), None, compression(version), source_video=filmed)
    return Record(path, "fake", splits.get(filmed), kind, compression(version), source_video=filmed)


def compression(version: str) -> str:
    """What a folder of this tree is compressed at; `raw` is H.264 without loss."""
    return "c0" if version == "raw" else version


FACEFORENSICS = DataSet(
    key="ff++",
    name="FaceForensics++",
    year=2019,
    methods=METHODS,
    size="1,000 originals and 1,000 clips a method, in c0, c23 (10 GB) and c40 (2 GB)",
    licence="research only",
    access="by a form; github.com/ondyari/FaceForensics",
    paper="Rössler et al., ICCV 2019",
    official={
        "train": Count(720, 720 * len(METHODS)),
        "val": Count(140, 140 * len(METHODS)),
        "test": Count(140, 140 * len(METHODS)),
    },
    trap="Seven times the official split parts originals that were cut from one video. Its clips seek badly: read them "
    "from the start.",
    read=read,
    leaks=LEAKS,
)
