"""Verdicts on the faces of an endless source: when they are given, held, changed and withdrawn."""

import pytest

from unmask_edge import Detector
from unmask_edge.manifest import Bands, Manifest
from unmask_edge.result import FaceFrame
from unmask_edge.scoring import Flaw, Judgement, Verdict
from unmask_edge.watch.faces import GONE_AFTER_S, Faces, News, held

BANDS = Bands(likely_authentic_below=0.3, likely_manipulated_from=0.7)


@pytest.fixture
def manifest(detector: Detector) -> Manifest:
    """The packaged one, with round bands."""
    return detector.bundle.manifest.model_copy(update={"bands": BANDS})


def seen(score: float, x: float = 100, flaw: Flaw | None = None) -> FaceFrame:
    """A face of 80 px."""
    box = (x, 100.0, x + 80, 180.0)
    return FaceFrame(time_s=0, box=box, crop=(0, 0, 1, 1), score=score, flaw=flaw, region_map=[[0]])


def told(news: list[News]) -> list[tuple[str, int, Verdict | None]]:
    """Change, track and verdict of each."""
    return [(one.change, one.face.number, one.face.verdict) for one in news]


def test_a_verdict_takes_frames_and_is_told_once(manifest: Manifest) -> None:
    """Nothing is said after two frames; after the third the verdict, and no more while it stands."""
    faces = Faces(manifest)
    news = [told(faces.update(second, [seen(0.9)])) for second in range(6)]
    assert news == [[], [], [("verdict_given", 0, "likely manipulated")], [], [], []]


def test_flawed_frames_give_none(manifest: Manifest) -> None:
    """Blurred faces are never judged, and a verdict is withdrawn once they are all that was seen lately."""
    faces = Faces(manifest)
    assert not any(faces.update(second, [seen(0.9, flaw="face_too_blurred")]) for second in range(5))
    for second in range(5, 9):
        faces.update(second, [seen(0.9)])
    blurred = [faces.update(second, [seen(0.9, flaw="face_too_blurred")]) for second in range(9, 30)]
    assert [one for news in blurred for one in told(news)] == [("verdict_withdrawn", 0, None)]


def test_a_face_that_leaves_is_let_go(manifest: Manifest) -> None:
    """It is told once, and whoever comes later is another face."""
    faces = Faces(manifest)
    for second in range(3):
        faces.update(second, [seen(0.1)])
    assert not faces.update(2 + GONE_AFTER_S, [])
    assert told(faces.update(2.1 + GONE_AFTER_S, [])) == [("face_gone", 0, "likely authentic")]
    assert not faces.in_sight
    faces.update(20, [seen(0.1)])
    assert list(faces.in_sight) == [1]


def test_who_was_never_judged_leaves_in_silence(manifest: Manifest) -> None:
    """Nothing is told of a face that nothing was said of."""
    faces = Faces(manifest)
    faces.update(0, [seen(0.9)])
    assert not faces.update(10, [])


def test_two_faces_have_verdicts_of_their_own(manifest: Manifest) -> None:
    """Each keeps its track, whatever order they are found in."""
    faces = Faces(manifest)
    faces.update(0, [seen(0.9), seen(0.1, x=400)])
    faces.update(1, [seen(0.1, x=400), seen(0.9)])
    news = told(faces.update(2, [seen(0.9), seen(0.1, x=400)]))
    assert news == [("verdict_given", 0, "likely manipulated"), ("verdict_given", 1, "likely authentic")]


def test_only_the_last_frames_count(manifest: Manifest) -> None:
    """After as many frames as a clip is sampled at, what was seen before no longer matters."""
    faces = Faces(manifest)
    frames = manifest.sampling.frames
    for second in range(100):
        faces.update(second, [seen(0.1)])
    news = [told(faces.update(100 + second, [seen(0.9)])) for second in range(frames)]
    assert [one for some in news for one in some][-1] == ("verdict_changed", 0, "likely manipulated")
    assert len(faces.in_sight[0].frames) == frames


@pytest.mark.parametrize(
    ("before", "score", "verdict"),
    [
        (None, 0.69, "inconclusive"),
        ("likely manipulated", 0.69, "likely manipulated"),
        ("likely manipulated", 0.5, "likely manipulated"),
        ("likely manipulated", 0.49, "inconclusive"),
        ("likely manipulated", 0.2, "likely authentic"),
        ("likely authentic", 0.31, "likely authentic"),
        ("likely authentic", 0.5, "inconclusive"),
        ("likely authentic", 0.8, "likely manipulated"),
        ("inconclusive", 0.31, "inconclusive"),
    ],
)
def test_what_was_said_stands_near_its_band(before: Verdict | None, score: float, verdict: Verdict) -> None:
    """A verdict is held up to the middle between the bands; none is given for coming near one."""
    judged: Verdict = "likely manipulated" if score >= 0.7 else "likely authentic" if score < 0.3 else "inconclusive"
    assert held(before, Judgement(score, judged, None, reliable=True), BANDS) == verdict


def test_nothing_stands_without_evidence() -> None:
    """However sure it was before."""
    unreliable = Judgement(0.99, "inconclusive", "too_few_frames", reliable=False)
    assert held("likely manipulated", unreliable, BANDS) is None
