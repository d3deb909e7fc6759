"""From image folders to face windows."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from unmask_edge.errors import UnmaskError
from unmask_training.faces import extract_faces, find_pictures, fingerprint, read_window
from unmask_training.finder import face_finder_spec


@pytest.mark.parametrize(
    ("path", "source", "split", "label"),
    [
        ("of/train/real/a.jpg", "of", "train", "real"),
        ("of/Validation/Fake/a.jpg", "of", "val", "fake"),
        ("real/train/of/a.PNG", "of", "train", "real"),
        ("deep/er/fake/test/a.webp", "er", "val", "fake"),
    ],
)
def test_folders_name_source_split_and_label(tmp_path: Path, path: str, source: str, split: str, label: str) -> None:
    """Names of folders decide, in any letter case and order."""
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).touch()
    (picture,) = find_pictures(tmp_path)
    assert (picture.source, picture.split, picture.label) == (source, split, label)


def test_without_split_folders_one_in_ten_is_held_out(tmp_path: Path) -> None:
    """The choice depends on the file's name alone, so it stays from run to run."""
    (tmp_path / "real").mkdir()
    for index in range(300):
        (tmp_path / "real" / f"{index}.jpg").touch()
    held_out = [picture.path for picture in find_pictures(tmp_path) if picture.split == "val"]
    assert 15 <= len(held_out) <= 45
    assert held_out == [picture.path for picture in find_pictures(tmp_path) if picture.split == "val"]


def test_a_folder_without_labelled_pictures_is_refused(tmp_path: Path) -> None:
    """The error says what was looked for."""
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / "a.jpg").touch()
    with pytest.raises(UnmaskError, match="folders called real and fake"):
        find_pictures(tmp_path)


def test_extraction_goes_on_where_it_was_interrupted(data_folder: Path, tmp_path: Path) -> None:
    """A second call reads the index, does over only what is cut short or of an older form, and gives the same faces."""
    pictures = find_pictures(data_folder)
    faces = extract_faces(pictures, data_folder, tmp_path, face_finder_spec(), workers=1)
    assert len(faces) == len(pictures) == 24
    index = tmp_path / "faces.jsonl"
    lines = index.read_text("utf-8").splitlines(keepends=True)
    older = json.loads(lines[-2])
    del older["face"]["sharpness"]
    index.write_text("".join([*lines[:-2], json.dumps(older) + "\n", lines[-1][:40] + "\n"]), "utf-8")
    kept, lost = (tmp_path / json.loads(lines[position])["face"]["window"] for position in (0, -1))
    kept_time = kept.stat().st_mtime_ns
    lost.unlink()
    again = extract_faces(pictures, data_folder, tmp_path, face_finder_spec(), workers=1)
    assert [face.window for face in again] == [face.window for face in faces]
    assert all(np.allclose(new.landmarks, old.landmarks, atol=0.06) for new, old in zip(again, faces, strict=True))
    assert kept.stat().st_mtime_ns == kept_time
    assert lost.exists()


def test_windows_hold_the_face_with_room_around_it(data_folder: Path, tmp_path: Path) -> None:
    """The box lies in the middle half of the square window, the landmarks in and around the box."""
    pictures = find_pictures(data_folder)[:1]
    (face,) = extract_faces(pictures, data_folder, tmp_path, face_finder_spec(), workers=1)
    window = read_window(tmp_path, face)
    side = window.shape[0]
    assert window.shape == (side, side, 3)
    assert face.box[:2].min() > 0.2 * side
    assert face.box[2:].max() < 0.8 * side
    assert face.landmarks.shape == (468, 2)


def test_unreadable_and_faceless_pictures_are_left_out(tmp_path: Path) -> None:
    """They cost no other picture."""
    data = tmp_path / "data" / "real"
    data.mkdir(parents=True)
    (data / "broken.jpg").write_bytes(b"\xff\xd8 not a picture")
    cv2.imwrite(str(data / "flat.png"), np.full((200, 200, 3), 127, np.uint8))
    pictures = find_pictures(tmp_path / "data")
    assert len(pictures) == 2
    assert extract_faces(pictures, tmp_path / "data", tmp_path / "store", face_finder_spec(), workers=1) == []


def test_fingerprint_tells_data_apart(data_folder: Path) -> None:
    """The same files give the same fingerprint, one file fewer another."""
    pictures = find_pictures(data_folder)
    assert fingerprint(pictures, data_folder) == fingerprint(pictures, data_folder)
    assert fingerprint(pictures, data_folder) != fingerprint(pictures[1:], data_folder)
