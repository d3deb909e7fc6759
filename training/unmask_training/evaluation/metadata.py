"""What a file tells apart from its pixels: its content as a whole, sizes and coder settings."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask_edge.errors import MediaError
from unmask_edge.media import media_kind, read_image
from unmask_edge.opencv import cv2
from unmask_training.evaluation.crops import file_digest

TABLE = 64
MISSING = -1.0
_CLIP_FACTS = (
    cv2.CAP_PROP_FRAME_WIDTH,
    cv2.CAP_PROP_FRAME_HEIGHT,
    cv2.CAP_PROP_FPS,
    cv2.CAP_PROP_FOURCC,
    cv2.CAP_PROP_FRAME_COUNT,
    cv2.CAP_PROP_BITRATE,
)
_START, _TABLES, _SCAN = b"\xff\xd8", 0xDB, 0xDA


def digest_and_metadata(path: Path) -> tuple[str, NDArray[np.float64]]:
    """`file_digest` and `metadata` of a file, for which one of an object store is fetched once."""
    return file_digest(path), metadata(path)


def metadata(path: Path) -> NDArray[np.float64]:
    """What a file tells apart from its pixels, -1 where it has no such thing or cannot be read.

    Returns:
        `(135,)` float64: bytes; width and height in px, of clips also frames a second, codec, frames and kbit a second;
        the first two JPEG quantisation tables.
    """
    facts = np.full(len(_CLIP_FACTS), MISSING)
    tables = np.full(2 * TABLE, MISSING)
    try:
        if media_kind(path) == "video":
            capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
            facts[:] = [capture.get(fact) for fact in _CLIP_FACTS]
            capture.release()
        else:
            facts[:2] = read_image(path).shape[1::-1]
            found = quantisation_tables(path.read_bytes())[: 2 * TABLE]
            tables[: len(found)] = found
    except MediaError:
        return np.concatenate([[MISSING], facts, tables])
    return np.concatenate([[path.stat().st_size], facts, tables])


def quantisation_tables(content: bytes) -> list[int]:
    """All quantisation tables of a JPEG file (ITU-T T.81, B.2.4.1), one after another; none of another file."""
    values: list[int] = []
    position = len(_START)
    while content.startswith(_START) and content[position] == 0xFF and content[position + 1] != _SCAN:
        end = position + 2 + int.from_bytes(content[position + 2 : position + 4], "big")
        if content[position + 1] == _TABLES:
            values += _tables(content[position + 4 : end])
        position = end
    return values


def _tables(segment: bytes) -> list[int]:
    values: list[int] = []
    while segment:
        value_bytes = 2 if segment[0] >> 4 else 1
        length = 1 + TABLE * value_bytes
        values += np.frombuffer(segment[1:length], f">u{value_bytes}").tolist()
        segment = segment[length:]
    return values
