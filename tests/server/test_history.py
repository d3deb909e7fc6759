"""What is kept of past results, for how long, and what a clock or a crash cannot do to it."""

import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from unmask_edge.result import ModelInfo, Result
from unmask_server.history import DAY_S, MAX_ATTEMPTS, History
from unmask_server.job import Job

RESULT = Result(
    path="",
    score=0.5,
    verdict="inconclusive",
    reason="score_between_bands",
    error=None,
    width_px=1,
    height_px=1,
    duration_s=None,
    frames_sampled=1,
    tracks=[],
    timings_ms={},
    model=ModelInfo(name="n", version="1", format="float16", runtime="r"),
)


def job(number: int) -> Job:
    """A queued job."""
    return Job(
        id=f"{number:032x}",
        path=f"{number}.mp4",
        state="queued",
        created=datetime.now(timezone.utc),
        finished=None,
        size_bytes=1,
        sha256="",
        frames_done=0,
        frames_wanted=0,
        score=None,
        verdict=None,
        error=None,
        detail=None,
    )


@pytest.fixture
def history(tmp_path: Path) -> History:
    """A history of five finished jobs and one that waits, of which three may be kept for two days."""
    history = History(tmp_path / "history.sqlite", keep_days=2, keep_results=3)
    for number in range(6):
        history.add(job(number), None)
        if number < 5:
            history.finish(job(number).id, RESULT)
    return history


def names(history: History) -> list[str]:
    """What is kept, newest first."""
    return [job.path for job in history.jobs(100)]


def test_the_newest_results_are_kept(history: History) -> None:
    """By their order, whatever the clock says; what waits stays."""
    history.prune()
    assert names(history) == ["5.mp4", "4.mp4", "3.mp4"]


def test_old_results_go(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """Age counts from the end of scoring, while time passes as it should."""
    now, steady = time.time(), time.monotonic()
    monkeypatch.setattr(time, "time", lambda: now + 3 * DAY_S)
    monkeypatch.setattr(time, "monotonic", lambda: steady + 3 * DAY_S)
    history.prune()
    assert names(history) == ["5.mp4"]


@pytest.mark.parametrize("days", [-4000, 4000])
def test_a_clock_that_jumps_deletes_nothing(history: History, monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """Neither back nor years ahead; new results still come first in the list."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + days * DAY_S)
    history.add(job(6), None)
    history.finish(job(6).id, RESULT)
    history.prune()
    assert names(history) == ["6.mp4", "5.mp4", "4.mp4"]


def test_what_was_begun_too_often_is_given_up(history: History) -> None:
    """A file that ends the machine each time is not begun for ever."""
    for _ in range(MAX_ATTEMPTS):
        assert [unfinished.job.path for unfinished in history.unfinished()] == ["5.mp4"]
        history.start(job(5).id)
    assert history.unfinished() == []
    given_up = history.job(job(5).id)
    assert given_up is not None
    assert given_up.state == "failed"
    assert "begun 3 times in vain" in (given_up.detail or "")


def test_a_result_of_a_deleted_job_is_not_kept(history: History) -> None:
    """Deleted while it was scored: nothing comes back."""
    assert history.delete(job(5).id)
    assert history.finish(job(5).id, RESULT) is None
    assert history.result_json(job(5).id) is None
