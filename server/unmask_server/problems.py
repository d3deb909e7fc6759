"""One shape for every HTTP error: problem details, RFC 9457."""

import errno
import json
import sqlite3
from http import HTTPStatus

from flask import Flask, Response, request
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, NotFound, RequestEntityTooLarge

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
    if first["type"] == "model_type":  # what is no JSON arrives as None, under the name of a class
        detail = "Expected a JSON object and the header `Content-Type: application/json`. Received: another body."
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
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
        return problem(status, _detail(error), _extra_headers(error))

    @app.errorhandler(OSError)
    @app.errorhandler(sqlite3.OperationalError)
    def answer_full_disk(error: OSError | sqlite3.OperationalError) -> Response:
        full = "full" in str(error) if isinstance(error, sqlite3.Error) else error.errno in FULL
        if full:
            return problem(HTTPStatus.INSUFFICIENT_STORAGE, DISK_FULL)
        app.logger.error("unexpected error", exc_info=error)
        return answer(InternalServerError())


def _detail(error: HTTPException) -> str:
    """What was expected and what was received, of Flask's own refusals too."""
    if isinstance(error, NotFound):
        return f"Expected an address that `/docs` lists. Received: {request.path}."
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return f"Expected one of the methods {allowed}. Received: {request.method}."
    if error.description == RequestEntityTooLarge.description:  # the form's parser says no more
        return "Expected a form of fewer or shorter fields. Received: a larger one."
    return error.description or ""


def _extra_headers(error: HTTPException) -> list[tuple[str, str]]:
    """What belongs to the error and not to its HTML page, such as `Allow` of a 405."""
    return [(name, value) for name, value in error.get_headers() if name != "Content-Type"]
