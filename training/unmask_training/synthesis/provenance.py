"""Marks synthetic media as such in their metadata, where players and tools show it."""

import zlib
from pathlib import Path

from unmask_edge.errors import UnmaskError

# IPTC's term for a picture made of several elements of which at least one is synthetic.
DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"
_XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 Iptc4xmpExt:DigitalSourceType="{DIGITAL_SOURCE_TYPE}"/>
</rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Signature and header chunk: length, type, 13 bytes of data, checksum.
_PNG_HEAD_BYTES = 8 + 4 + 4 + 13 + 4


def mark_png(path: Path, text: str) -> None:
    """Write `text` as a PNG file's Comment and Description, and IPTC's digital source type as XMP.

    All three are iTXt chunks (W3C, Portable Network Graphics, third edition, 11.3.3.4; Adobe, XMP part 3, 1.1.5),
    right behind the header.

    Raises:
        UnmaskError: if it is no PNG file.
    """
    content = path.read_bytes()
    if not content.startswith(_PNG_SIGNATURE):
        raise UnmaskError(f"Expected a PNG file. Received: {path}.")
    entries = {"Comment": text, "Description": text, "XML:com.adobe.xmp": _XMP}
    chunks = b"".join(_text_chunk(keyword, value) for keyword, value in entries.items())
    path.write_bytes(content[:_PNG_HEAD_BYTES] + chunks + content[_PNG_HEAD_BYTES:])


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


def _text_chunk(keyword: str, text: str) -> bytes:
    # Behind the keyword: not compressed, method 0, no language, no translated keyword.
    body = b"iTXt" + keyword.encode("latin-1") + bytes(5) + text.encode()
    return (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
