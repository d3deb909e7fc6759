"""Files that take long, workers that hang or die, the queue and the history."""

import io
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from time import monotonic, sleep
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.server.conftest import client_of
from tests.server.test_api import assert_problem
from unmask_edge import Result
from unmask_server.app import create_app
from unmask_server.companion import Companion
from unmask_server.jobs import Jobs
from unmask_server.settings import Settings


def create(client: FlaskClient, content: bytes, name: str = "clip.webm") -> dict[str, Any]:
    """Send a file and return its job."""
    response = client.post("/v1/jobs", data={"file": (io.BytesIO(content), name)})
    assert response.status_code == 202
    job: dict[str, Any] = response.get_json()
    assert response.headers["Location"] == f"/v1/jobs/{job['id']}"
    return job


def ended(client: FlaskClient, job: dict[str, Any]) -> dict[str, Any]:
    """The job once it is finished."""
    deadline = monotonic() + 60
    while not (newest := client.get(f"/v1/jobs/{job['id']}").get_json())["finished"]:
        assert monotonic() < deadline
        sleep(0.02)
    return dict(newest)


@pytest.fixture
def own(fresh: Settings) -> Iterator[Companion]:
    """A companion whose worker may be hurt; a file may take it 2 s."""
    with Companion(replace(fresh, timeout_s=2), lambda _: None) as companion:
        yield companion


@pytest.fixture
def own_client(own: Companion) -> FlaskClient:
    """Its client."""
    return client_of(create_app(own), own.pairings.page_token)


def test_a_job_goes_from_the_queue_to_its_result(client: FlaskClient, clip: bytes) -> None:
    """Its events tell each frame, its result is the one of scoring the file at once."""
    job = create(client, clip, "pan.webm")
    assert (job["state"], job["path"], job["size_bytes"]) == ("queued", "pan.webm", len(clip))
    stream = client.get(f"/v1/jobs/{job['id']}/events")
    assert stream.mimetype == "text/event-stream"
    told = [json.loads(block.split("data: ")[1]) for block in stream.text.split("\n\n") if block]
    done = [event["frames_done"] for event in told]
    assert done == sorted(done)
    assert told[-1]["state"] == "done"
    assert told[-1]["frames_done"] == told[-1]["frames_wanted"] > 1
    result = Result.model_validate_json(client.get(f"/v1/jobs/{job['id']}/result").data)
    assert (result.path, result.verdict, result.score) == ("pan.webm", told[-1]["verdict"], told[-1]["score"])


def test_an_unscorable_file_is_a_done_job_with_an_error(client: FlaskClient) -> None:
    """The list says why in one word, the result in a sentence."""
    job = ended(client, create(client, b"Dear reader"))
    assert (job["state"], job["error"], job["verdict"]) == ("done", "unreadable", None)
    assert client.get(f"/v1/jobs/{job['id']}/result").get_json()["error"]["reason"] == "unreadable"


def test_past_results_are_listed_and_deleted(own_client: FlaskClient, portrait: bytes) -> None:
    """Newest first, page by page, with results of both ways to score; deleted one by one or all at once."""
    own_client.post("/v1/score", data=portrait)
    jobs = [create(own_client, b"Dear reader") for _ in range(2)]
    for job in jobs:
        ended(own_client, job)
    listed = own_client.get("/v1/jobs").get_json()["jobs"]
    assert [job["id"] for job in listed[:2]] == [jobs[1]["id"], jobs[0]["id"]]
    assert listed[2]["verdict"] is not None
    rest = own_client.get(f"/v1/jobs?limit=1&before={listed[0]['id']}").get_json()["jobs"]
    assert rest == [listed[1]]
    assert own_client.delete(f"/v1/jobs/{listed[0]['id']}").status_code == 204
    assert_problem(own_client.get(f"/v1/jobs/{listed[0]['id']}"), 404, "one that is not known")
    assert_problem(own_client.get(f"/v1/jobs/{listed[0]['id']}/result"), 404, "one that is not known")
    assert own_client.delete("/v1/jobs").get_json() == {"deleted": 2}
    assert own_client.get("/v1/jobs").get_json() == {"jobs": []}


@pytest.mark.parametrize("path", ["", "/result", "/events"])
def test_an_unknown_job_is_not_found(client: FlaskClient, path: str) -> None:
    """404 for whatever is asked of it, 422 where it cannot be an identifier."""
    assert_problem(client.get(f"/v1/jobs/{'0' * 32}{path}"), 404, "one that is not known")
    assert_problem(client.get(f"/v1/jobs/x{path}"), 422, "Expected job_id")
    assert_problem(client.delete(f"/v1/jobs/{'0' * 32}"), 404, "one that is not known")


def test_a_full_queue_refuses_and_a_hung_worker_is_replaced(
    own: Companion, own_client: FlaskClient, clip: bytes, portrait: bytes
) -> None:
    """429 says when to come back; the file that hangs fails after its time, those behind it are scored."""
    os.kill(own.jobs.pids()[0], signal.SIGSTOP)
    hung = create(own_client, clip)
    while own.jobs.count()["running"] == 0:
        sleep(0.01)
    waiting = [create(own_client, portrait) for _ in range(2)]
    response = own_client.post("/v1/jobs", data=portrait)
    assert_problem(response, 429, "at most 2 waiting files")
    assert response.headers["Retry-After"] == "5"
    assert_problem(own_client.post("/v1/score", data=portrait), 429, "at most 2 waiting files")
    assert_problem(own_client.get(f"/v1/jobs/{hung['id']}/result"), 409, "one that is running")
    failed = ended(own_client, hung)
    assert failed["state"] == "failed"
    assert failed["detail"] == "Expected a file that can be scored within 2 s. Received: a slower one."
    assert [ended(own_client, job)["state"] for job in waiting] == ["done", "done"]
    assert list((own.settings.data_dir / "uploads").iterdir()) == []


