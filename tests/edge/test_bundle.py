"""Opening a bundle folder: nothing altered, missing or foreign is handed out."""

import json
import shutil
from pathlib import Path

import pytest

from unmask_edge import Bundle, BundleError, Detector
from unmask_edge.bundle import DEFAULT_BUNDLE_DIR

MODEL = "detector.int8.tflite"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the packaged bundle that a test may damage."""
    return shutil.copytree(DEFAULT_BUNDLE_DIR, tmp_path / "bundle")


def edit(folder: Path, section: str, **changes: object) -> None:
    """Change fields of one section of a bundle's manifest."""
    path = folder / "manifest.json"
    content = json.loads(path.read_text("utf-8"))
    content[section].update(changes)
    path.write_text(json.dumps(content), "utf-8")


def test_every_listed_file_is_intact() -> None:
    """All files of the packaged bundle have the size and sha256 that its manifest says, and nothing else is there."""
    bundle = Bundle()
    for file in bundle.manifest.files:
        assert bundle.path(file.path).stat().st_size == file.size_bytes
    present = {str(path.relative_to(bundle.folder)) for path in bundle.folder.rglob("*") if path.is_file()}
    assert present - {"manifest.json"} == {file.path for file in bundle.manifest.files}


def test_packaged_bundle_is_small() -> None:
    """The packaged bundle keeps to 20 MB, all formats together."""
    assert sum(path.stat().st_size for path in DEFAULT_BUNDLE_DIR.rglob("*") if path.is_file()) <= 20e6


def test_flipped_byte(folder: Path) -> None:
    """A file with one altered byte is refused, naming both checksums."""
    content = bytearray((folder / MODEL).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / MODEL).write_bytes(content)
    with pytest.raises(BundleError, match=r"Expected .* with sha256 .* Received: [0-9a-f]{64}"):
        Bundle(folder).path(MODEL)


def test_missing_file(folder: Path) -> None:
    """A listed file that is not there is named."""
    (folder / MODEL).unlink()
    with pytest.raises(BundleError, match=rf"{MODEL}.*Received: no such file"):
        Bundle(folder).path(MODEL)


def test_unlisted_file(folder: Path) -> None:
    """A file that the manifest does not list is not handed out even if it is there."""
    (folder / "extra.tflite").write_bytes(b"x")
    with pytest.raises(BundleError, match=r"Received: 'extra\.tflite'"):
        Bundle(folder).path("extra.tflite")


def test_link_out_of_the_bundle(folder: Path, tmp_path: Path) -> None:
    """A link that leaves the folder is refused even where the content is the listed one."""
    shutil.move(folder / MODEL, tmp_path / "outside.tflite")
    (folder / MODEL).symlink_to(tmp_path / "outside.tflite")
    with pytest.raises(BundleError, match=r"inside the bundle .* Received: .*outside\.tflite"):
        Bundle(folder).path(MODEL)


def test_bundle_behind_a_link(folder: Path, tmp_path: Path) -> None:
    """A bundle folder that is itself a link works."""
    (tmp_path / "link").symlink_to(folder)
    assert Bundle(tmp_path / "link").path(MODEL).is_file()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "readable"),
        (b"\xff\xfe", "readable"),
        (b"[]", "schema version 1. Received: None"),
        (b"{}", "schema version 1. Received: None"),
        (b'{"schema_version": 2}', "schema version 1. Received: 2"),
        (b'{"schema_version": 1}', "follow manifest.schema.json"),
    ],
)
def test_bad_manifest(content: bytes, message: str, tmp_path: Path) -> None:
    """A manifest that is no JSON, of another version or against the schema is refused with the cause."""
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(BundleError, match=message):
        Bundle(tmp_path)


def test_missing_manifest(tmp_path: Path) -> None:
    """A folder without a manifest is no bundle."""
    with pytest.raises(BundleError, match=r"manifest\.json"):
        Bundle(tmp_path)


def test_foreign_face_finder(folder: Path) -> None:
    """A bundle made behind another face finder is refused: its crops would not be those of training."""
    edit(folder, "face_finder", sha256="0" * 64)
    with pytest.raises(BundleError, match=r"face finder .* Received: 0000"):
        Detector(Bundle(folder))


def test_input_unlike_the_manifest(folder: Path) -> None:
    """A model whose input is not what the manifest says is refused, naming both."""
    edit(folder, "input", height_px=96)
    with pytest.raises(BundleError, match=r"Expected .*\(1, 96, .* Received: \(1, "):
        Detector(Bundle(folder))


def test_format_that_the_bundle_lacks(folder: Path) -> None:
    """Asking for a format that is not there names those that are."""
    path = folder / "manifest.json"
    content = json.loads(path.read_text("utf-8"))
    del content["models"]["int8"]
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(BundleError, match=r"format int8. Received: one with \['float32', 'float16'"):
        Detector(Bundle(folder), "int8")
