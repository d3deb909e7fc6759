"""What programs get that have files scored and wait for the answer."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from unmask_edge import Detector, Result
from unmask_server.companion import Companion
from unmask_server.job import Job
from unmask_server.settings import Settings
from unmask_server.uploads import Upload


def upload(client: FlaskClient, content: bytes, name: str = "portrait.jpg", field: str = "file") -> TestResponse:
    """Send a file as a browser's form does."""
    return client.post("/v1/score", data={field: (io.BytesIO(content), name)})


def assert_problem(response: TestResponse, status: int, detail: str) -> None:
    """The one shape of errors: RFC 9457, with a detail that says what was expected."""
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    problem: dict[str, Any] = response.get_json(force=True)
    assert list(problem) == ["type", "title", "status", "detail"]
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    assert detail in problem["detail"]


def without_timings(result: Result) -> Result:
    """All of a result but the measured times, which no two runs share."""
    return result.model_copy(update={"timings_ms": {}})


def test_health(stranger: FlaskClient) -> None:
    """A running companion says so, to whoever asks."""
    response = stranger.get("/v1/health")
    assert response.status_code == 200
    assert response.get_json() == {"status": "ok"}


def test_model_is_the_manifest_with_format_and_runtime(stranger: FlaskClient, detector: Detector) -> None:
    """Programs can read every fact of the model, thresholds too."""
    response = stranger.get("/v1/model")
    assert response.get_json() == {
        "format": "float16",
        "runtime": detector.model.runtime,
        "manifest": detector.bundle.manifest.model_dump(mode="json"),
    }


def test_an_image_is_scored_as_by_the_detector(client: FlaskClient, detector: Detector, portrait_path: Path) -> None:
    """An upload gets the Result that scoring the file itself gives, under the sender's name for it."""
    response = upload(client, portrait_path.read_bytes(), "Öl & Brot.jpg")
    assert response.status_code == 200
    result = Result.model_validate_json(response.data)
    expected = detector.score(portrait_path).model_copy(update={"path": "Öl & Brot.jpg"})
    assert without_timings(result) == without_timings(expected)


@pytest.mark.parametrize("content_type", ["image/jpeg", "application/x-www-form-urlencoded", None])
def test_a_raw_body_is_scored(client: FlaskClient, portrait: bytes, content_type: str | None) -> None:
    """Whatever its type is called, as curl's --data-binary sends it; it has no name."""
    response = client.post("/v1/score", data=portrait, content_type=content_type)
    assert response.status_code == 200
    result = Result.model_validate_json(response.data)
    assert result.path == ""
    assert result.score is not None


def test_a_clip_is_scored_over_time(client: FlaskClient, clip: bytes) -> None:
    """A clip's tracks hold frames of different times."""
    result = Result.model_validate_json(upload(client, clip, "pan.webm").data)
    assert result.error is None
    assert (result.width_px, result.height_px) == (320, 240)
    assert len({frame.time_s for frame in result.tracks[0].frames}) > 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "unreadable"),
        (b"Dear reader", "unreadable"),
        (b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1/secret\n", "unreadable"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00", "truncated"),
    ],
)
def test_an_unscorable_file_is_a_result_with_an_error(client: FlaskClient, content: bytes, reason: str) -> None:
    """422, in the shape of every result, with the reason for programs and a message for people."""
    response = upload(client, content, "clip.mp4")
    assert response.status_code == 422
    result = Result.model_validate_json(response.data)
    assert result.error is not None
    assert result.error.reason == reason
    assert result.path == "clip.mp4"
    assert result.score is None


def test_a_form_without_the_field_is_refused(client: FlaskClient, portrait: bytes) -> None:
    """The answer names the field."""
    assert_problem(upload(client, portrait, field="picture"), 400, "the field 'file'")


@pytest.mark.parametrize("as_form", [True, False])
def test_too_large_an_upload_is_refused(client: FlaskClient, uploads: Path, as_form: bool) -> None:
    """413 with the limit; nothing of it stays."""
    content, content_type = bytes(2**20 + 1), "application/octet-stream"
    if as_form:  # made here, since the client leaves a large form of its own making behind as an unclosed file
        boundary, content = encode_multipart({"file": FileStorage(io.BytesIO(content), "large")})
        content_type = f"multipart/form-data; boundary={boundary}"
    response = client.post("/v1/score", data=content, content_type=content_type)
    assert_problem(response, 413, "at most 1048576 bytes")
    assert list(uploads.iterdir()) == []


