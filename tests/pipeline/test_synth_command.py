"""`unmask synth`: what it writes, what it says, and what it refuses."""

import xml.etree.ElementTree as ET
import zlib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from unmask_edge.assets import asset_path
from unmask_edge.errors import UnmaskError
from unmask_edge.media import read_image
from unmask_edge.opencv import cv2
from unmask_training.commands import synth
from unmask_training.synthesis.provenance import mark_png

SOURCE_TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"


@pytest.fixture
def donor(tmp_path: Path) -> Path:
    """Another picture of a face: the portrait, mirrored."""
    path = tmp_path / "donor.png"
    cv2.imwrite(str(path), cv2.flip(cv2.cvtColor(read_image(asset_path("portrait")), cv2.COLOR_RGB2BGR), 1))
    return path


def test_each_draw_becomes_four_pictures(tmp_path: Path) -> None:
    """Twin, forgery and mask have the size of the picture, and differ from draw to draw; what was done is told."""
    out = tmp_path / "out"
    result = run("reenact", asset_path("portrait"), "--out", out, "--count", 2)
    assert result.exit_code == 0, result.output
    parts = ("real", "forged", "mask", "compared")
    assert sorted(path.name for path in out.iterdir()) == sorted(
        f"{draw}_{part}.png" for draw in (0, 1) for part in parts
    )
    portrait = read_image(asset_path("portrait"))
    real, forged, mask = (read_image(out / f"0_{part}.png") for part in parts[:3])
    assert real.shape == forged.shape == mask.shape == portrait.shape
    assert np.array_equal(forged[mask[..., 0] == 0], real[mask[..., 0] == 0])
    assert not np.array_equal(forged, read_image(out / "1_forged.png"))
    assert "0_compared.png: reenact/" in result.output
    assert "lip-sync" in result.output


def test_draws_are_seeded(tmp_path: Path, donor: Path) -> None:
    """The same seed writes the same files, another one others."""
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        arguments = (
            "landmark_swap",
            asset_path("portrait"),
            "--donor",
            donor,
            "--out",
            tmp_path / name,
            "--seed",
            seed,
        )
        assert run(*arguments).exit_code == 0
    first, again, other = ((tmp_path / name / "0_forged.png").read_bytes() for name in ("first", "again", "other"))
    assert first == again
    assert first != other


def test_forgeries_say_that_they_are_synthetic(tmp_path: Path) -> None:
    """Comment, Description and IPTC's source type stand in what shows a forgery, and in nothing else."""
    assert run("self_blend", asset_path("portrait"), "--out", tmp_path).exit_code == 0
    for part in ("forged", "compared"):
        texts = png_texts(tmp_path / f"0_{part}.png")
        assert texts["Comment"] == texts["Description"]
        assert texts["Comment"].startswith("Synthetic: a face forged by unmask (self_blend/")
        sources = [node.get(SOURCE_TYPE) for node in ET.fromstring(texts["XML:com.adobe.xmp"]).iter()]
        assert "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic" in sources
    assert png_texts(tmp_path / "0_real.png") == png_texts(tmp_path / "0_mask.png") == {}


def test_marking_leaves_the_picture_as_it_is(tmp_path: Path) -> None:
    """A marked PNG decodes to the same pixels."""
    path, picture = tmp_path / "picture.png", np.random.default_rng(0).integers(0, 256, (7, 5, 3)).astype(np.uint8)
    cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    mark_png(path, "Synthétique")
    assert np.array_equal(read_image(path), picture)
    assert png_texts(path)["Comment"] == "Synthétique"


def test_only_png_files_are_marked(tmp_path: Path) -> None:
    """Another file is refused and left as it is."""
    path = tmp_path / "picture.jpg"
    path.write_bytes(b"\xff\xd8\xff")
    with pytest.raises(UnmaskError, match="Expected a PNG file"):
        mark_png(path, "Synthetic")
    assert path.read_bytes() == b"\xff\xd8\xff"


def test_a_donor_is_asked_for_where_one_is_needed(tmp_path: Path, donor: Path) -> None:
    """A swap without a donor, a donor too many, and the picture as its own donor are refused; nothing is written."""
    portrait, out = asset_path("portrait"), tmp_path / "out"
    assert "Expected --donor with another person's picture" in refusal("cross_blend", portrait, "--out", out)
    assert "Expected no --donor" in refusal("reenact", portrait, "--donor", donor, "--out", out)
    assert "the picture itself" in refusal("cross_blend", portrait, "--donor", portrait, "--out", out)
    assert not out.exists()


def test_pictures_without_a_face_are_refused(tmp_path: Path) -> None:
    """No face, no picture, and half a picture each get an error that names the file."""
    blank, text, half = tmp_path / "blank.png", tmp_path / "text.png", tmp_path / "half.png"
    cv2.imwrite(str(blank), np.full((200, 200, 3), 128, np.uint8))
    text.write_text("no picture")
    content = asset_path("portrait").read_bytes()
    half.write_bytes(content[: len(content) // 2])
    assert "none was found" in refusal("reenact", blank, "--out", tmp_path)
    assert "Expected a picture" in refusal("reenact", text, "--out", tmp_path)
    message = refusal("reenact", half, "--out", tmp_path)
    assert "whole image" in message
    assert "half.png" in message


def test_unknown_kinds_are_bad_usage(tmp_path: Path) -> None:
    """A kind that does not exist is refused with those that do."""
    result = run("diffuse", asset_path("portrait"), "--out", tmp_path)
    assert result.exit_code == 2
    assert "landmark_swap" in result.output


def run(*arguments: object) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(synth, [str(argument) for argument in arguments])


def refusal(*arguments: object) -> str:
    """What the command's error says."""
    error = run(*arguments).exception
    assert isinstance(error, UnmaskError)
    return str(error)


def png_texts(path: Path) -> dict[str, str]:
    """The uncompressed iTXt chunks of a PNG file by keyword; every chunk's checksum holds."""
    content, position, texts = path.read_bytes(), 8, {}
    while position < len(content):
        end = position + 8 + int.from_bytes(content[position : position + 4], "big")
        assert zlib.crc32(content[position + 4 : end]).to_bytes(4, "big") == content[end : end + 4]
        if content[position + 4 : position + 8] == b"iTXt":
            keyword, rest = content[position + 8 : end].split(b"\0", 1)
            assert rest[:2] == b"\0\0"
            texts[keyword.decode("latin-1")] = rest[2:].split(b"\0", 2)[2].decode()
        position = end + 4
    return texts
