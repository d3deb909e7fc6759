"""KoDF (Kwon et al., ICCV 2021), as AI-Hub hands it out.

    **/원본영상_{training,validation}_메타데이터.csv                          reals: columns 영상ID,UUID
    **/변조영상_{training,validation}_메타데이터.csv                          fakes: 영상ID,타겟영상,타겟UUID,변조모델
    **/*.mp4

The columns are the video and the person filmed; of a fake the video, the one it was made from, the person filmed and
the model that made it; there are more. They name files without a folder, so that folders do not matter.
"""

from collections.abc import Iterator
from pathlib import Path

from unmask_edge.errors import UnmaskError
from unmask_training.data.layout import media, relative, rows
from unmask_training.data.record import Count, DataSet, Label, Record, Split

LISTS: dict[str, tuple[Label, Split]] = {
    "원본영상_training_메타데이터.csv": ("real", "train"),
    "변조영상_training_메타데이터.csv": ("fake", "train"),
    "원본영상_validation_메타데이터.csv": ("real", "val"),
    "변조영상_validation_메타데이터.csv": ("fake", "val"),
}
VIDEO, PERSON = "영상ID", "UUID"
TARGET, TARGET_PERSON, METHOD = "타겟영상", "타겟UUID", "변조모델"


def read(folder: Path) -> list[Record]:
    """Every video that the lists of a copy name, one that it lacks by its name alone.

    Raises:
        UnmaskError: if there is no list, it lacks a column or a row is short.
    """
    paths = {path.name: relative(path, folder) for path in media(folder, "**/*")}
    lists = [file for file in sorted(folder.glob("**/*.csv")) if file.name in LISTS]
    if not lists:
        raise UnmaskError(f"Expected lists such as {next(iter(LISTS))} in {folder}. Received: none.")
    return [record for file in lists for record in _listed(file, paths)]


def _listed(file: Path, paths: dict[str, str]) -> Iterator[Record]:
    label, split = LISTS[file.name]
    if label == "real":
        for _, row in rows(file, VIDEO, PERSON):
            name = row[VIDEO]
            yield Record(paths.get(name, name), label, split, identity=row[PERSON], source_video=Path(name).stem)
        return
    for _, row in rows(file, VIDEO, TARGET, TARGET_PERSON, METHOD):
        name, source = row[VIDEO], Path(row[TARGET]).stem
        yield Record(paths.get(name, name), label, split, row[METHOD], None, row[TARGET_PERSON], source)


KODF = DataSet(
    key="kodf",
    name="KoDF",
    year=2021,
    methods=("dfl", "dffs", "fsgan", "fo", "audio-driven"),
    size="237,942 clips of 403 people, 2.8 TB",
    licence="own terms, in its form",
    access="by a form; github.com/deepbrainai-research/kodf, in Korea aihub.or.kr",
    paper="Kwon et al., ICCV 2021",
    official={"train": Count(49_419, 139_951), "val": Count(6093, 16_894)},
    trap="The person of a fake is its target (타겟); the source (소스) is the face put on. Lists give no folders.",
    read=read,
)
