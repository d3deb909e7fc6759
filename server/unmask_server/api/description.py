"""What the OpenAPI document says beside each route's own models, and the pages that serve it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template
from flask_openapi3 import OpenAPI
from pydantic import BaseModel

from unmask_server.problems import CONTENT_TYPE
from unmask_server.security import policy

OVERVIEW = (
    "Scores faces in pictures and videos for traces of forgery, on this machine. A finding is evidence, not proof; "
    "the absence of one proves nothing. Every error is a problem document (RFC 9457)."
)
SECURITY: dict[str, Any] = {"token": {"type": "http", "scheme": "bearer", "description": "as `POST /v1/pair` gives it"}}
NEEDS_TOKEN: list[dict[str, list[Any]]] = [{"token": []}]
OPEN: list[dict[str, list[Any]]] = []

Responses = dict[str | int | HTTPStatus, type[BaseModel] | dict[Any, Any] | None]

_BINARY = {"type": "string", "format": "binary"}
_PROBLEM = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_ALWAYS = (HTTPStatus.FORBIDDEN,)
_WITH_TOKEN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)

FILE_BODY = {
    "requestBody": {
        "required": True,
        "description": "A picture or clip: the field `file` of a form, or the body itself under any other type.",
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["file"], "properties": {"file": _BINARY}}
            },
            "application/octet-stream": {"schema": _BINARY},
        },
    }
}
FRAMES_BODY = {
    "requestBody": {
        "required": True,
        "description": "Pictures of one clip in order, when each was shown, and what the clip is called.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["frame", "times_s"],
                    "properties": {
                        "frame": {"type": "array", "items": _BINARY, "minItems": 1},
                        "times_s": {"type": "string", "description": "JSON array of rising numbers, in s"},
                        "path": {"type": "string"},
                    },
                }
            }
        },
    }
}


def answers(
    models: Mapping[str | int | HTTPStatus, type[BaseModel] | None], *problems: int, token: bool = True
) -> Responses:
    """Responses of a route: models by status, and the statuses of its problem documents."""
    refusals = {int(status) for status in (*problems, *(_WITH_TOKEN if token else _ALWAYS))}
    return {**models, **{status: _refusal(status, models.get(status)) for status in refusals}}


def _refusal(status: int, model: type[BaseModel] | None) -> dict[str, Any]:
    """A status that is answered with a problem document, or also with a model, which another status answers too."""
    also = {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}} if model else {}
    return {"description": HTTPStatus(status).phrase, "content": {**_PROBLEM, **also}}


def other_content(status: int, content_type: str) -> Responses:
    """A response that is no JSON."""
    content = {content_type: {"schema": {"type": "string"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content}}


def serve(app: OpenAPI) -> None:
    """Serve the document and a page that shows it, whose script comes from an installed package."""
    viewer = Blueprint("rapidoc", "flask_openapi3_rapidoc", static_folder="templates/rapidoc")
    app.register_blueprint(viewer, url_prefix="/docs")

    @app.get("/v1/openapi.json", endpoint="openapi", doc_ui=False)
    def openapi() -> Response:
        return jsonify(app.api_doc)

    @app.get("/docs", endpoint="docs", doc_ui=False)
    def docs() -> Response:
        response = make_response(render_template("docs.html"))
        # The viewer writes styles into the page as it draws.
        response.headers["Content-Security-Policy"] = policy(
            style_src="'self' 'unsafe-inline'", img_src="'self' data:", font_src="'self' data:"
        )
        return response
