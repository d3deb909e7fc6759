"""The application factory."""

from pathlib import Path

from flask import Flask, render_template

from unmask_edge import Detector, __version__
from unmask_server.api import api_blueprint
from unmask_server.problems import answer_errors_as_problems
from unmask_server.security import guard

MAX_UPLOAD_BYTES = 2**30


def create_app(detector: Detector, data_dir: Path, max_upload_bytes: int = MAX_UPLOAD_BYTES) -> Flask:
    """Build the companion around a loaded detector.

    Args:
        detector: scores one upload at a time, whatever the number of the server's threads.
        data_dir: an existing folder that holds each upload while it is scored.
        max_upload_bytes: a larger request body is refused.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = max_upload_bytes
    guard(app)
    answer_errors_as_problems(app)
    app.register_blueprint(api_blueprint(detector, data_dir))

    @app.get("/")
    def page() -> str:
        return render_template("index.html", max_upload_bytes=max_upload_bytes, version=__version__)

    return app
