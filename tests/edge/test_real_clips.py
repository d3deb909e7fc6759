"""Real clips and photographs beside the checkout."""

from pathlib import Path

import pytest

from unmask_edge import Detector

pytestmark = pytest.mark.shared


def test_every_clip_is_scored(shared: Path, detector: Detector) -> None:
    """In every clip of the video set a face is found and scored in each sampled frame or nearly so."""
    clips = sorted((shared / "data" / "video-val" / "clips").glob("*.mp4"))
    assert clips
    for clip in clips:
        result = detector.score(clip, frames=6)
        assert result.error is None, clip.name
        assert result.frames_sampled == 6, clip.name
        assert max(len(track.frames) for track in result.tracks) >= 3, clip.name


@pytest.mark.parametrize("folder", ["open-faces/val/real", "open-faces/val/fake", "generated/val/real"])
def test_faces_in_photographs(folder: str, shared: Path, detector: Detector) -> None:
    """The face finder finds a face in nearly all of a sample of photographs."""
    pictures = sorted((shared / "data" / folder).glob("*.jpg"))[:40]
    found = [picture for picture in pictures if detector.score(picture).error is None]
    assert len(found) >= 0.9 * len(pictures) > 0
