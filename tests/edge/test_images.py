"""Pictures of every kind that people have come out upright, 8-bit RGB, with the face found where it is."""

import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.edge.media_files import FACE_XYXY, PORTRAIT, ffmpeg, portrait, portrait_clip, portrait_picture
from unmask_edge import Detector
from unmask_edge.crop import resize
from unmask_edge.media import media_kind, read_image

Picture = NDArray[np.uint8]
FORMATS: dict[str, tuple[str, tuple[str, ...]]] = {
    "portrait.jpg": ("null", ("-q:v", "2")),
    "portrait.png": ("null", ()),
    "portrait.webp": ("null", ()),
    "portrait.bmp": ("null", ()),
    "portrait.tiff": ("null", ()),
    "portrait.gif": ("null", ()),
    "portrait.avif": ("scale=256:256,pad=512:512:128:128", ("-cpu-used", "8")),
    "grey.png": ("format=gray", ()),
    "grey.jpg": ("format=gray", ()),
    "16_bit.png": ("format=rgb48be", ()),
    "16_bit_grey.png": ("format=gray16be", ()),
    "alpha.png": ("format=rgba", ()),
    "half_transparent.png": ("format=rgba,colorchannelmixer=aa=0.5", ()),
    "16_bit_alpha.png": ("format=rgba64be", ()),
    "palette.png": ("format=pal8", ()),
    "Bild mit Leerzeichen und Ümlaut 顔.png": ("null", ()),
    "no_suffix": ("null", ("-f", "image2", "-c:v", "png")),
    "wrong_suffix.mp4": ("null", ("-f", "image2", "-c:v", "mjpeg")),
    "4k.png": ("scale=3840:3840", ()),
}


@pytest.mark.parametrize("name", FORMATS)
def test_portrait_in_every_format(name: str, tmp_path: Path, detector: Detector) -> None:
    """The one face of the portrait is found in its place, in whatever format and under whatever name it comes."""
    filters, options = FORMATS[name]
    path = portrait_picture(tmp_path / name, filters=filters, options=options)
    assert media_kind(path) == "image"
    image = read_image(path)
    assert image.dtype == np.uint8
    assert image.shape[2] == 3
    result = detector.score(path)
    assert result.error is None
    assert (result.width_px, result.height_px) == (image.shape[1], image.shape[0])
    assert result.duration_s is None
    assert [len(track.frames) for track in result.tracks] == [1]
    if "pad" not in filters:
        expected = np.array(FACE_XYXY) * image.shape[1] / 512
        assert result.tracks[0].frames[0].box == pytest.approx(expected, abs=0.02 * image.shape[1])


def test_lossless_formats_keep_pixels(tmp_path: Path) -> None:
    """Alpha, 16 bits and another container change no pixel."""
    for name, filters in {"a.png": "format=rgba", "b.png": "format=rgb48be", "c.bmp": "null", "d.tiff": "null"}.items():
        difference = read_image(portrait_picture(tmp_path / name, filters=filters)).astype(int) - portrait()
        assert np.abs(difference).max() <= 1, name


def exif_jpeg(path: Path, orientation: int) -> Path:
    """The portrait, stored as it is, with an EXIF orientation."""
    content = portrait_picture(path, filters="crop=400:512:0:0", options=("-q:v", "2")).read_bytes()
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff = b"MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    exif = b"Exif\0\0" + tiff
    path.write_bytes(content[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + content[2:])
    return path


UPRIGHT: dict[int, Callable[[Picture], Picture]] = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.transpose(1, 0, 2),
    6: lambda stored: stored[::-1].transpose(1, 0, 2),
    7: lambda stored: stored[::-1, ::-1].transpose(1, 0, 2),
    8: lambda stored: stored[:, ::-1].transpose(1, 0, 2),
}


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_exif_orientation(orientation: int, tmp_path: Path) -> None:
    """A photograph is turned and mirrored as its EXIF orientation says."""
    stored = read_image(exif_jpeg(tmp_path / "plain.jpg", 1))
    turned = read_image(exif_jpeg(tmp_path / "turned.jpg", orientation))
    assert np.array_equal(turned, UPRIGHT[orientation](stored))


