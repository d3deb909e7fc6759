"""Bundles that no reader may open: copies of the packaged one, each damaged in one way, and what is said of it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from unmask_edge.assets import asset_path

# The format that every reader opens if it is not told otherwise.
MODEL = "detector.float16.tflite"


@dataclass(frozen=True)
class Damage:
    """One way to damage a bundle.

    Attributes:
        inflict: changes a copy of the packaged bundle; may write beside it.
        message: a pattern of what a reader says.
    """

    inflict: Callable[[Path], object]
    message: str


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the content of a bundle's manifest."""
    path = folder / "manifest.json"
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content), "utf-8")


def flip_byte(path: Path) -> None:
    """Change one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def move_behind_link(path: Path) -> None:
    """Put a file outside its bundle, with a link to it in its place."""
    outside = path.parent.with_name("outside.tflite")
    shutil.move(path, outside)
    path.symlink_to(outside)


def replace_model(folder: Path) -> None:
    """Put the face finder in the detector's place, with a manifest that says so: intact, but another net."""
    content = asset_path("face_finder").read_bytes()
    (folder / MODEL).write_bytes(content)

    def list_it(manifest: dict[str, Any]) -> None:
        (listed,) = (file for file in manifest["files"] if file["path"] == MODEL)
        listed.update(size_bytes=len(content), sha256=sha256(content).hexdigest())
        manifest["input"].update(height_px=192, width_px=192)

    edit(folder, list_it)


def _section(name: str, **fields: object) -> Callable[[Path], object]:
    return lambda folder: edit(folder, lambda manifest: manifest[name].update(fields))


def _whole(**fields: object) -> Callable[[Path], object]:
    return lambda folder: edit(folder, lambda manifest: manifest.update(fields))


DAMAGES = {
    "flipped_byte": Damage(
        lambda folder: flip_byte(folder / MODEL), rf"Expected \S*{MODEL} with sha256 \w+\. Received: [0-9a-f]{{64}}"
    ),
    "truncated_file": Damage(
        lambda folder: (folder / MODEL).write_bytes((folder / MODEL).read_bytes()[:-1]),
        rf"Expected \S*{MODEL} of \d+ bytes\. Received: \d+ bytes",
    ),
    "missing_file": Damage(lambda folder: (folder / MODEL).unlink(), rf"Expected {MODEL} .* Received: no such file"),
    "missing_manifest": Damage(lambda folder: (folder / "manifest.json").unlink(), r"readable \S*manifest\.json"),
    "manifest_that_is_no_json": Damage(
        lambda folder: (folder / "manifest.json").write_text("{"), r"readable \S*manifest\.json"
    ),
    "future_schema_version": Damage(_whole(schema_version=3), r"schema version 2\. Received: 3"),
    "path_out_of_the_bundle": Damage(
        lambda folder: edit(folder, lambda manifest: manifest["files"][1].update(path="../outside.tflite")),
        r"follow manifest\.schema\.json\. Received: files\.1\.path: String should match",
    ),
    "link_out_of_the_bundle": Damage(
        lambda folder: move_behind_link(folder / MODEL), r"inside the bundle .* Received: \S*outside\.tflite"
    ),
    "other_input_shape": Damage(_section("input", height_px=96), r"input \(1, 96, .* Received: \(1, 224, 224, 3\)"),
    "other_input_dtype": Damage(
        lambda folder: edit(folder, lambda manifest: manifest["models"]["float16"].update(input_dtype="uint8")),
        r"uint8, as its manifest says\. Received: .* float32",
    ),
    "other_output_shape": Damage(
        _section("outputs", region_map_shape=[1, 5, 5, 1]),
        r"one output \(1, 5, 5, 1\) float32.* Received: .*\(1, 14, 14, 1\)",
    ),
    "another_net": Damage(replace_model, r"one output \(1, 1\) float32.* Received: .*\(1, 2304, 16\)"),
    "another_face_finder": Damage(_section("face_finder", sha256="0" * 64), r"face finder .* Received: 0000"),
}
