"""DeepFakeDetection, or DFD (Google, 2019), which comes in FaceForensics++'s tree.

    original_sequences/actors/COMPRESSION/videos/01__exit_phone_room.mp4      actor filmed, scene
    manipulated_sequences/DeepFakeDetection/COMPRESSION/videos/01_02__exit_phone_room__YVGY8LOK.mp4
                                                                              actor filmed, face put on, scene, number

There is no split.
"""

from pathlib import Path

from unmask_training.data.faceforensics import compression
from unmask_training.data.layout import found, require
from unmask_training.data.record import Count, DataSet, Record

REALS = "original_sequences/actors"
FAKES = "manipulated_sequences/DeepFakeDetection"


def read(folder: Path) -> list[Record]:
    """Every video of a copy.

    Raises:
        UnmaskError: if there are neither originals nor fakes.
    """
    require(folder, REALS, FAKES)
    return [_record(path) for kind in (REALS, FAKES) for path in found(folder, f"{kind}/*/videos/*")]


def _record(path: str) -> Record:
    _, kind, version, _, file = path.split("/")
    actors, _, rest = Path(file).stem.partition("__")
    filmed, scene = actors.split("_")[0], rest.split("__")[0]
    source = f"{filmed}__{scene}"
    if kind == "actors":
        return Record(path, "real", None, None, compression(version), filmed, source)
    return Record(path, "fake", None, None, compression(version), filmed, source)


DFD = DataSet(
    key="dfd",
    name="DeepFakeDetection",
    year=2019,
    methods=("swaps between actors, by methods that are not told",),
    size="3,431 clips of 28 actors in 16 scenes, in c0, c23 and c40",
    licence="research only",
    access="by the form of FaceForensics++; github.com/ondyari/FaceForensics",
    paper="Dufour and Gully, ai.googleblog.com, September 2019",
    official={None: Count(363, 3068)},
    trap="Several faces in a frame, one of them forged. The same few scenes are in reals and fakes.",
    read=read,
)
