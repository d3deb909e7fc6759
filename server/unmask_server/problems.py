"""One shape for every HTTP error: problem details, RFC 9457."""

import json

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

CONTENT_TYPE = "application/problem+json"


def problem_json(status: int, title: str, detail: str) -> str:
    """The body of an error: `type` about:blank says that the status tells the kind of problem."""
    return json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})


def answer_errors_as_problems(app: Flask) -> None:
    """Answer every HTTP error, and every unexpected exception as a 500, as problem details."""

    @app.errorhandler(HTTPException)
    def answer(error: HTTPException) -> Response:
        response = Response(content_type=CONTENT_TYPE, headers=_extra_headers(error), status=error.code)
        response.set_data(problem_json(error.code or 500, error.name, error.description or ""))
        return response


def _extra_headers(error: HTTPException) -> list[tuple[str, str]]:
    """What belongs to the error and not to its HTML page, such as `Allow` of a 405."""
    return [(name, value) for name, value in error.get_headers() if name != "Content-Type"]
