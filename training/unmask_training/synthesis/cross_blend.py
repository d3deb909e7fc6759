"""Another person's face blended in by a soft mask (Li et al., "Face X-ray", CVPR 2020).

The donor's face is laid over the target's, takes on its colours more or less, and is blended by a mask as varied as a
self-blend's. Unlike a self-blend, what lies inside was taken by another camera, in another light.
"""

import numpy as np

from unmask_training.synthesis.blending import blend_somehow
from unmask_training.synthesis.forgery import FaceImage, Forgery
from unmask_training.synthesis.landmark_geometry import FEATURES, aligned, is_usable, ring, smooth_warp
from unmask_training.synthesis.masks import FACE_OVAL, SWAPPED_REGION, Points, deform, draw_region, hull, soften
from unmask_training.synthesis.mismatch import mismatch
from unmask_training.synthesis.rendering import match_colour, render_apart

# Tools that paste a face into a photograph mostly blend its gradients: hair and shade at the edge bleed into the skin.
_BLENDINGS = {"alpha": 0.4, "multiband": 0.15, "poisson": 0.45}
_CONTROLS = [*FACE_OVAL[::2], *FEATURES[::2]]


def cross_blend(face: FaceImage, donor: FaceImage, rng: np.random.Generator) -> Forgery:
    """Blend a donor's face into a picture; landmarks that are no face's leave it as it is, with an empty mask."""
    shape, kind = face.image.shape[:2], "cross_blend"
    if not (is_usable(face.landmarks) and is_usable(donor.landmarks)):
        return Forgery(face.image, face.image.copy(), np.zeros(shape, np.float32), kind)
    placed = aligned(donor.landmarks, face.landmarks)
    goal = placed + np.float32(_fit(placed, face.landmarks, rng)) * (face.landmarks - placed)
    source, held = smooth_warp(donor.image, donor.landmarks[_CONTROLS], goal[_CONTROLS], shape)
    face_px = float(np.ptp(face.landmarks[:, 0]))
    # A donor's hair and background would look pasted to any eye; tools keep to the face.
    near_face = hull(shape, ring(face.landmarks, 1.15))
    region, area = draw_region(shape, face.landmarks, SWAPPED_REGION, rng)
    mask = soften(deform(area, face_px, rng) * near_face * held, face_px, rng)
    mask *= np.float32(rng.choice([0.75, 1.0, 1.0, 1.0]))
    source, target = render_apart(source, face.image, rng)
    source = match_colour(source, target, mask, float(rng.uniform(0.6, 1.0)))
    if rng.random() < 0.3:
        source = mismatch(source, rng)
    blending, fake, mask = blend_somehow(source, target, mask, _BLENDINGS, rng)
    return Forgery(target, fake, mask, f"{kind}/{region}/{blending}")


def _fit(placed: Points, landmarks: Points, rng: np.random.Generator) -> float:
    """How far the donor's features follow the target's: the more, the further apart they lie."""
    apart = np.linalg.norm(placed - landmarks, axis=1).mean() / np.ptp(landmarks[:, 0])
    return float(rng.uniform(min(1.0, 8 * apart), 1.0)) if rng.random() < 0.7 else float(min(1.0, 8 * apart))
