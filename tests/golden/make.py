"""Writes `arithmetic.json`, the vectors that hold Python and TypeScript to the same arithmetic.

    python tests/golden/make.py

pytest checks that Python still computes what stands there, vitest that TypeScript does. Run this only when a rule is
meant to change, and then change both languages.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from unmask_edge.crop import crop_scale, crop_square, face_crop, resize
from unmask_edge.face_finder import decode, fit
from unmask_edge.golden import Formula, formula_image
from unmask_edge.manifest import AggregationSpec, Bands, FaceFinderSpec, TrackingSpec
from unmask_edge.quality import sharpness
from unmask_edge.scoring import averaged, calibrate, frame_flaw, judge_input, judge_track
from unmask_edge.tracks import Tracker
from unmask_edge.video import sample_times

PATH = Path(__file__).with_name("arithmetic.json")
FORMULA = Formula(a=3, b=5, c=37, d=7)
FINDER = FaceFinderSpec(
    model="blazeface_full_range_sparse", sha256="0" * 64, input_px=192, score_threshold=0.5, iou_threshold=0.3
)
TRACKING = TrackingSpec(max_centre_shift=0.75, max_size_ratio=2)
AGGREGATION = AggregationSpec(
    track="mean_of_usable_frames", clip="highest_reliable_track", min_face_px=40, min_sharpness=10, min_frames=3
)
BANDS = Bands(likely_authentic_below=0.3, likely_manipulated_from=0.7)


def vectors() -> dict[str, Any]:
    """All vectors, by the name of the rule."""
    return {
        "specs": {
            "formula": FORMULA.model_dump(),
            "face_finder": FINDER.model_dump(),
            "tracking": TRACKING.model_dump(),
            "aggregation": AGGREGATION.model_dump(),
            "bands": BANDS.model_dump(),
        },
        "sample_times": [
            {"duration_s": d, "frames": n, "times_s": sample_times(d, n)} for d, n in [(6.0, 4), (0.04, 3)]
        ],
        "resize": [_resize(*sizes) for sizes in [(24, 24, 8, 8), (31, 31, 8, 8), (8, 8, 12, 12), (48, 27, 16, 9)]],
        "crop": [_crop(box, scale) for box, scale in _CROPS],
        "crop_scale": [
            {"frame": frame, "picture_scale": 1.3, "clip_scales": scales, "scale": crop_scale(frame, 1.3, scales)}
            for frame, scales in [(None, [1.0, 1.5]), (0, [1.1]), (7, [1.1]), (8, [1.0, 1.5, 2.0])]
        ],
        "letterbox": [{"image": [w, h], **vars(fit(w, h, 192))} for w, h in [(640, 480), (480, 853), (100, 100)]],
        "decode": _decode(),
        "sharpness": [_sharpness(side) for side in (16, 64)],
        "tracks": _tracks(),
        "calibrate": [
            {"raw_score": raw, "temperature": t, "score": calibrate(raw, t)}
            for raw in (0.0, 0.02, 0.5, 0.97, 1.0)
            for t in (0.5, 1.0, 2.5)
        ],
        "averaged": [
            {"raw_scores": raw_scores, "raw_score": averaged(raw_scores)}
            for raw_scores in ([0.3], [0.1, 0.6], [0.0, 1.0], [0.97, 0.999])
        ],
        "frame_flaw": [
            {"face_px": px, "sharpness": s, "flaw": frame_flaw(px, s, AGGREGATION)}
            for px, s in [(39.9, 100), (40, 9.9), (40, 10), (10, 1)]
        ],
        "judge": _judge(),
    }


_CROPS = [
    ([10.0, 12.0, 30.0, 40.0], 1.25),
    ([-8.0, -6.0, 20.0, 18.0], 1.4),
    ([50.5, 30.5, 70.25, 52.75], 1.0),
    ([20.0, 20.0, 24.0, 25.0], 1.25),
]


def _resize(width: int, height: int, to_width: int, to_height: int) -> dict[str, Any]:
    image = formula_image(width, height, FORMULA)
    return {
        "from": [width, height],
        "to": [to_width, to_height],
        "pixels": resize(image, to_width, to_height).reshape(-1).tolist(),
    }


def _crop(box: list[float], scale: float) -> dict[str, Any]:
    image = formula_image(64, 48, FORMULA)
    box_xyxy = np.array(box, np.float32)
    return {
        "image": [64, 48],
        "box": box,
        "scale": scale,
        "size_px": 8,
        "square": list(crop_square(box_xyxy, scale)),
        "pixels": face_crop(image, box_xyxy, scale, 8).reshape(-1).tolist(),
    }


def _decode() -> dict[str, Any]:
    """Four anchors above the threshold, two of them on one face; all others far below."""
    anchors: list[dict[str, Any]] = [
        {"index": 1000, "logit": 3.0, "raw": [1.5, -2.0, 40.0, 42.0]},
        {"index": 1001, "logit": 2.0, "raw": [-2.0, -1.5, 41.0, 40.0]},
        {"index": 300, "logit": 0.5, "raw": [0.0, 0.0, 20.0, 24.0]},
        {"index": 2303, "logit": 9.0, "raw": [-30.0, -30.0, 30.0, 30.0]},
    ]
    raw_boxes, logits = np.zeros((2304, 16), np.float32), np.full(2304, -8, np.float32)
    for anchor in anchors:
        raw_boxes[anchor["index"], :4] = anchor["raw"]
        logits[anchor["index"]] = anchor["logit"]
    boxes = decode(raw_boxes, logits, fit(640, 480, 192), FINDER)
    return {"image": [640, 480], "other_logits": -8, "anchors": anchors, "boxes": boxes.astype(float).tolist()}


def _sharpness(side: int) -> dict[str, Any]:
    return {"side": side, "value": sharpness(formula_image(side, side, FORMULA))}


def _tracks() -> dict[str, Any]:
    """Two faces that swap order, one that leaves and returns, one that grows too fast to be the same."""
    frames = [
        [[0, 0, 40, 40], [100, 0, 150, 50]],
        [[104, 2, 152, 52], [4, 2, 44, 42]],
        [[8, 4, 48, 44]],
        [[100, 0, 148, 50], [8, 4, 108, 104]],
        [],
        [[12, 4, 52, 44], [60, 60, 90, 90]],
    ]
    tracker = Tracker(TRACKING)
    numbers = [tracker.update(np.array(boxes, np.float32).reshape(-1, 4)) for boxes in frames]
    return {"frames": frames, "numbers": numbers}


def _judge() -> list[dict[str, Any]]:
    """Inputs of one or more tracks, each with frame scores and flaws."""
    small, blurred = "face_too_small", "face_too_blurred"
    inputs: list[tuple[int, list[tuple[list[float], list[Any]]]]] = [
        (16, [([0.9, 0.8, 0.7], [None] * 3)]),
        (16, [([0.1, 0.2, 0.1], [None] * 3), ([0.95, 0.9], [None] * 2)]),
        (16, [([0.1, 0.2, 0.1], [None] * 3), ([0.5, 0.6, 0.4, 0.99], [None, None, None, blurred])]),
        (16, [([0.9, 0.9, 0.9], [small, small, None])]),
        (16, [([0.9, 0.9, 0.9], [blurred, blurred, small])]),
        (1, [([0.7], [None])]),
        (1, [([0.3], [None])]),
        (1, [([0.1], [small])]),
    ]
    return [_judged(frames_sampled, tracks) for frames_sampled, tracks in inputs]


def _judged(frames_sampled: int, tracks: list[tuple[list[float], list[Any]]]) -> dict[str, Any]:
    judgements = [judge_track(scores, flaws, frames_sampled, AGGREGATION, BANDS) for scores, flaws in tracks]
    return {
        "frames_sampled": frames_sampled,
        "tracks": [
            {"scores": scores, "flaws": flaws, "judgement": vars(judgement)}
            for (scores, flaws), judgement in zip(tracks, judgements, strict=True)
        ],
        "input": vars(judge_input(judgements)),
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(vectors(), indent=1) + "\n", "utf-8")
