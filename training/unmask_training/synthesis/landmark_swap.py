"""The classic swap by landmarks: another person's face, warped triangle by triangle into the target's pose.

As in Marek Kowalski's FaceSwap, one of FaceForensics++'s four methods (Roessler et al., ICCV 2019): piecewise affine
warp, colour transfer, a narrow feather or a Poisson blend (Perez et al., "Poisson Image Editing", SIGGRAPH 2003).
Traces lie at jaw and brows, where the cut runs, and in detail stretched to fit another head.
"""

import numpy as np

from unmask_training.synthesis.blending import blend, poisson_blend
from unmask_training.synthesis.forgery import FaceImage, Forgery, Mask
from unmask_training.synthesis.landmark_geometry import BROWS, FEATURES, is_usable, ring, triangle_warp
from unmask_training.synthesis.masks import FACE_OVAL, Points, hull, smooth
from unmask_training.synthesis.rendering import match_colour, render_apart

_TRIANGULATED = [*FACE_OVAL, *FEATURES]
_CHIN, _FOREHEAD = 152, 10


def landmark_swap(face: FaceImage, donor: FaceImage, rng: np.random.Generator) -> Forgery:
    """Put a donor's face in place of a face; landmarks that are no face's leave it as it is, with an empty mask."""
    shape = face.image.shape[:2]
    if not (is_usable(face.landmarks) and is_usable(donor.landmarks)):
        return Forgery(face.image, face.image.copy(), np.zeros(shape, np.float32), "landmark_swap/feather")
    # The ring gives the feather pixels of the donor beyond the outline.
    source_points, target_points = (
        np.concatenate([side.landmarks[_TRIANGULATED], ring(side.landmarks, 1.2)]) for side in (donor, face)
    )
    source, held = triangle_warp(donor.image, source_points, target_points, shape)
    feather_px = float(rng.uniform(0.003, 0.03)) * float(np.ptp(face.landmarks[:, 0]))
    mask = smooth(_cut(face.landmarks, shape, rng) * held, feather_px)
    source, target = render_apart(source, face.image, rng)
    source = match_colour(source, target, mask, float(rng.uniform(0.6, 1.0)))
    if rng.random() < 0.3 and mask.any():
        return Forgery(target, poisson_blend(source, target, mask), mask, "landmark_swap/poisson")
    return Forgery(target, blend(source, target, mask), mask, "landmark_swap/feather")


def _cut(landmarks: Points, shape: tuple[int, int], rng: np.random.Generator) -> Mask:
    """The whole face, or the face from just above the brows to the jaw; a little inside or outside its outline."""
    points = landmarks
    if rng.random() < 0.6:
        up = landmarks[_FOREHEAD] - landmarks[_CHIN]
        height = (landmarks - landmarks[_CHIN]) @ up / (up @ up)
        points = landmarks[height <= height[list(BROWS)].max() + rng.uniform(0, 0.06)]
    centre = points.mean(axis=0)
    return hull(shape, centre + np.float32(rng.uniform(0.9, 1.06)) * (points - centre))
