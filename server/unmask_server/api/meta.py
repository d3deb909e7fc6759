"""Routes that tell about the companion itself; open to every program of this machine."""

from typing import Literal

from flask import Response
from flask_limiter import Limiter
from flask_openapi3 import APIBlueprint
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from unmask_edge.manifest import Manifest
from unmask_server.api.answers import json_of
from unmask_server.api.description import OPEN, answers, other_content
from unmask_server.companion import Companion


class Health(BaseModel):
    """The companion answers, so its detector is loaded."""

    status: Literal["ok"]


class Model(BaseModel):
    """The bundle's manifest, and which of its formats runs in which runtime."""

    format: str
    runtime: str
    manifest: Manifest


def blueprint(companion: Companion, _limiter: Limiter) -> APIBlueprint:
    """Routes for one companion."""
    routes = APIBlueprint("meta", __name__, url_prefix="/v1", abp_security=OPEN)

    @routes.get("/health", responses=answers({200: Health}, token=False))
    def health() -> Response:
        """Whether the companion answers."""
        return json_of(Health(status="ok"))

    @routes.get("/model", responses=answers({200: Model}, token=False))
    def model() -> Response:
        """Which detector scores, with its thresholds, measurements and hashes."""
        info = companion.model
        return json_of(Model(format=info.format, runtime=info.runtime, manifest=companion.bundle.manifest))

    @routes.get("/metrics", responses={**answers({}, token=False), **other_content(200, CONTENT_TYPE_LATEST)})
    def metrics() -> Response:
        """What was counted since the start, for Prometheus."""
        return Response(companion.metrics.text(), content_type=CONTENT_TYPE_LATEST)

    return routes
