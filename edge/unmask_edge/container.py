"""What a file's own headers say about it, before a decoder sees it: what it is, and how long it should be."""

import os
from pathlib import Path
from typing import BinaryIO

# Top-level boxes of MP4, MOV and AVIF; what follows another kind is not theirs.
_BOXES = {b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"sidx", b"mfra", b"meta", b"uuid", b"free", b"skip", b"wide"}
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
# Matroska, AVI and WAV, Ogg, FLV, ASF, MPEG program and transport stream, MP3, FLAC.
_STARTS = (
    _EBML,
    b"RIFF",
    b"OggS",
    b"FLV",
    b"\x30\x26\xb2\x75",
    b"\x00\x00\x01\xba",
    b"G@",
    b"ID3",
    b"\xff\xfb",
    b"fLaC",
)


def is_container(path: Path) -> bool:
    """Whether a file starts like one that holds sound or pictures."""
    with path.open("rb") as file:
        start = file.read(8)
    return start.startswith(_STARTS) or start[4:] in _BOXES


def is_cut_short(path: Path, tolerated_share: float = 0.0) -> bool:
    """Whether more than a share of the bytes that a file's headers promise is missing at its end."""
    size_bytes = path.stat().st_size
    return size_bytes < (1 - tolerated_share) * (stated_size_bytes(path) or size_bytes)


def stated_size_bytes(path: Path) -> int | None:
    """Size that an MP4, MOV, AVIF, Matroska, WebM, AVI or WebP file has by its headers; None where none is stated."""
    with path.open("rb") as file:
        start = file.read(8)
        if start.startswith(b"RIFF") and len(start) == 8:
            return 8 + int.from_bytes(start[4:], "little")
        if start.startswith(_EBML):
            return _matroska_end(file)
        return _boxes_end(file) if start[4:] in _BOXES else None


def _boxes_end(file: BinaryIO) -> int | None:
    """End of the last box; None where a box says that it reaches to the end of the file."""
    end = 0
    while True:
        file.seek(end)
        header = file.read(16)
        if len(header) < 8 or header[4:8] not in _BOXES:
            return end
        size = int.from_bytes(header[:4], "big")
        if size == 1:  # the true one follows in 64 bits
            size = int.from_bytes(header[8:16], "big")
        if size < 8:
            return None
        end += size


def _matroska_end(file: BinaryIO) -> int | None:
    """End of the segment, which holds all but the EBML header; None where it was written as a stream."""
    file.seek(len(_EBML))
    header_size = _vint(file)
    if header_size is None:
        return None
    file.seek(header_size, os.SEEK_CUR)
    if file.read(4) != _SEGMENT:
        return None
    size = _vint(file)
    return None if size is None else file.tell() + size


def _vint(file: BinaryIO) -> int | None:
    """EBML's number of variable length: as many zero bits lead as bytes follow; None if all bits say 'unknown'."""
    first = file.read(1)
    if first in {b"", b"\0"}:
        return None
    length = 9 - first[0].bit_length()
    unknown = (1 << 7 * length) - 1
    value = int.from_bytes(first + file.read(length - 1), "big") & unknown
    return None if value == unknown else value
