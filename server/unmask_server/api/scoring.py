"""Routes that score what is sent and answer with the result itself."""

from flask import Response, request
from flask_limiter import Limiter
from flask_openapi3 import APIBlueprint

from unmask_edge.result import Result
from unmask_server.api.answers import result_of
from unmask_server.api.description import FILE_BODY, FRAMES_BODY, NEEDS_TOKEN, answers
from unmask_server.companion import Companion
from unmask_server.limits import SCORING
from unmask_server.uploads import Upload

RESPONSES = answers({200: Result, 422: Result}, 400, 413, 422, 429, 503, 507)


def blueprint(companion: Companion, limiter: Limiter) -> APIBlueprint:
    """Routes for one companion."""
    routes = APIBlueprint("scoring", __name__, url_prefix="/v1", abp_security=NEEDS_TOKEN)

    @routes.post("/score", responses=RESPONSES, openapi_extensions=FILE_BODY)
    @limiter.limit(SCORING)
    def score() -> Response:
        """Score a picture or clip; the same object as `unmask score --json`.

        A file that cannot be scored is answered with 422: with a result that holds an `error`, or, where decoding broke
        down, with a problem document.
        """
        return _scored(companion, companion.uploads.receive(request))

    @routes.post("/frames", responses=RESPONSES, openapi_extensions=FRAMES_BODY)
    @limiter.limit(SCORING)
    def frames() -> Response:
        """Score frames of one clip that were taken elsewhere, such as by the browser extension."""
        return _scored(companion, companion.uploads.receive_frames(request))

    return routes


def _scored(companion: Companion, upload: Upload) -> Response:
    job = companion.jobs.submit(upload)
    return result_of(companion, companion.jobs.wait(job.id))
