"""Image folders in, face windows out: each face once, with its landmarks, found and cut by the edge code itself.

A data folder holds pictures anywhere below folders called `real` and `fake` (any letter case). A folder called `train`
or `val` (or `validation`, `valid`, `test` for val) above or below those assigns the split; where there is none, one
picture in ten is held out. The folder above split and label names the source.

A face store, which `unmask data faces` makes of a public data set, may stand wherever a data folder does.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from unmask_edge.errors import MediaError, UnmaskError
from unmask_edge.face_finder import FaceFinder
from unmask_edge.geometry import longer_side
from unmask_edge.manifest import FaceFinderSpec
from unmask_edge.media import media_kind, read_image
from unmask_edge.opencv import cv2
from unmask_training.data.face_store import FaceStore, Place, Row, is_face_store, read_png
from unmask_training.landmarks import LandmarkFinder
from unmask_training.process_pool import process_pool
from unmask_training.windows import cut_window, from_png, png

WINDOW_MAX_PX = 288
IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
Label = Literal["real", "fake"]
Split = Literal["train", "val"]
_LABELS: dict[str, Label] = {"real": "real", "fake": "fake"}
_SPLITS: dict[str, Split] = {
    "train": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "val",
}


@dataclass(frozen=True)
class Picture:
    """One labelled picture of a data folder, or one file, picture or clip, of a face store."""

    path: str
    source: str
    split: Split
    label: Label


@dataclass(frozen=True, eq=False)
class Face:
    """One face window.

    Attributes:
        window: its PNG file, relative to the store, or its place in a face store.
        box: `(4,)` float32 face box `[x1, y1, x2, y2]` in px of the window.
        landmarks: `(468, 2)` float32 `[x, y]` in px of the window.
        sharpness: as `unmask_edge.quality` measures it, on the face as a detector gets it.
    """

    window: str | Place
    source: str
    split: Split
    label: Label
    box: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    sharpness: float

    def to_json(self) -> dict[str, Any]:
        """The entry of `faces.jsonl`, to a tenth of a pixel."""
        box, landmarks = (points.astype(np.float64).round(1).tolist() for points in (self.box, self.landmarks))
        return {**vars(self), "box": box, "landmarks": landmarks}

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> "Face":
        """The face that an entry of `faces.jsonl` describes."""
        box, landmarks = (np.array(entry[name], np.float32) for name in ("box", "landmarks"))
        return cls(**{**entry, "box": box, "landmarks": landmarks})


def find_pictures(folder: Path) -> list[Picture]:
    """List the labelled pictures of a data folder, sorted, or the files of a face store that belong to a split.

    Raises:
        UnmaskError: if there is none, or the store is not whole.
    """
    if is_face_store(folder):
        return _stored_pictures(FaceStore(folder))
    pictures = [
        picture
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in IMAGE_SUFFIXES and (picture := _labelled(path, folder)) is not None
    ]
    if not pictures:
        raise UnmaskError(f"Expected pictures below folders called real and fake in {folder}. Received: none.")
    return pictures


def extract_faces(
    pictures: list[Picture], folder: Path, store: Path, finder: FaceFinderSpec, workers: int
) -> list[Face]:
    """Cut the largest face out of every picture, in parallel; what an earlier run has done is kept.

    In a face store they are cut already: the largest of each frame is looked up, and its window stays there.

    Args:
        pictures: what to read, relative to `folder`.
        folder: the data folder or face store.
        store: where windows and `faces.jsonl` go.
        finder: settings of the face finder.
        workers: processes.

    Returns:
        The faces; pictures without one are left out.
    """
    if not pictures:
        return []
    if is_face_store(folder):
        return _stored_faces(pictures, FaceStore(folder))
    store.mkdir(parents=True, exist_ok=True)
    index = store / "faces.jsonl"
    done = _read_index(index)
    todo = [picture for picture in pictures if picture.path not in done]
    if todo:  # here, where something missing gets one clear error, and only when it is needed
        FaceFinder(finder)
        LandmarkFinder()
    pool = process_pool(workers, _start_worker, folder, store, finder)
    with pool, index.open("a", encoding="utf-8") as file:
        found = pool.map(_extract, todo, chunksize=16)
        results = track(found, total=len(todo), description="Finding faces", console=Console(stderr=True))
        for picture, face in zip(todo, results, strict=True):
            done[picture.path] = face
            file.write(json.dumps({"path": picture.path, "face": face and face.to_json()}) + "\n")
    return [face for picture in pictures if (face := done[picture.path]) is not None]


def read_window(store: Path, face: Face) -> NDArray[np.uint8]:
    """The `(S, S, 3)` uint8 RGB window of a face.

    Args:
        store: where windows lie as files; one in a face store is found without.
        face: whose.

    Raises:
        UnmaskError: if it cannot be read.
    """
    if isinstance(face.window, Place):
        return from_png(read_png(face.window))
    image = cv2.imread(str(store / face.window))
    if image is None:
        raise UnmaskError(f"Expected the face window {face.window} in {store}. Received: no readable picture there.")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def fingerprint(pictures: Iterable[Picture], folder: Path) -> str:
    """sha256 over names, labels, splits and sizes of the pictures: two runs with the same one saw the same data."""
    if is_face_store(folder):
        return FaceStore(folder).fingerprint()
    digest = hashlib.sha256()
    for picture in pictures:
        size = (folder / picture.path).stat().st_size
        digest.update(f"{picture.path}\0{picture.label}\0{picture.split}\0{size}\n".encode())
    return digest.hexdigest()


def label_of(relative: Path) -> Label | None:
    """The label that a file's folders give it, by names relative to the data folder."""
    return next((_LABELS[part.lower()] for part in relative.parts[:-1] if part.lower() in _LABELS), None)


