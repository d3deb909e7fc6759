"""One shape for every HTTP error: problem details, RFC 9457."""

import errno
import json
import sqlite3
from http import HTTPStatus

from flask import Flask, Response
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.exceptions import HTTPException, InternalServerError

CONTENT_TYPE = "application/problem+json"
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
DISK_FULL = "Expected room on the disk of the data folder. Received: a full one."


class Problem(BaseModel):
    """What went wrong: `detail` says what was expected and what was received."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    title: str
    status: int
    detail: str


def problem_json(status: int, title: str, detail: str) -> str:
    """The body of an error: `type` about:blank says that the status tells the kind of problem."""
    return json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})


def problem(status: HTTPStatus, detail: str, headers: list[tuple[str, str]] | None = None) -> Response:
    """An error as an answer."""
    response = Response(content_type=CONTENT_TYPE, headers=headers, status=status)
    response.set_data(problem_json(status, status.phrase, detail))
    return response


def problem_of(error: ValidationError) -> Response:
    """A request that is not as described, as an answer."""
    first = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "request"
    received = repr(first["input"])[:100]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"Expected {place}: {first['msg']}. Received: {received}.")


def answer_errors_as_problems(app: Flask) -> None:
    """Answer every HTTP error, and every unexpected exception as a 500, as problem details."""

    @app.errorhandler(HTTPException)
    def answer(error: HTTPException) -> Response:
        if error.response is not None:
            return error.response  # type: ignore[return-value]  # flask-openapi3's refusals are made above
        status = HTTPStatus(error.code or 500)
        return problem(status, error.description or "", _extra_headers(error))

    @app.errorhandler(OSError)
    @app.errorhandler(sqlite3.OperationalError)
    def answer_full_disk(error: OSError | sqlite3.OperationalError) -> Response:
        full = "full" in str(error) if isinstance(error, sqlite3.Error) else error.errno in FULL
        if full:
            return problem(HTTPStatus.INSUFFICIENT_STORAGE, DISK_FULL)
        app.logger.error("unexpected error", exc_info=error)
        return answer(InternalServerError())


def _extra_headers(error: HTTPException) -> list[tuple[str, str]]:
    """What belongs to the error and not to its HTML page, such as `Allow` of a 405."""
    return [(name, value) for name, value in error.get_headers() if name != "Content-Type"]
