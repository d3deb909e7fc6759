"""Opening a bundle folder: nothing altered, missing or foreign is handed out."""

import re
import shutil
from pathlib import Path

import pytest

from tests.damaged_bundles import DAMAGES, MODEL, edit
from unmask_edge import Bundle, BundleError, Detector
from unmask_edge.bundle import DEFAULT_BUNDLE_DIR
from unmask_edge.detector import TFLiteFormat


@pytest.mark.parametrize("packaged", [DEFAULT_BUNDLE_DIR, "tiny"])
def test_every_listed_file_is_intact(packaged: Path | str) -> None:
    """All files of a packaged bundle have the size and sha256 that its manifest says, and nothing else is there."""
    bundle = Bundle(packaged)
    for file in bundle.manifest.files:
        assert bundle.path(file.path).stat().st_size == file.size_bytes
    present = {str(path.relative_to(bundle.folder)) for path in bundle.folder.rglob("*") if path.is_file()}
    assert present - {"manifest.json"} == {file.path for file in bundle.manifest.files}


def test_packaged_bundle_is_small() -> None:
    """The packaged bundle keeps to 20 MB, all formats together."""
    assert sum(path.stat().st_size for path in DEFAULT_BUNDLE_DIR.rglob("*") if path.is_file()) <= 20e6


def test_the_tiny_bundle_is_tiny() -> None:
    """Its int8 detector keeps to 1 MB, and is meant even where a folder has its name."""
    assert Bundle("tiny").path("detector.int8.tflite").stat().st_size < 1e6


@pytest.mark.parametrize("case", sorted(DAMAGES))
def test_damaged(case: str, bundle_copy: Path) -> None:
    """A bundle that is damaged, foreign or of another version is refused before any face is scored, with the cause."""
    DAMAGES[case].inflict(bundle_copy)
    with pytest.raises(BundleError, match=DAMAGES[case].message) as refusal:
        Detector(Bundle(bundle_copy))
    assert re.fullmatch(r"Expected [^\n]* Received: [^\n]*", str(refusal.value))


def test_unlisted_file(bundle_copy: Path) -> None:
    """A file that the manifest does not list is not handed out even if it is there."""
    (bundle_copy / "extra.tflite").write_bytes(b"x")
    with pytest.raises(BundleError, match=r"Received: 'extra\.tflite'"):
        Bundle(bundle_copy).path("extra.tflite")


def test_folder_behind_a_link(bundle_copy: Path, tmp_path: Path) -> None:
    """A file is refused too where a folder on the way to it is a link that leaves the bundle."""
    shutil.move(bundle_copy / "training", tmp_path / "outside")
    (bundle_copy / "training").symlink_to(tmp_path / "outside")
    with pytest.raises(BundleError, match=r"inside the bundle .* Received: .*outside"):
        Bundle(bundle_copy).path("training/recipe.json")


def test_bundle_behind_a_link(bundle_copy: Path, tmp_path: Path) -> None:
    """A bundle folder that is itself a link works."""
    (tmp_path / "link").symlink_to(bundle_copy)
    assert Bundle(tmp_path / "link").path(MODEL).is_file()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "readable"),
        (b"\xff\xfe", "readable"),
        (b"[" * 100_000, "readable"),
        (b"[]", "schema version 2. Received: None"),
        (b"{}", "schema version 2. Received: None"),
        (b'{"schema_version": 3}', "schema version 2. Received: 3"),
        (b'{"schema_version": 2}', "follow manifest.schema.json"),
    ],
)
def test_bad_manifest(content: bytes, message: str, tmp_path: Path) -> None:
    """A manifest that is no JSON, of another version or against the schema is refused with the cause."""
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(BundleError, match=message):
        Bundle(tmp_path)


@pytest.mark.parametrize("format", ["float16", "int8"])
def test_every_format_is_held_to_the_manifest(format: TFLiteFormat, bundle_copy: Path) -> None:
    """Whichever format is opened, its outputs must be what the manifest says."""
    DAMAGES["other_output_shape"].inflict(bundle_copy)
    with pytest.raises(BundleError, match=f"Expected detector.{format}.tflite with one output"):
        Detector(Bundle(bundle_copy), format)


def test_format_that_the_bundle_lacks(bundle_copy: Path) -> None:
    """Asking for a format that is not there names those that are."""
    edit(bundle_copy, lambda manifest: manifest["models"].pop("int8"))
    with pytest.raises(BundleError, match=r"format int8. Received: one with \['float16', 'tfjs'"):
        Detector(Bundle(bundle_copy), "int8")
