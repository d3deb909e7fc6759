"""Routes for files that take long, and for the history of what was scored."""

from collections.abc import Iterator
from http import HTTPStatus
from threading import BoundedSemaphore

from flask import Response, request, url_for
from flask_limiter import Limiter
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from unmask_edge.result import Result
from unmask_server.api.answers import json_of, no_job
from unmask_server.api.description import FILE_BODY, NEEDS_TOKEN, answers, other_content
from unmask_server.companion import Companion
from unmask_server.job import Job
from unmask_server.jobs import RETRY_AFTER_S, Jobs
from unmask_server.limits import SCORING
from unmask_server.problems import problem
from unmask_server.settings import MAX_STREAMS

# A silent stream is taken for a dead one by what lies between.
BEAT_S = 15.0


class JobPath(BaseModel):
    """Which job."""

    job_id: str = Field(pattern="^[0-9a-f]{32}$", json_schema_extra={"example": "0" * 32})


class Page(BaseModel):
    """Which jobs of the list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="jobs at most")
    before: str | None = Field(None, pattern="^[0-9a-f]{32}$", description="the last job of the list before")


class JobList(BaseModel):
    """Jobs, newest first."""

    jobs: list[Job]


class Deleted(BaseModel):
    """How many jobs were forgotten."""

    deleted: int


def blueprint(companion: Companion, limiter: Limiter) -> APIBlueprint:
    """Routes for one companion."""
    routes = APIBlueprint("jobs", __name__, url_prefix="/v1/jobs", abp_security=NEEDS_TOKEN)
    streams = BoundedSemaphore(MAX_STREAMS)

    @routes.post("", responses=answers({202: Job}, 400, 413, 422, 429, 507), openapi_extensions=FILE_BODY)
    @limiter.limit(SCORING)
    def create() -> Response:
        """Take a picture or clip to be scored; `Location` names its job."""
        job = companion.jobs.submit(companion.uploads.receive(request))
        response = json_of(job, HTTPStatus.ACCEPTED)
        response.headers["Location"] = url_for("jobs.job", job_id=job.id)
        return response

    @routes.get("", responses=answers({200: JobList}, 422))
    def listed(query: Page) -> Response:
        """Jobs that run and those of the history, newest first."""
        return json_of(JobList(jobs=companion.jobs.jobs(query.limit, query.before)))

    @routes.delete("", responses=answers({200: Deleted}, 422))
    def delete_finished() -> Response:
        """Forget all that is finished, results too."""
        return json_of(Deleted(deleted=companion.history.delete_finished()))

    @routes.get("/<job_id>", responses=answers({200: Job}, 404, 422))
    def job(path: JobPath) -> Response:
        """How far a job is."""
        found = companion.jobs.job(path.job_id)
        return json_of(found) if found else no_job()

    @routes.delete("/<job_id>", responses=answers({204: None}, 404, 422))
    def delete(path: JobPath) -> Response:
        """Cancel a job where it is not finished, and forget it and its result."""
        return Response(status=HTTPStatus.NO_CONTENT) if companion.jobs.delete(path.job_id) else no_job()

    @routes.post("/<job_id>/cancel", responses=answers({202: Job}, 404, 422))
    def cancel(path: JobPath) -> Response:
        """End a job that is not finished; one that is stays as it is."""
        companion.jobs.cancel(path.job_id)
        found = companion.jobs.job(path.job_id)
        return json_of(found, HTTPStatus.ACCEPTED) if found else no_job()

    @routes.get("/<job_id>/result", responses=answers({200: Result}, 404, 409, 422))
    def result(path: JobPath) -> Response:
        """A finished job's result; the same object as `unmask score --json`."""
        found = companion.jobs.job(path.job_id)
        if found is None:
            return no_job()
        kept = companion.history.result_json(path.job_id)
        if kept is None:
            return problem(HTTPStatus.CONFLICT, f"Expected a job with a result. Received: one that is {found.state}.")
        return Response(kept, mimetype="application/json")

    events_responses = {**answers({}, 404, 422, 429), **other_content(200, "text/event-stream")}

    @routes.get("/<job_id>/events", responses=events_responses)
    def events(path: JobPath) -> Response:
        """A job as it is, and each time it has changed, as server-sent events `job` until it is finished."""
        if companion.jobs.job(path.job_id) is None:
            return no_job()
        if not streams.acquire(blocking=False):
            detail = f"Expected at most {MAX_STREAMS} streams of events at a time. Received: one more."
            return problem(HTTPStatus.TOO_MANY_REQUESTS, detail, [("Retry-After", str(RETRY_AFTER_S))])
        response = Response(_events(companion.jobs, path.job_id), mimetype="text/event-stream")
        response.call_on_close(streams.release)
        return response

    return routes


def _events(jobs: Jobs, job_id: str) -> Iterator[str]:
    for job in jobs.watch(job_id, BEAT_S):
        yield f"event: job\ndata: {job.model_dump_json()}\n\n" if job else ": still here\n\n"
