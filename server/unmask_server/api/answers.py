"""Models and refusals as answers."""

from http import HTTPStatus

from flask import Flask, Response, url_for
from pydantic import BaseModel

from unmask_server.companion import Companion
from unmask_server.job import Job
from unmask_server.jobs import RETRY_AFTER_S, QueueFullError
from unmask_server.problems import problem


def json_of(model: BaseModel, status: int = HTTPStatus.OK) -> Response:
    """A model as JSON."""
    return Response(model.model_dump_json(), status=status, mimetype="application/json")


def no_job() -> Response:
    """There is no job of this identifier."""
    return problem(HTTPStatus.NOT_FOUND, "Expected the identifier of a job. Received: one that is not known.")


def answer_full_queue(app: Flask, companion: Companion) -> None:
    """Answer with 429 where no more files are taken for now."""

    @app.errorhandler(QueueFullError)
    def answer(_error: QueueFullError) -> Response:
        return problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"Expected at most {companion.settings.queue} waiting files. Received: one more.",
            [("Retry-After", str(RETRY_AFTER_S))],
        )


def result_of(companion: Companion, job: Job | None) -> Response:
    """What a job ended with: its result, 422 where that holds an error, or the problem that kept it from one."""
    if job is None:
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "Expected a companion that stays. Received: one that stops.")
    result = companion.history.result_json(job.id)
    if result is None:
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, job.detail or "Expected a job with a result. Received: none.")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if job.error else HTTPStatus.OK
    return Response(
        result,
        status,
        mimetype="application/json",
        headers={"Link": f'<{url_for("jobs.job", job_id=job.id)}>; rel="via"'},
    )