def test_too_large_a_form_is_refused(client: FlaskClient, uploads: Path) -> None:
    """413 where it has more parts than anyone needs."""
    form = {"file": [(io.BytesIO(b"Dear reader"), "letter.png") for _ in range(9)]}
    assert_problem(client.post("/v1/score", data=form), 413, "Expected a form of fewer")
    assert list(uploads.iterdir()) == []


def test_uploads_are_deleted(client: FlaskClient, uploads: Path, portrait: bytes) -> None:
    """Scored or not, no upload outlives its answer."""
    for content in (b"", b"Dear reader", portrait):
        upload(client, content)
        client.post("/v1/score", data=content)
        upload(client, content, field="picture")
    assert list(uploads.iterdir()) == []


def test_an_upload_lies_under_a_name_of_our_own(
    client: FlaskClient, companion: Companion, uploads: Path, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sender's name cannot lead out of the folder."""
    submit, sent = companion.jobs.submit, list[Upload]()

    def watched(received: Upload) -> Job:
        sent.append(received)
        return submit(received)

    monkeypatch.setattr(companion.jobs, "submit", watched)
    assert upload(client, portrait, "../../escape.jpg").status_code == 200
    assert sent[0].path.is_relative_to(uploads)
    assert "escape" not in str(sent[0].path)


def test_an_error_of_ours_tells_nothing(
    client: FlaskClient, companion: Companion, uploads: Path, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a 500 in the shape of every error, tells nothing of the inside, and leaves no file."""

    def crash(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(companion.history, "add", crash)
    response = upload(client, portrait)
    assert_problem(response, 500, "internal error")
    assert b"secret" not in response.data
    assert list(uploads.iterdir()) == []


def test_frames_are_scored_as_one_clip(client: FlaskClient, portrait: bytes) -> None:
    """Pictures taken elsewhere make tracks and a verdict, each at its time."""
    response = send_frames(client, [portrait] * 3, [0.5, 1.0, 1.5])
    assert response.status_code == 200
    result = Result.model_validate_json(response.data)
    assert (result.path, result.frames_sampled, result.duration_s) == ("https://example.org/clip", 3, 1.5)
    assert [frame.time_s for frame in result.tracks[0].frames] == [0.5, 1.0, 1.5]
    assert result.tracks[0].verdict is not None


def test_a_damaged_frame_is_a_result_with_an_error(client: FlaskClient, portrait: bytes) -> None:
    """As for a file: 422 with the reason."""
    response = send_frames(client, [portrait, portrait[:1000]], [0, 1])
    assert response.status_code == 422
    error = Result.model_validate_json(response.data).error
    assert error is not None
    assert error.reason == "truncated"


@pytest.mark.parametrize(
    "times_s", ["", "[]", "[1, 0]", "[0]", "[0, 1, 2]", "[0, NaN]", "{", "[-1, 0]", '["a", "b"]', "3"]
)
def test_frames_need_as_many_rising_times(client: FlaskClient, portrait: bytes, times_s: str) -> None:
    """The answer says what was expected."""
    assert_problem(send_frames(client, [portrait] * 2, times_s), 400, "as many rising times in 'times_s'")


def send_frames(client: FlaskClient, frames: list[bytes], times_s: list[float] | str) -> TestResponse:
    """Send pictures as the extension does."""
    times = times_s if isinstance(times_s, str) else json.dumps(times_s)
    pictures = [(io.BytesIO(content), "blob") for content in frames]
    data = {"frame": pictures, "times_s": times, "path": "https://example.org/clip"}
    return client.post("/v1/frames", data=data)


def test_metrics_count(client: FlaskClient, portrait: bytes) -> None:
    """Prometheus's text format; endpoints, no addresses."""
    upload(client, portrait)
    text = client.get("/v1/metrics").text
    assert 'unmask_requests_total{endpoint="scoring.score",method="POST",status="200"}' in text
    assert 'unmask_jobs_total{state="done"}' in text
    assert "process_resident_memory_bytes" in text


def test_unknown_paths_and_methods(client: FlaskClient) -> None:
    """404 and 405 have the shape of every error, 405 names what is allowed."""
    assert_problem(client.get("/v2/score"), 404, "Received: /v2/score.")
    response = client.get("/v1/score")
    assert_problem(response, 405, "the methods OPTIONS, POST. Received: GET.")
    assert "POST" in response.headers["Allow"]


@pytest.fixture
def uploads(settings: Settings) -> Path:
    """The folder that uploads lie in."""
    return settings.data_dir / "uploads"