@pytest.mark.parametrize("sent", [signal.SIGSEGV, signal.SIGKILL, signal.SIGXCPU])
def test_a_dead_worker_is_replaced(
    own: Companion, own_client: FlaskClient, clip: bytes, portrait: bytes, sent: signal.Signals
) -> None:
    """Its file fails with the cause: a decoder's crash, too much memory or CPU time; the next is scored."""
    worker = own.jobs.pids()[0]
    os.kill(worker, signal.SIGSTOP)
    job, behind = create(own_client, clip), create(own_client, portrait)
    while own.jobs.count()["running"] == 0:
        sleep(0.01)
    sleep(0.5)  # until it has been given the file: one that died before costs none
    os.kill(worker, sent)
    os.kill(worker, signal.SIGCONT)
    failed = ended(own_client, job)
    causes = {signal.SIGSEGV: "ends the decoder", signal.SIGKILL: "MiB of memory", signal.SIGXCPU: "s of CPU time"}
    assert failed["state"] == "failed"
    assert causes[sent] in failed["detail"]
    assert ended(own_client, behind)["state"] == "done"


def test_a_worker_that_died_idle_costs_no_file(own: Companion, own_client: FlaskClient, portrait: bytes) -> None:
    """It is replaced before the next file."""
    worker = own.jobs.pids()[0]
    os.kill(worker, signal.SIGKILL)
    os.waitid(os.P_PID, worker, os.WEXITED | os.WNOWAIT)
    assert ended(own_client, create(own_client, portrait))["state"] == "done"


def test_a_job_can_be_cancelled(own: Companion, own_client: FlaskClient, clip: bytes, portrait: bytes) -> None:
    """Waiting or under way; its file is deleted, the worker goes on with the next."""
    os.kill(own.jobs.pids()[0], signal.SIGSTOP)
    running, waiting = create(own_client, clip), create(own_client, clip)
    while own.jobs.count()["running"] == 0:
        sleep(0.01)
    for job in (waiting, running):
        assert own_client.post(f"/v1/jobs/{job['id']}/cancel").status_code == 202
        assert ended(own_client, job)["state"] == "cancelled"
    assert ended(own_client, create(own_client, portrait))["state"] == "done"
    assert own_client.post(f"/v1/jobs/{running['id']}/cancel").get_json()["state"] == "cancelled"
    assert list((own.settings.data_dir / "uploads").iterdir()) == []


def test_files_beyond_the_limits_fail_alone(fresh: Settings, clip: bytes, portrait: bytes) -> None:
    """Too long a clip and too large a picture are told as such."""
    limited = replace(fresh, max_duration_s=0.5, max_pixels=200_000)
    with Companion(limited, lambda _: None) as companion:
        client = client_of(create_app(companion), companion.pairings.page_token)
        for content, detail in ((clip, "Expected at most 0.5 s. Received: 1 s."), (portrait, "at most 200000 pixels")):
            error = client.post("/v1/score", data=content).get_json()["error"]
            assert error["reason"] == "too_large"
            assert detail in error["message"]


def test_a_clip_that_takes_too_much_cpu_time_fails(fresh: Settings, clip: bytes) -> None:
    """The kernel ends its worker, and the answer is a problem document."""
    with Companion(replace(fresh, cpu_s=0), lambda _: None) as companion:
        client = client_of(create_app(companion), companion.pairings.page_token)
        response = client.post("/v1/score", data=clip)
        if response.content_type == "application/json":  # it had not yet spent its whole present second
            response = client.post("/v1/score", data=clip)
        assert_problem(response, 422, "s of CPU time")


def test_streams_of_events_are_bounded(client: FlaskClient, clip: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more than may be is told to come back later; a closed one makes room."""
    job = create(client, clip)
    monkeypatch.setattr(Jobs, "watch", lambda *_: iter([None, None]))
    streams = [client.get(f"/v1/jobs/{job['id']}/events", buffered=False) for _ in range(8)]
    assert_problem(client.get(f"/v1/jobs/{job['id']}/events"), 429, "at most 8 streams")
    streams.pop().close()
    with client.get(f"/v1/jobs/{job['id']}/events") as response:
        assert response.status_code == 200
    for stream in streams:
        stream.close()
    monkeypatch.undo()
    ended(client, job)


def test_a_full_disk_is_told(
    client: FlaskClient, companion: Companion, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """507 while receiving and while keeping the job; nothing stays, and the next file is taken once there is room."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("shutil.copyfileobj", full)
        assert_problem(client.post("/v1/score", data=portrait), 507, "room on the disk")
    assert list((companion.settings.data_dir / "uploads").iterdir()) == []
    assert client.post("/v1/score", data=portrait).status_code == 200


def test_uploads_that_nobody_asks_for_are_deleted_at_the_start(fresh: Settings) -> None:
    """What a crash of the machine left behind does not stay."""
    folder = fresh.data_dir / "uploads" / "left"
    folder.mkdir(parents=True)
    (folder / "body").write_bytes(b"secret")
    with Companion(fresh, lambda _: None):
        assert list((fresh.data_dir / "uploads").iterdir()) == []


def test_a_folder_of_another_version_is_refused(fresh: Settings) -> None:
    """A database that is none is named."""
    fresh.data_dir.mkdir()
    (fresh.data_dir / "history.sqlite").write_text("no database" * 100)
    with pytest.raises(Exception, match=r"Expected a database that can be written. Received: .*history.sqlite"):
        Companion(fresh, lambda _: None)
