"""The Python API."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.damaged_bundles import edit
from tests.edge.media_files import PORTRAIT, portrait, portrait_clip
from unmask_edge import Bundle, Detector, Result
from unmask_edge.crop import resize
from unmask_edge.quality import sharpness
from unmask_edge.scoring import averaged, calibrate, judge_input, judge_track

FIELDS = {
    *("path", "score", "verdict", "reason", "error", "width_px", "height_px", "duration_s", "frames_sampled"),
    *("tracks", "timings_ms", "model"),
}


@pytest.fixture(scope="module")
def clip_result(detector: Detector, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """What a clip of the portrait gives."""
    return detector.score(portrait_clip(tmp_path_factory.mktemp("clip") / "a.mp4", seconds=1), frames=5)


def test_fields_are_stable(clip_result: Result) -> None:
    """A result has exactly the fields that programs rely on, scored or not."""
    assert clip_result.model_dump().keys() == FIELDS
    assert Detector().score("absent").model_dump().keys() == FIELDS


def test_json_round_trip(clip_result: Result) -> None:
    """A result survives JSON unchanged."""
    assert Result.model_validate_json(clip_result.model_dump_json()) == clip_result
    assert json.loads(clip_result.model_dump_json())["tracks"][0]["frames"][0]["box"]


def test_a_picture_is_looked_at_in_the_mirror_too(detector: Detector) -> None:
    """Its score and map are of both looks; a clip has other frames for that."""
    temperature = detector.bundle.manifest.temperature
    (track,) = detector.score_image(portrait()).tracks
    (face,) = track.frames
    (box,) = detector.find_faces(portrait())
    crop = detector.crop(portrait(), box)
    (upright, upright_map), (mirrored, mirrored_map) = detector.score_crop(crop), detector.score_crop(crop[:, ::-1])
    assert upright != mirrored
    assert face.score == pytest.approx(calibrate(averaged([upright, mirrored]), temperature))
    np.testing.assert_allclose(face.region_map, (upright_map + mirrored_map[:, ::-1]) / 2, atol=0.001)


def test_a_closer_crop_makes_no_face_blurred(detector: Detector, bundle_copy: Path) -> None:
    """Whether a frame counts does not depend on the scale that its crop has in turn."""
    (box,) = detector.find_faces(portrait())
    closer, usual = (sharpness(detector.crop(portrait(), box, frame)) for frame in (1, 0))
    assert closer < usual
    edit(bundle_copy, lambda manifest: manifest["aggregation"].update(min_sharpness=(closer + usual) / 2))
    strict = Detector(Bundle(bundle_copy))
    assert {strict.score_face(0, portrait(), box, frame).flaw for frame in (0, 1, 2)} == {None}


def test_one_face_is_one_track(clip_result: Result, detector: Detector) -> None:
    """A face that stays is one track with a frame for each sample, in order of time."""
    (track,) = clip_result.tracks
    assert clip_result.frames_sampled == len(track.frames) == 5
    assert [frame.time_s for frame in track.frames] == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])
    scales = detector.bundle.manifest.sampling.crop_scales
    for number, frame in enumerate(track.frames):
        (x1, y1, x2, y2), (left, _, right, _) = frame.box, frame.crop
        assert right - left == pytest.approx(max(x2 - x1, y2 - y1) * scales[number % len(scales)], abs=0.8)
    shape = detector.bundle.manifest.outputs.region_map_shape[1:3]
    assert all(np.shape(frame.region_map) == shape for frame in track.frames)


def test_verdict_follows_from_the_frames(clip_result: Result, detector: Detector) -> None:
    """The stated verdicts are those that the stated frame scores and flaws give by the manifest's rules."""
    manifest = detector.bundle.manifest
    judged = [
        judge_track([f.score for f in t.frames], [f.flaw for f in t.frames], 5, manifest.aggregation, manifest.bands)
        for t in clip_result.tracks
    ]
    overall = judge_input(judged)
    assert (clip_result.score, clip_result.verdict, clip_result.reason) == (
        overall.score,
        overall.verdict,
        overall.reason,
    )


def test_timings(clip_result: Result) -> None:
    """Each stage's time is told."""
    assert clip_result.timings_ms.keys() == {"decode", "find", "crop", "score", "aggregate"}
    assert all(spent >= 0 for spent in clip_result.timings_ms.values())


def test_path_and_pixels_agree(detector: Detector) -> None:
    """Scoring a file and its decoded pixels gives the same answer."""
    nothing: dict[str, Any] = {"path": "", "timings_ms": {}}
    by_path, by_pixels = detector.score(PORTRAIT), detector.score_image(portrait())
    assert by_path.model_copy(update=nothing) == by_pixels.model_copy(update=nothing)
    assert by_path.path == str(PORTRAIT)


@pytest.mark.parametrize(
    ("shape", "dtype"), [((8, 8), np.uint8), ((8, 8, 4), np.uint8), ((1, 8, 8, 3), np.uint8), ((8, 8, 3), np.float32)]
)
def test_wrong_pixels(shape: tuple[int, ...], dtype: type[Any], detector: Detector) -> None:
    """Pixels of another shape or dtype are refused, naming both."""
    with pytest.raises(ValueError, match=r"Expected an \(H, W, 3\) uint8 RGB picture\. Received: \("):
        detector.score_image(np.zeros(shape, dtype))


def test_empty_pixels(detector: Detector) -> None:
    """A picture of no pixels is refused."""
    with pytest.raises(ValueError, match="Received"):
        detector.score_image(np.zeros((0, 5, 3), np.uint8))


@pytest.mark.parametrize("frames", [0, -1])
def test_no_frames_wanted(frames: int, detector: Detector) -> None:
    """Asking for no frames is a mistake of the caller."""
    with pytest.raises(ValueError, match=f"Received: {frames}"):
        detector.score(PORTRAIT, frames=frames)


def test_frames_default_to_the_manifest(tmp_path: Path, detector: Detector) -> None:
    """Without a number the manifest's number of frames is sampled."""
    result = detector.score(portrait_clip(tmp_path / "a.mp4", seconds=3, filters="scale=128:128"))
    assert result.frames_sampled == detector.bundle.manifest.sampling.frames


def test_progress(tmp_path: Path, detector: Detector) -> None:
    """Progress is told after each frame."""
    calls: list[tuple[int, int]] = []
    detector.score(portrait_clip(tmp_path / "a.mp4"), 4, lambda done, wanted: calls.append((done, wanted)))
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_small_face_is_inconclusive(detector: Detector) -> None:
    """A face below the manifest's size is found, and called inconclusive for that reason."""
    side = round(512 * 0.8 * detector.bundle.manifest.aggregation.min_face_px / 106)
    result = detector.score_image(resize(portrait(), side, side))
    assert (result.verdict, result.reason) == ("inconclusive", "face_too_small")
    assert result.tracks[0].frames[0].flaw == "face_too_small"
    assert result.score is not None
