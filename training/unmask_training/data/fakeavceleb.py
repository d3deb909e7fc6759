"""FakeAVCeleb v1.2 (Khalid et al., NeurIPS 2021).

    meta_data.csv                                                             columns source,method,type,path and more
    TYPE/African/men/id00076/00109.mp4                                        race, gender, person filmed, clip
    TYPE/African/men/id00076/00109_10_id00476_wavtolip.mp4                    made from that clip

TYPE is RealVideo-RealAudio and so on. There is no split.
"""

from pathlib import Path

from unmask_training.data.layout import one_of, require, rows
from unmask_training.data.record import Count, DataSet, Label, Record

# Of what is seen: a forged voice leaves the picture as it was.
LABELS: dict[str, Label] = {
    "RealVideo-RealAudio": "real",
    "RealVideo-FakeAudio": "real",
    "FakeVideo-RealAudio": "fake",
    "FakeVideo-FakeAudio": "fake",
}
# The header ends in a comma, so that its last name stands over the file and the folder has none.
FILE, FOLDER = "path", ""


def read(folder: Path) -> list[Record]:
    """Every video that the list names.

    Raises:
        UnmaskError: if there is no list, it lacks a column, or a row is short or of an unknown type.
    """
    file = require(folder, "meta_data.csv")
    listed = rows(file, "source", "method", "type", FILE, FOLDER)
    return [_record(row, f"in line {number} of {file}") for number, row in listed]


def _record(row: dict[str, str], where: str) -> Record:
    label = one_of(LABELS, row["type"], where)
    path = f"{row[FOLDER].removeprefix('FakeAVCeleb/')}/{row[FILE]}"
    clip = Path(row[FILE]).stem.split("_")[0]
    return Record(
        path,
        label,
        method=row["method"] if label == "fake" else None,
        identity=row["source"],
        source_video=f"{row['source']}/{clip}",
    )


FAKE_AV_CELEB = DataSet(
    key="fakeavceleb",
    name="FakeAVCeleb",
    year=2021,
    methods=("faceswap", "fsgan", "wav2lip", "faceswap-wav2lip", "fsgan-wav2lip"),
    size="21,544 clips of 500 people",
    licence="own terms, in its form",
    access="by a form; github.com/DASH-Lab/FakeAVCeleb",
    paper="Khalid et al., NeurIPS Datasets and Benchmarks 2021",
    official={None: Count(1000, 20_544)},
    trap="In its list the column called path holds the file, and one without a name the folder. Half of the reals have "
    "a forged voice. It has no split: divide by person.",
    read=read,
)
