"""Takes an upload from the network to a file, piece by piece, and deletes it after use."""

import hashlib
import json
import shutil
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any
from uuid import uuid4

from flask import Request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

FIELD = "file"
FRAMES_FIELD, TIMES_FIELD = "frame", "times_s"
# Nothing but one file is expected.
MAX_PARTS = 8
MAX_FRAMES = 256
BODY = "body"
_PIECE_BYTES = 2**20


@dataclass(frozen=True)
class Upload:
    """A received file, or the received frames of a clip.

    Attributes:
        id: names its folder and its job.
        name: as the sender calls it, for display only; empty if it has none.
        path: the file, or the folder of the frames `0`, `1`, ...; a sender's name could point elsewhere.
        size_bytes: of all that was received.
        sha256: of all that was received.
        times_s: when each frame was shown; None for a file.
    """

    id: str
    name: str
    path: Path
    size_bytes: int
    sha256: str
    times_s: list[float] | None


class Uploads:
    """The folder that uploads lie in, one folder each.

    Attributes:
        folder: that folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def receive(self, request: Request) -> Upload:
        """Write the request's file to disk: that of a form's field `file`, or the raw body.

        Raises:
            BadRequest: if a multipart form has no field `file`.
            RequestEntityTooLarge: if the body is larger than the app's `MAX_CONTENT_LENGTH`.
        """
        with self._new_folder(request) as folder:
            name = ""
            if request.mimetype == "multipart/form-data":
                _, files = _form(request, folder, MAX_PARTS)
                if FIELD not in files:
                    raise BadRequest(
                        f"Expected a multipart form with a file in the field {FIELD!r}. Received: {sorted(files)}."
                    )
                name = files[FIELD].filename or ""
                Path(str(files[FIELD].stream.name)).rename(folder / BODY)
            else:
                with (folder / BODY).open("wb") as file:
                    shutil.copyfileobj(request.stream, file, _PIECE_BYTES)
            return _upload(folder, name, folder / BODY, [folder / BODY], None)

    def receive_frames(self, request: Request) -> Upload:
        """Write a form's pictures `frame` to disk, whose field `times_s` says when each was shown.

        Raises:
            BadRequest: if they are missing, too many, or not as many as there are times.
            RequestEntityTooLarge: if the body is larger than the app's `MAX_CONTENT_LENGTH`.
        """
        with self._new_folder(request) as folder:
            fields, files = _form(request, folder, MAX_FRAMES + MAX_PARTS)
            frames = files.getlist(FRAMES_FIELD)
            times_s = _times(fields.get(TIMES_FIELD, ""), len(frames))
            paths = [folder / str(index) for index in range(len(frames))]
            for frame, path in zip(frames, paths, strict=True):
                Path(str(frame.stream.name)).rename(path)
            return _upload(folder, fields.get("path", ""), folder, paths, times_s)

    def found(
        self, upload_id: str, name: str, size_bytes: int, sha256: str, times_s: list[float] | None
    ) -> Upload | None:
        """What an earlier process received; None if it is gone."""
        folder = self.folder / upload_id
        path = folder if times_s is not None else folder / BODY
        return Upload(upload_id, name, path, size_bytes, sha256, times_s) if path.exists() else None

    def keep_only(self, upload_ids: Container[str]) -> None:
        """Delete what nobody asks for any more."""
        for folder in self.folder.iterdir():
            if folder.name not in upload_ids:
                shutil.rmtree(folder, ignore_errors=True)

    def delete(self, upload: Upload) -> None:
        """Delete a received file."""
        shutil.rmtree(self.folder / upload.id, ignore_errors=True)

    @contextmanager
    def _new_folder(self, request: Request) -> Iterator[Path]:
        limit = request.max_content_length
        if limit is not None and (request.content_length or 0) > limit:
            raise RequestEntityTooLarge(too_large(limit))
        folder = self.folder / uuid4().hex
        folder.mkdir()
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def too_large(limit: int) -> str:
    """What a sender of more than `limit` bytes is told."""
    return f"Expected an upload of at most {limit} bytes. Received: more."


def _form(request: Request, folder: Path, max_parts: int) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
    opened: list[IO[bytes]] = []

    def create_file(*_: Any, **__: Any) -> IO[bytes]:
        opened.append(NamedTemporaryFile(dir=folder, delete=False))  # noqa: SIM115  (closed below)
        return opened[-1]

    parser = FormDataParser(
        create_file, request.max_form_memory_size, request.max_content_length, max_form_parts=max_parts
    )
    try:
        _, fields, files = parser.parse_from_environ(request.environ)
    finally:
        for file in opened:
            file.close()
    return fields, files


def _times(text: str, frames: int) -> list[float]:
    expected = f"Expected 1 to {MAX_FRAMES} pictures {FRAMES_FIELD!r} and as many rising times in {TIMES_FIELD!r}"
    try:
        times_s = [float(time_s) for time_s in json.loads(text)]
    except (ValueError, TypeError, RecursionError) as error:
        raise BadRequest(f"{expected}, a JSON array of numbers. Received: {text[:100]!r}.") from error
    if not 1 <= frames <= MAX_FRAMES or len(times_s) != frames:
        raise BadRequest(f"{expected}. Received: {frames} pictures and {len(times_s)} times.")
    if not all(map(isfinite, times_s)) or times_s[0] < 0 or any(b <= a for a, b in pairwise(times_s)):
        raise BadRequest(f"{expected}. Received: {text[:100]}.")
    return times_s


def _upload(folder: Path, name: str, path: Path, files: list[Path], times_s: list[float] | None) -> Upload:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            while piece := content.read(_PIECE_BYTES):
                digest.update(piece)
    size_bytes = sum(file.stat().st_size for file in files)
    return Upload(folder.name, name, path, size_bytes, digest.hexdigest(), times_s)