def cmyk_jpeg(path: Path, image: Picture) -> Path:
    """A JPEG in CMYK as print programs write it: inks inverted, no black, each pixel a flat block of 8 x 8 px."""
    height, width = image.shape[:2]
    bits, previous = [], [0] * 4
    for pixel in np.dstack([image, np.full((height, width), 255)]).reshape(-1, 4).astype(int) - 128:
        for channel, value in enumerate(pixel.tolist()):
            step = value - previous[channel]
            size = abs(step).bit_length()
            bits.append(
                f"{size:04b}" + (f"{step if step > 0 else step + (1 << size) - 1:0{size}b}" if size else "") + "0"
            )
        previous = pixel.tolist()
    scan = "".join(bits)
    scan += "1" * (-len(scan) % 8)
    data = int(scan, 2).to_bytes(len(scan) // 8, "big").replace(b"\xff", b"\xff\0")
    segments = {
        b"\xee": b"Adobe" + bytes([0, 100, 0, 0, 0, 0, 0]),
        b"\xdb": b"\0" + b"\x08" * 64,
        b"\xc0": struct.pack(">BHHB", 8, 8 * height, 8 * width, 4) + b"".join(bytes([k, 0x11, 0]) for k in range(1, 5)),
        # Sizes 0 to 11 of a step, four bits each, and one bit that ends a block.
        b"\xc4": bytes([0, 0, 0, 0, 12, *[0] * 12, *range(12)]) + bytes([0x10, 1, *[0] * 15, 0]),
        b"\xda": bytes([4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]),
    }
    head = b"".join(b"\xff" + kind + struct.pack(">H", len(body) + 2) + body for kind, body in segments.items())
    path.write_bytes(b"\xff\xd8" + head + data + b"\xff\xd9")
    return path


def test_cmyk(tmp_path: Path, detector: Detector) -> None:
    """A CMYK JPEG comes out in the colours that it shows, and its face is found."""
    small = resize(portrait(), 256, 256)
    path = cmyk_jpeg(tmp_path / "print.jpg", small)
    assert np.abs(read_image(path)[::8, ::8].astype(int) - small).max() <= 2
    assert detector.score(path).tracks[0].frames[0].box == pytest.approx(4 * np.array(FACE_XYXY), abs=60)


def test_still_and_animated_gif(tmp_path: Path) -> None:
    """A GIF of one picture is an image, one that moves is a clip."""
    assert media_kind(portrait_picture(tmp_path / "still.gif")) == "image"
    assert media_kind(portrait_clip(tmp_path / "moving.gif", filters="scale=128:-1", options=())) == "video"


@pytest.mark.parametrize("name", ["clip.jpg", "clip", "clip.txt", "clïp mit Leerzeichen 顔.mp4"])
def test_clip_under_any_name(name: str, tmp_path: Path, detector: Detector) -> None:
    """A clip is one by its content, whatever it is called."""
    portrait_clip(tmp_path / "a.mp4", seconds=0.4).rename(tmp_path / name)
    result = detector.score(tmp_path / name, frames=2)
    assert result.error is None
    assert result.frames_sampled == 2
    assert result.duration_s == pytest.approx(0.4, abs=0.01)


def test_4k_clip(tmp_path: Path, detector: Detector) -> None:
    """A 4K clip is scored, its boxes in px of its full size."""
    options = ("-pix_fmt", "yuv420p", "-preset", "ultrafast")
    path = portrait_clip(
        tmp_path / "4k.mp4", seconds=0.2, filters="scale=2160:2160,pad=3840:2160:840:0", options=options
    )
    result = detector.score(path, frames=1)
    assert (result.width_px, result.height_px) == (3840, 2160)
    expected = np.array(FACE_XYXY) * 2160 / 512 + np.array([840, 0, 840, 0])
    assert result.tracks[0].frames[0].box == pytest.approx(expected, abs=60)


def test_grey_clip(tmp_path: Path, detector: Detector) -> None:
    """A clip without colour is scored."""
    assert detector.score(portrait_clip(tmp_path / "grey.mp4", seconds=0.2, options=("-pix_fmt", "gray"))).error is None


def test_reading_leaves_no_trace(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Decoders' notes, such as libpng's on colour profiles, stay off standard error."""
    read_image(portrait_picture(tmp_path / "grey.png", filters="format=gray"))
    assert capfd.readouterr() == ("", "")


def test_colour_order(tmp_path: Path) -> None:
    """Pictures and frames come as RGB."""
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 2] = 255  # OpenCV writes BGR
    cv2.imwrite(str(tmp_path / "red.png"), red)
    assert read_image(tmp_path / "red.png")[0, 0].tolist() == [255, 0, 0]
    assert PORTRAIT.is_file()
    ffmpeg("-i", tmp_path / "red.png", tmp_path / "red.bmp")
    assert read_image(tmp_path / "red.bmp")[0, 0].tolist() == [255, 0, 0]
