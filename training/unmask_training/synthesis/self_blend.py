"""Self-blended images (Shiohara and Yamasaki, "Detecting Deepfakes with Self-Blended Images", CVPR 2022).

A face is blended into a slightly changed copy of itself: nothing but the blend tells the result from the original, so
a net that learns to see it learns no tool's own traces.
"""

import numpy as np
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError
from unmask_edge.opencv import cv2
from unmask_training.synthesis.blending import blend_somehow
from unmask_training.synthesis.forgery import RGB, FaceImage, Forgery, Mask
from unmask_training.synthesis.masks import ANY_REGION, Points, deform, draw_region, soften
from unmask_training.synthesis.mismatch import mismatch

# A weaker change than this, in grey levels averaged over the mask, is none that training could call forged.
_LEAST_CHANGE = 1.0
_ATTEMPTS = 50
_BLENDINGS = {"alpha": 0.68, "multiband": 0.2, "poisson": 0.12}


def self_blend(face: FaceImage, rng: np.random.Generator) -> Forgery:
    """Forge a face from itself.

    Region, softness, strength, mismatch and blending are drawn anew until the change can be seen. The mismatch falls
    on what is pasted or on what it is pasted into by a coin, so that neither is always the softer; in the second case
    the real twin carries it too.

    Returns:
        The twins, their mask, and a kind such as `self_blend/lower/poisson`.

    Raises:
        UnmaskError: if the landmarks lie outside the picture.
    """
    for _ in range(_ATTEMPTS):
        forgery = _draw(face, rng)
        changed = forgery.mask > 0.5 * forgery.mask.max()
        if changed.any() and cv2.absdiff(forgery.real, forgery.fake)[changed].mean() >= _LEAST_CHANGE:
            return forgery
    low, high = face.landmarks.min(axis=0).tolist(), face.landmarks.max(axis=0).tolist()
    raise UnmaskError(f"Expected landmarks within a picture {face.image.shape}. Received: points from {low} to {high}.")


def _draw(face: FaceImage, rng: np.random.Generator) -> Forgery:
    image, landmarks = face.image, face.landmarks
    face_px = float(np.ptp(landmarks[:, 0]))
    kind, mask = draw_region((image.shape[0], image.shape[1]), landmarks, ANY_REGION, rng)
    mask = soften(deform(mask, face_px, rng), face_px, rng)
    source, target = image, image
    if rng.random() < 0.5:
        source = mismatch(image, rng)
    else:
        target = mismatch(image, rng)
    if rng.random() < 0.8:
        source, target, mask = _move(source, target, mask, landmarks, rng)
    mask = mask * np.float32(rng.choice([0.25, 0.5, 0.75, 1.0, 1.0, 1.0]))
    blending, fake, mask = blend_somehow(source, target, mask, _BLENDINGS, rng)
    return Forgery(target, fake, mask, f"self_blend/{kind}/{blending}")


def _move(source: RGB, target: RGB, mask: Mask, landmarks: Points, rng: np.random.Generator) -> tuple[RGB, RGB, Mask]:
    """Move source and mask by a little of the face's width, and turn and scale them about its centre."""
    face_px = float(np.ptp(landmarks[:, 0]))
    centre_x, centre_y = landmarks.mean(axis=0).tolist()
    turn = cv2.getRotationMatrix2D((centre_x, centre_y), rng.uniform(-2, 2), rng.uniform(0.95, 1.05))
    shift = np.array([rng.uniform(-0.06, 0.06), rng.uniform(-0.03, 0.03)]) * face_px
    matrix = turn + np.pad(shift[:, None], ((0, 0), (2, 0)))
    # Moving softens: a fraction of a pixel does the same to the target, or the forged face would be the softer twin.
    fraction = np.hstack([np.eye(2), rng.uniform(-0.5, 0.5, (2, 1))])
    filtering = [cv2.INTER_LINEAR, cv2.INTER_CUBIC][rng.integers(2)]
    moved_mask = cv2.warpAffine(mask, matrix, mask.shape[::-1]).astype(np.float32, copy=False)
    return _warped(source, matrix, filtering), _warped(target, fraction, filtering), moved_mask


def _warped(image: RGB, matrix: NDArray[np.float64], filtering: int) -> RGB:
    size = (image.shape[1], image.shape[0])
    warped = cv2.warpAffine(image, matrix, size, flags=filtering, borderMode=cv2.BORDER_REPLICATE)
    return warped.astype(np.uint8, copy=False)
