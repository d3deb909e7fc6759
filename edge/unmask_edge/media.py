"""Reads what people feed in: says whether a file is an image or a clip, by its content, and decodes images."""

import os
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unmask_edge.container import is_cut_short
from unmask_edge.errors import MediaError
from unmask_edge.opencv import MAX_PIXELS, cv2
from unmask_edge.quiet import native_output_muted

MAX_IMAGE_BYTES = 200 * 2**20
_JPEG_START, _JPEG_SCAN, _JPEG_END = b"\xff\xd8", b"\xda", b"\xff\xd9"
_PNG_START, _PNG_END = b"\x89PNG", b"IEND\xaeB`\x82"


def media_kind(path: Path) -> Literal["image", "video"]:
    """Tell images from clips by content, whatever the file is called.

    Raises:
        MediaError: `missing` or `unreadable`.
    """
    if _is_no_text(path):
        raise MediaError("unreadable", "Expected a file name in UTF-8. Received: another one; rename the file.")
    if not os.path.exists(path):
        raise MediaError("missing", "Expected a file. Received: a path where there is none.")
    if os.path.isdir(path):
        raise MediaError("unreadable", "Expected an image or a clip. Received: a folder without any.")
    if not os.path.isfile(path):
        raise MediaError("unreadable", "Expected a file. Received: a device or a pipe; `-` reads standard input.")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise MediaError("unreadable", f"Expected a readable file. Received: {error.strerror}.") from error
    if empty:
        raise MediaError("unreadable", "Expected an image or a clip. Received: an empty file.")
    return "image" if cv2.haveImageReader(str(path)) and not _is_animated(path) else "video"


def read_image(path: Path) -> NDArray[np.uint8]:
    """Decode an image to `(H, W, 3)` uint8 RGB: EXIF rotation applied, alpha dropped, grey and CMYK converted.

    Raises:
        MediaError: `too_large`, `truncated` or `unreadable`.
    """
    if path.stat().st_size > MAX_IMAGE_BYTES:
        raise MediaError("too_large", f"Expected at most {MAX_IMAGE_BYTES} bytes. Received: {path.stat().st_size}.")
    content = path.read_bytes()
    if _is_truncated(content) or is_cut_short(path):
        raise MediaError("truncated", "Expected a whole image. Received: a file that ends before the picture does.")
    try:
        with native_output_muted():  # libpng and libjpeg write their own notes
            image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        if "CV_IO_MAX_IMAGE" in str(error):
            raise MediaError("too_large", f"Expected at most {MAX_PIXELS} pixels. Received: more.") from error
        raise MediaError("unreadable", f"Expected a readable image. Received: {error}") from error
    if image is None:
        raise MediaError("unreadable", "Expected a readable image. Received: a damaged or unsupported one.")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def _is_no_text(path: Path) -> bool:
    # OpenCV ends the whole process over such a name.
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return True
    return False


def _is_animated(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"GIF8" and cv2.imcount(str(path)) > 1


def _is_truncated(content: bytes) -> bool:
    # Decoders may fill the missing rest with grey, and grey would be scored. Programs append data after the end mark,
    # so it is looked for in all of the picture, not only at the end of the file.
    if content.startswith(_JPEG_START):
        return _JPEG_END not in content[_jpeg_scan(content) :]
    return content.startswith(_PNG_START) and _PNG_END not in content


def _jpeg_scan(content: bytes) -> int:
    """Where a JPEG's compressed picture begins, past the thumbnail, which has an end mark of its own."""
    position = len(_JPEG_START)
    while content[position : position + 1] == b"\xff":
        marker = content[position + 1 : position + 2]
        if marker == _JPEG_SCAN:
            return position
        length = int.from_bytes(content[position + 2 : position + 4], "big")
        position += 1 if marker == b"\xff" else 2 + length  # markers may be padded with 0xff
    return min(position, len(content))
