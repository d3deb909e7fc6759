"""The application factory."""

from flask import render_template
from flask_openapi3 import Info, OpenAPI

from unmask_edge.version import __version__
from unmask_server.api import description, jobs, meta, pairing, scoring
from unmask_server.api.answers import answer_full_queue
from unmask_server.companion import Companion
from unmask_server.limits import limit_rates
from unmask_server.problems import Problem, answer_errors_as_problems, problem_of
from unmask_server.security import Guard


def create_app(companion: Companion) -> OpenAPI:
    """Build the HTTP interface of an opened companion, and its page."""
    app = OpenAPI(
        __name__,
        info=Info(title="Unmask", version=__version__, description=description.OVERVIEW),
        security_schemes=description.SECURITY,
        validation_error_model=Problem,
        validation_error_callback=problem_of,
        doc_ui=False,
    )
    app.config["MAX_CONTENT_LENGTH"] = companion.settings.max_upload_bytes
    companion.metrics.count_requests(app)
    Guard(app, companion.pairings, companion.settings.on_loopback)
    answer_errors_as_problems(app)
    answer_full_queue(app, companion)
    limiter = limit_rates(app)
    for routes in (meta, scoring, jobs, pairing):
        app.register_api(routes.blueprint(companion, limiter))
    description.serve(app)

    @app.get("/", doc_ui=False)
    def page() -> str:
        settings = companion.settings
        return render_template(
            "index.html",
            max_upload_bytes=settings.max_upload_bytes,
            history=settings.history,
            version=__version__,
        )

    return app
