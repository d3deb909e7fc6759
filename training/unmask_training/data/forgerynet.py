"""ForgeryNet (He et al., CVPR 2021).

    Training/image_list.txt                                                   lines `PATH TWO THREE SIXTEEN`
    Training/image/train_release/1/.../frame00019.jpg
    Training/video_list.txt                                                   lines `N PATH SEGMENTS TWO THREE SIXTEEN`
    Training/video/train_video_release/.../....mp4
    Validation/...                                                            the same; Test too, which is from memory

TWO, THREE and SIXTEEN are the class among as many; 0 is real in each. N segments are three numbers each: the first
frame, how many, and whether they are forged. Paths are relative to `image` or `video`.
"""

from pathlib import Path

from unmask_edge.errors import UnmaskError
from unmask_training.data.layout import lines, one_of
from unmask_training.data.record import Count, DataSet, Label, Record, Split

SPLITS: dict[str, Split] = {"Training": "train", "Validation": "val", "Test": "test"}
LABELS: dict[str, Label] = {"0": "real", "1": "fake"}
METHODS = (
    *("FaceShifter", "FS-GAN", "DeepFakes", "BlendFace", "MMReplacement", "DeepFakes-StarGAN-Stack"),
    *("Talking Head Video", "ATVG-Net", "StarGAN-BlendFace-Stack", "First Order Motion", "StyleGAN2"),
    *("MaskGAN", "StarGAN2", "SC-FEGAN", "DiscoFaceGAN"),
)
CLASSES: dict[str, str | None] = {"0": None, **{str(number): name for number, name in enumerate(METHODS, start=1)}}


def read(folder: Path) -> list[Record]:
    """Every image and video that the lists of a copy name.

    Raises:
        UnmaskError: if there is no list, or a line is malformed or contradicts itself.
    """
    lists = {f"{part}/{kind}": folder / part / f"{kind}_list.txt" for part in SPLITS for kind in ("image", "video")}
    records = [
        _record(line, place, f"in line {number} of {file}")
        for place, file in lists.items()
        if file.exists()
        for number, line in lines(file)
    ]
    if not records:
        raise UnmaskError(f"Expected image_list.txt or video_list.txt in {folder}/Training. Received: neither.")
    return records


def _record(line: str, place: str, where: str) -> Record:
    try:
        name, *_, two, _, sixteen = _fields(line, place.endswith("video"))
    except ValueError as error:
        raise UnmaskError(f"Expected a path and its classes {where}. Received: {line}.") from error
    label = one_of(LABELS, two, where)
    method = one_of(CLASSES, sixteen, where)
    if (label == "real") != (method is None):
        raise UnmaskError(f"Expected class 0 of all for a real and of none for a fake {where}. Received: {line}.")
    return Record(f"{place}/{name}", label, SPLITS[place.partition("/")[0]], method)


def _fields(line: str, is_video: bool) -> list[str]:
    """The path and all numbers behind it, counted from the right, as paths may hold spaces."""
    segments, rest = line.split(" ", 1) if is_video else ("0", line)
    numbers = 3 * int(segments) + 3
    fields = rest.rsplit(" ", numbers)
    if len(fields) != numbers + 1:
        raise ValueError
    return fields


FORGERY_NET = DataSet(
    key="forgerynet",
    name="ForgeryNet",
    year=2021,
    methods=METHODS,
    size="2.9 million images and 221,247 clips",
    licence="non-commercial research and education",
    access="yinanhe.github.io/projects/forgerynet.html",
    paper="He et al., CVPR 2021",
    official={"train": Count(None, None), "val": Count(None, None), "test": Count(None, None)},
    trap="Paths in its lists may hold spaces. In a forged clip only some segments are.",
    read=read,
)
