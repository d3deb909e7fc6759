"""The HTTP interface for programs: the page uses it too."""

from pathlib import Path
from threading import Lock

from flask import Blueprint, Response, jsonify, request

from unmask_edge import Detector
from unmask_server.uploads import received


def api_blueprint(detector: Detector, data_dir: Path) -> Blueprint:
    """Routes that score uploads with a detector and describe it."""
    api = Blueprint("api", __name__)
    turn = Lock()  # a Detector must not be shared between threads at the same time

    @api.post("/v1/score")
    def score() -> Response:
        """Score the image or clip in the multipart field `file`, or in the raw body."""
        with received(request, data_dir) as upload, turn:
            result = detector.score(upload.path).model_copy(update={"path": upload.name})
        return Response(result.model_dump_json(), status=422 if result.error else 200, mimetype="application/json")

    @api.get("/v1/model")
    def model() -> Response:
        """The bundle's manifest, and which of its formats runs in which runtime."""
        manifest = detector.bundle.manifest.model_dump(mode="json")
        return jsonify(format=detector.model.format, runtime=detector.model.runtime, manifest=manifest)

    @api.get("/healthz")
    def health() -> Response:
        """Answers as soon as the detector is loaded."""
        return jsonify(status="ok")

    return api
