"""Sampling clips: the frame shown at each sample time, whatever the container says of rate and duration.

The clips' frames are of one grey each, so that the grey says which frame came out.
"""

from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.edge.media_files import FACE_XYXY, H264, ffmpeg, flat_clip, portrait_clip
from unmask_edge import Detector, MediaError, video
from unmask_edge.video import Clip, sample_times

GREYS = range(10, 250, 8)  # 30 frames, 3 s at 10 a second
MPEG4 = ("-c:v", "mpeg4", "-q:v", "2")
VP8 = ("-c:v", "libvpx", "-b:v", "1M", "-auto-alt-ref", "0", "-deadline", "realtime", "-cpu-used", "8")
TOLERANCE = 4  # what encoders change of a flat grey


def sampled(path: Path, frames: int, near_keys: bool = False) -> tuple[float, list[float], list[float]]:
    """Duration, and the time and grey of each sampled frame."""
    with closing(Clip(path)) as clip:
        pairs = [(time_s, float(frame.mean())) for time_s, frame in clip.sample(frames, near_keys)]
        return clip.duration_s, [time_s for time_s, _ in pairs], [grey for _, grey in pairs]


def greys_at(times_s: list[float], starts_s: list[float], greys: list[int]) -> list[int]:
    """Grey of the frame on screen at each time."""
    return [greys[max(i for i, start in enumerate(starts_s) if start <= time_s + 1e-6)] for time_s in times_s]


@pytest.mark.parametrize(("duration_s", "frames", "expected"), [(6, 3, [1, 3, 5]), (1, 1, [0.5]), (0, 2, [0, 0])])
def test_sample_times(duration_s: float, frames: int, expected: list[float]) -> None:
    """Samples lie in the middles of equal parts."""
    assert sample_times(duration_s, frames) == pytest.approx(expected)


