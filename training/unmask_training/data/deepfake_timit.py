"""DeepfakeTIMIT (Korshunov and Marcel, 2018).

    higher_quality/fadg0/sa1-video-fram1.avi                                  person filmed, sentence, face put on
    lower_quality/fadg0/sa1-video-fram1.avi
    VidTIMIT/fadg0/video/sa1/001                                              a frame: JPEG, without a suffix

The reals are a set of their own, VidTIMIT; its layout is from memory. There is no split.
"""

from pathlib import Path

from unmask_training.data.layout import found, relative, require
from unmask_training.data.record import Count, DataSet, Record

VERSIONS = {"higher_quality": "hq", "lower_quality": "lq"}
METHOD = "GAN-based swap"


def read(folder: Path) -> list[Record]:
    """Every fake of a copy, and every frame of VidTIMIT if it lies beside them.

    Raises:
        UnmaskError: if there is a folder of neither quality.
    """
    require(folder, *VERSIONS)
    fakes = [_fake(path) for quality in VERSIONS for path in found(folder, f"{quality}/*/*")]
    # By no suffix, as the frames have none.
    reals = [_real(relative(path, folder)) for path in sorted(folder.glob("VidTIMIT/*/video/*/*"))]
    return fakes + reals


def _fake(path: str) -> Record:
    quality, filmed, file = path.split("/")
    sentence = file.partition("-video-")[0]
    return Record(path, "fake", None, METHOD, VERSIONS[quality], filmed, f"{filmed}/{sentence}")


def _real(path: str) -> Record:
    _, filmed, _, sentence, _ = path.split("/")
    return Record(path, "real", identity=filmed, source_video=f"{filmed}/{sentence}")


DEEPFAKE_TIMIT = DataSet(
    key="deepfake-timit",
    name="DeepfakeTIMIT",
    year=2018,
    methods=("GAN-based swap at 64 px and at 128 px",),
    size="320 clips of 32 people in each of two qualities",
    licence="own terms",
    access="idiap.ch/dataset/deepfaketimit; the reals at conradsanderson.id.au/vidtimit",
    paper="Korshunov and Marcel, arXiv 1812.08685",
    official={None: Count(None, 320)},
    trap="It holds no reals: those are VidTIMIT's, pictures of another coder, which gives the label away.",
    read=read,
)