def _labelled(path: Path, folder: Path) -> Picture | None:
    relative = path.relative_to(folder)
    label = label_of(relative)
    if label is None:
        return None
    parts = [part.lower() for part in relative.parts[:-1]]
    split = next((_SPLITS[part] for part in parts if part in _SPLITS), _drawn_split(relative.as_posix()))
    named = [part for part in parts if part not in _LABELS and part not in _SPLITS]
    return Picture(relative.as_posix(), named[-1] if named else folder.name, split, label)


def _drawn_split(name: str) -> Split:
    """Holds one name in ten out, the same ones each time."""
    return "val" if hashlib.sha256(name.encode()).digest()[0] < 256 // 10 else "train"


def _stored_pictures(store: FaceStore) -> list[Picture]:
    """The files with a face that the sets' own splits, or the ones drawn for sets without, count as train or val."""
    columns = ("set", "path", "label", "split", "compression", "source_video", "fault")
    files = {(row["set"], row["path"]): row for _, row in store.rows(columns) if row["fault"] is None}
    splits = {(row["set"], row["split"]) for row in files.values()}
    pictures = [
        Picture(f"{name}/{path}", " ".join(filter(None, (name, row["compression"]))), split, row["label"])
        for (name, path), row in files.items()
        if (split := _stored_split(row, {split for set_name, split in splits if set_name == name})) is not None
    ]
    if not pictures:
        raise UnmaskError("Expected files to train on in the face store. Received: none but those of test splits.")
    return pictures


def _stored_split(row: Row, splits: set[str | None]) -> Split | None:
    """Train or val; None for what is to be tested on, or is in no split of a set that has some."""
    if row["split"] == "val":
        return "val"
    if row["split"] == "train" and "val" in splits:
        return "train"
    # Twins stay on one side, as they share their source video.
    return _drawn_split(row["source_video"] or row["path"]) if row["split"] == "train" or splits == {None} else None


def _stored_faces(pictures: list[Picture], store: FaceStore) -> list[Face]:
    """The largest face of each frame."""
    wanted = {picture.path: picture for picture in pictures}
    columns = ("set", "path", "largest", "window_box", "landmarks", "sharpness")
    return [
        Face(
            window=place,
            source=picture.source,
            split=picture.split,
            label=picture.label,
            box=row["window_box"],
            landmarks=row["landmarks"],
            sharpness=row["sharpness"],
        )
        for place, row in store.rows(columns)
        if row["largest"] and (picture := wanted.get(f"{row['set']}/{row['path']}"))
    ]


def _read_index(index: Path) -> dict[str, Face | None]:
    if not index.exists():
        return {}
    done: dict[str, Face | None] = {}
    for line in index.read_text("utf-8").splitlines():
        try:
            entry = json.loads(line)
            done[entry["path"]] = Face.from_json(entry["face"]) if entry["face"] else None
        except (json.JSONDecodeError, TypeError):  # cut short by an interruption, or written before faces had all this
            continue
    return done


_worker: tuple[Path, Path, FaceFinder, LandmarkFinder]


def _start_worker(folder: Path, store: Path, finder: FaceFinderSpec) -> None:
    global _worker  # noqa: PLW0603  (the one way to keep state in a pool's process)
    cv2.setNumThreads(1)
    _worker = (folder, store, FaceFinder(finder), LandmarkFinder())


def _extract(picture: Picture) -> Face | None:
    folder, store, find_faces, find_landmarks = _worker
    try:
        if media_kind(folder / picture.path) != "image":
            return None
        image = read_image(folder / picture.path)
    except MediaError:
        return None
    boxes = find_faces(image)
    if len(boxes) == 0:
        return None
    box = boxes[np.argmax([longer_side(box) for box in boxes])]
    window = cut_window(image, box, find_landmarks, WINDOW_MAX_PX)
    name = hashlib.sha256(picture.path.encode()).hexdigest()[:20] + ".png"
    (store / name).write_bytes(png(window.image))
    return Face(
        window=name,
        source=picture.source,
        split=picture.split,
        label=picture.label,
        box=window.box,
        landmarks=window.landmarks,
        sharpness=window.sharpness,
    )