CONTAINERS = {
    "plain.mp4": H264,
    "b-frames.mp4": (*H264, "-bf", "3", "-g", "300"),
    "fragmented.mp4": (*H264, "-movflags", "frag_keyframe+empty_moov", "-g", "10"),
    "late.mp4": (*H264, "-output_ts_offset", "5"),
    "late.mkv": (*H264, "-output_ts_offset", "5"),
    "late.ts": (*H264, "-output_ts_offset", "5"),
    "clip.mov": H264,
    "clip.avi": MPEG4,
    "clip.flv": ("-c:v", "flv", "-q:v", "2"),
    "clip.webm": VP8,
    "clip.gif": (),
    "10-bit.mkv": ("-pix_fmt", "yuv420p10le"),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_even_sampling(name: str, tmp_path: Path) -> None:
    """From every container come the frames that are on screen at even times, and its true duration."""
    path = flat_clip(tmp_path / name, GREYS, options=CONTAINERS[name])
    duration_s, times_s, greys = sampled(path, 5)
    assert duration_s == pytest.approx(3.0, abs=0.02)
    assert times_s == pytest.approx([0.3, 0.9, 1.5, 2.1, 2.7], abs=0.01)
    assert greys == pytest.approx([GREYS[3], GREYS[9], GREYS[15], GREYS[21], GREYS[27]], abs=TOLERANCE)


# Bursts and pauses: the mean rate is half the rate that containers guess.
STARTS_S = [0.0, 0.1, 0.2, 0.3, 1.5, 1.6, 3.0, 3.9]
STEPS = [20, 40, 60, 80, 100, 120, 140, 160]


@pytest.mark.parametrize(("name", "options"), [("vfr.mp4", H264), ("vfr.mkv", H264), ("vfr.webm", VP8)])
@pytest.mark.parametrize("frames", [1, 3, 8, 40])
def test_variable_frame_rate(frames: int, name: str, options: tuple[str, ...], tmp_path: Path) -> None:
    """Where frames are shown for unequal times, sampling goes by time, over all of the clip, each frame once."""
    path = flat_clip(tmp_path / name, STEPS, times_s=STARTS_S, options=options)
    duration_s, times_s, greys = sampled(path, frames)
    assert duration_s == pytest.approx(4.0, abs=0.02)
    shown = greys_at(sample_times(4.0, frames), STARTS_S, STEPS)
    assert greys == pytest.approx(sorted(set(shown)), abs=TOLERANCE)
    assert times_s == pytest.approx([STARTS_S[STEPS.index(grey)] for grey in sorted(set(shown))], abs=0.01)


def test_long_last_frame(tmp_path: Path) -> None:
    """A clip that ends in a long still frame is whole, not truncated."""
    times_s = [*(k / 20 for k in range(20)), 9.0]
    duration_s, _, greys = sampled(flat_clip(tmp_path / "a.mp4", range(0, 210, 10), times_s=times_s), 10)
    assert duration_s >= 9
    assert greys[-1] == pytest.approx(190, abs=TOLERANCE)


def test_trimmed_without_encoding(tmp_path: Path) -> None:
    """A clip cut by an edit list, as phones do, gives frames of the part that is shown, and no error."""
    flat_clip(tmp_path / "whole.mp4", GREYS, options=(*H264, "-g", "300"))
    ffmpeg("-ss", "1.5", "-i", tmp_path / "whole.mp4", "-c", "copy", tmp_path / "part.mp4")
    _, _, greys = sampled(tmp_path / "part.mp4", 8)
    assert len(greys) >= 3
    assert min(greys) > GREYS[15] - TOLERANCE


def test_stated_duration_is_not_needed(tmp_path: Path) -> None:
    """A WebM written to a pipe states no duration; it is sampled over all its length."""
    whole = flat_clip(tmp_path / "whole.webm", GREYS, options=VP8)
    piped = tmp_path / "piped.webm"
    piped.write_bytes(ffmpeg("-i", whole, "-c", "copy", "-f", "webm", "-"))
    assert sampled(piped, 5) == pytest.approx(sampled(whole, 5), abs=0.02)


def test_bare_h264(tmp_path: Path) -> None:
    """A bare H.264 stream, which has no times, is sampled by counting its frames."""
    _, _, greys = sampled(flat_clip(tmp_path / "camera.h264", GREYS), 5)
    assert greys == pytest.approx([GREYS[k] for k in (3, 9, 15, 21, 27)], abs=TOLERANCE)


@pytest.mark.parametrize("frames", [1, 16])
def test_one_frame(frames: int, tmp_path: Path) -> None:
    """A clip of one frame gives that frame once."""
    _, times_s, greys = sampled(flat_clip(tmp_path / "one.mp4", [90]), frames)
    assert times_s == [0]
    assert greys == pytest.approx([90], abs=TOLERANCE)


def test_more_samples_than_frames(tmp_path: Path) -> None:
    """No frame is given twice, however many are asked for."""
    _, times_s, greys = sampled(flat_clip(tmp_path / "short.mp4", [20, 120, 220]), 50)
    assert times_s == pytest.approx([0, 0.1, 0.2])
    assert greys == pytest.approx([20, 120, 220], abs=TOLERANCE)


SAWTOOTH = [10 + 6 * (k % 40) for k in range(600)]
LONG = {
    "one-keyframe.mp4": (*H264, "-g", "600", "-bf", "2"),
    "many-keyframes.mp4": (*H264, "-g", "30", "-bf", "2"),
    "late.mp4": (*H264, "-g", "100", "-output_ts_offset", "5"),
    "late.mkv": (*H264, "-g", "100", "-output_ts_offset", "5"),
    "long.ts": (*H264, "-g", "100"),
    "long.webm": (*VP8, "-g", "100"),
    "long.avi": (*MPEG4, "-g", "100"),
}


@pytest.mark.parametrize("name", LONG)
def test_seeking_changes_nothing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a long clip the way to the next sample is seeked; the frames are those of reading through."""
    path = flat_clip(tmp_path / name, SAWTOOTH, options=LONG[name])
    seeked = sampled(path, 7)
    monkeypatch.setattr(video, "SEEK_FROM_S", float("inf"))
    assert seeked == sampled(path, 7)
    assert len(seeked[1]) == 7
    assert seeked[2] == pytest.approx([SAWTOOTH[round(10 * time_s)] for time_s in seeked[1]], abs=8)


@pytest.mark.parametrize("name", LONG)
def test_far_samples_move_to_cheap_frames(name: str, tmp_path: Path) -> None:
    """If they may: by less than half their distance, to frames that follow key frames; each is that of its time."""
    path = flat_clip(tmp_path / name, SAWTOOTH, options=LONG[name])
    duration_s, times_s, greys = sampled(path, 7, near_keys=True)
    assert times_s == pytest.approx(sample_times(duration_s, 7), abs=duration_s / 14 + 0.1)
    assert greys == pytest.approx([SAWTOOTH[round(10 * time_s)] for time_s in times_s], abs=8)


def test_cheap_frames_follow_key_frames(tmp_path: Path) -> None:
    """By as many frames as a seek needs."""
    options = (*H264, "-g", "30", "-sc_threshold", "0")
    times_s = sampled(flat_clip(tmp_path / "even.mp4", SAWTOOTH, options=options), 7, near_keys=True)[1]
    assert {round(10 * time_s) % 30 for time_s in times_s} == {video.AFTER_KEY}


def test_a_frame_before_a_seek_is_taken_early(tmp_path: Path) -> None:
    """Film between it and the next key frame is not decoded; frames on the way to it stay, and none come close."""
    options = (*H264, "-g", "100", "-sc_threshold", "0")
    times_s = sampled(flat_clip(tmp_path / "rare.mp4", SAWTOOTH, options=options), 16, near_keys=True)[1]
    assert times_s[:5] == pytest.approx([1.7, 5.6, 7.5, 11.7, 15.0])
    assert min(after - before for before, after in pairwise(times_s)) >= 60 / 16 / 2 - 0.1
    assert sample_times(60, 16) == pytest.approx(times_s, abs=60 / 16 / 2 + 0.1)


def test_decoding_ahead_ends_before_its_clip(tmp_path: Path) -> None:
    """Who stops in the middle can close the clip at once; an error comes through, after the frames before it."""

    def failing() -> Iterator[video.Frame]:
        yield 0.0, np.zeros((1, 1, 3), np.uint8)
        raise MediaError("truncated", "Expected a whole file.")

    path = flat_clip(tmp_path / "clip.mp4", GREYS, options=H264)
    with closing(Clip(path)) as clip, closing(video.decoded_ahead(clip.sample(30))) as frames:
        assert next(frames)[0] == 0
    frames = video.decoded_ahead(failing())
    assert next(frames)[0] == 0
    with pytest.raises(MediaError, match="whole file"):
        next(frames)


def test_far_samples_stay_where_they_must(tmp_path: Path) -> None:
    """Unless asked for otherwise, the frame of the very sample time is taken, as the extension does."""
    path = flat_clip(tmp_path / "even.mp4", SAWTOOTH, options=(*H264, "-g", "30"))
    duration_s, times_s, _ = sampled(path, 7)
    assert times_s == pytest.approx(sample_times(duration_s, 7), abs=0.1)


def test_near_samples_stay(tmp_path: Path) -> None:
    """In a short clip the frame of the very sample time is taken, whatever it costs."""
    path = flat_clip(tmp_path / "short.mp4", SAWTOOTH[:100], options=(*H264, "-g", "30"))
    assert sampled(path, 7, near_keys=True)[1] == pytest.approx([0.7, 2.1, 3.5, 5.0, 6.4, 7.8, 9.2])


def test_seeking_at_variable_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seeking misses no frame where the frame rate changes half-way."""
    times_s = "if(lt(N,300),N/20,15+(N-300)/2)"
    path = flat_clip(tmp_path / "a.mp4", SAWTOOTH[:360], times_s=times_s, options=(*H264, "-g", "50"))
    seeked = sampled(path, 6)
    monkeypatch.setattr(video, "SEEK_FROM_S", float("inf"))
    assert seeked == sampled(path, 6)
    assert seeked[0] == pytest.approx(45, abs=0.6)


TURNED = {0: "null", 90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}


@pytest.mark.parametrize("degrees", TURNED)
def test_rotation(degrees: int, tmp_path: Path, detector: Detector) -> None:
    """A clip that is stored turned, with a display matrix, comes out upright: its size, and its face in its place."""
    portrait_clip(tmp_path / "stored.mp4", seconds=0.5, filters=f"pad=512:640:0:64,{TURNED[degrees]}")
    path = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", str(degrees), "-i", tmp_path / "stored.mp4", "-c", "copy", path)
    result = detector.score(path, frames=1)
    assert (result.width_px, result.height_px) == (512, 640)
    left, top, right, bottom = FACE_XYXY
    assert result.tracks[0].frames[0].box == pytest.approx((left, top + 64, right, bottom + 64), abs=12)


def test_too_large_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clip of larger frames than the limit is refused before any is decoded."""
    monkeypatch.setattr(video, "MAX_PIXELS", 64 * 48 - 1)
    with pytest.raises(MediaError, match="Expected at most 3071 pixels a frame") as caught:
        Clip(flat_clip(tmp_path / "a.mp4", [90]))
    assert caught.value.reason == "too_large"
