"""Takes an upload from the network to a file, piece by piece, and deletes it after use."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import IO, Any

from flask import Request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

FIELD = "file"
# Nothing but one file is expected.
MAX_PARTS = 8


@dataclass(frozen=True)
class Upload:
    """A received file.

    Attributes:
        name: as the sender calls it, for display only; empty for a raw body.
        path: where it lies, under a name of our own: a sender's name could point elsewhere.
    """

    name: str
    path: Path


@contextmanager
def received(request: Request, data_dir: Path) -> Iterator[Upload]:
    """Hold the request's file on disk for the length of a `with` block.

    Raises:
        BadRequest: if a multipart form has no field `file`.
        RequestEntityTooLarge: if the body is larger than the app's `MAX_CONTENT_LENGTH`.
    """
    limit = request.max_content_length
    if limit is not None and (request.content_length or 0) > limit:
        raise RequestEntityTooLarge(too_large(limit))
    take = _take_form if request.mimetype == "multipart/form-data" else _take_body
    with TemporaryDirectory(prefix="upload-", dir=data_dir) as folder:
        yield take(request, Path(folder))


def too_large(limit: int) -> str:
    """What a sender of more than `limit` bytes is told."""
    return f"Expected an upload of at most {limit} bytes. Received: more."


def _take_form(request: Request, folder: Path) -> Upload:
    with ExitStack() as files:

        def create_file(*_: Any, **__: Any) -> IO[bytes]:
            return files.enter_context(NamedTemporaryFile(dir=folder, delete=False))

        parser = FormDataParser(
            create_file, request.max_form_memory_size, request.max_content_length, max_form_parts=MAX_PARTS
        )
        fields = parser.parse_from_environ(request.environ)[2]
    if FIELD not in fields:
        raise BadRequest(f"Expected a multipart form with a file in the field {FIELD!r}. Received: {sorted(fields)}.")
    return Upload(fields[FIELD].filename or "", Path(str(fields[FIELD].stream.name)))


def _take_body(request: Request, folder: Path) -> Upload:
    path = folder / "body"
    with path.open("wb") as file:
        shutil.copyfileobj(request.stream, file)
    return Upload("", path)
