"""Marks synthetic media as such in their metadata, where players and tools show it."""

from pathlib import Path

from unmask_edge.errors import UnmaskError


def mark_mp4(path: Path, text: str) -> None:
    """Write `text` as the comment of an MP4 file (ISO/IEC 14496-12 boxes, iTunes-style `ilst` as FFmpeg reads it).

    Raises:
        UnmaskError: if its movie box is not the file's last, as OpenCV and FFmpeg write it; only then do the offsets
            of the coded frames stay right.
    """
    content = path.read_bytes()
    start = _last_box(content)
    if content[start + 4 : start + 8] != b"moov":
        raise UnmaskError(f"Expected an MP4 file that ends with its movie box. Received: {path}.")
    comment = _box(b"\xa9cmt", _box(b"data", (1).to_bytes(4, "big") + bytes(4) + text.encode()))
    handler = _box(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
    user_data = _box(b"udta", _box(b"meta", bytes(4) + handler + _box(b"ilst", comment)))
    path.write_bytes(content[:start] + _box(b"moov", content[start + 8 :] + user_data))


def _last_box(content: bytes) -> int:
    start = 0
    while True:
        size = int.from_bytes(content[start : start + 4], "big")
        if size == 1:  # a 64-bit size follows the type
            size = int.from_bytes(content[start + 8 : start + 16], "big")
        if size < 8 or start + size >= len(content):
            return start
        start += size


def _box(kind: bytes, data: bytes) -> bytes:
    return (8 + len(data)).to_bytes(4, "big") + kind + data
