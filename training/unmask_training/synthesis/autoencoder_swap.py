"""The classic face swap, imitated: an autoencoder draws the face anew, and it is pasted over the old one.

Swapping tools share one encoder among people and train a decoder for each; what they put into a frame is a square of 64
to 256 px that was turned upright, drawn from a narrow code, turned back, matched in colour and feathered in. Here one
decoder serves everyone, and noise on the code changes who it draws: the traces are a swap's, the person is nobody.
"""

import numpy as np
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError
from unmask_edge.opencv import cv2
from unmask_training.synthesis.autoencoder_nets import CODE_SHAPE, SWAP_PX, run_net
from unmask_training.synthesis.blending import blend, poisson_blend
from unmask_training.synthesis.even_sharpness import Twins, even, sharpen, softener
from unmask_training.synthesis.forgery import RGB, FaceImage, Forgery, Mask
from unmask_training.synthesis.landmark_geometry import is_usable
from unmask_training.synthesis.masks import hull, soften
from unmask_training.synthesis.rendering import match_colour

# Face Mesh's points of the outer and inner corners of both eyes, the mouth's corners, nose and chin.
_ANCHORS = [33, 133, 362, 263, 61, 291, 1, 152]
# Where they lie in a face square of side 1; mirror-symmetric, so that the square turns with the head alone.
_PLACES = np.array(
    [[0.27, 0.36], [0.43, 0.36], [0.57, 0.36], [0.73, 0.36], [0.37, 0.7], [0.63, 0.7], [0.5, 0.56], [0.5, 0.93]],
    np.float64,
)
_BROWS = [105, 334]


def autoencoder_swap(face: FaceImage, rng: np.random.Generator) -> Forgery:
    """Forge a face by the autoencoder's drawing of it.

    Raises:
        UnmaskError: if the landmarks are no face's, or lie outside the picture.
    """
    require_face(face)
    image, landmarks = face.image, face.landmarks
    square, to_square = aligned(image, landmarks)
    drawn = _sized(_draw(square, rng), rng)
    back = cv2.invertAffineTransform(to_square) @ np.diag([SWAP_PX / drawn.shape[1], SWAP_PX / drawn.shape[0], 1])
    size = (image.shape[1], image.shape[0])
    pasted = cv2.warpAffine(drawn, back, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    mask = _mask(image.shape[:2], landmarks, to_square, rng)
    pasted = match_colour(pasted.astype(np.uint8, copy=False), image, mask, rng.uniform(0.3, 1))
    real, fake = _twins(image, pasted, mask, landmarks, rng)
    if poisson := rng.random() < 0.3:
        fake = poisson_blend(fake, real, mask)
    return Forgery(real, fake, mask, f"autoencoder_swap/{'poisson' if poisson else 'feather'}")


def require_face(face: FaceImage) -> None:
    """Raise `UnmaskError` unless landmarks spread like a face's and have their middle in the picture."""
    middle, size = face.landmarks.mean(axis=0), np.array(face.image.shape[1::-1])
    if not is_usable(face.landmarks) or not ((middle >= 0) & (middle < size)).all():
        low, high = face.landmarks.min(axis=0).tolist(), face.landmarks.max(axis=0).tolist()
        raise UnmaskError(
            f"Expected a face's landmarks in a picture {face.image.shape}. Received: points from {low} to {high}."
        )


def aligned(image: RGB, landmarks: NDArray[np.float32]) -> tuple[RGB, NDArray[np.float64]]:
    """The face turned, scaled and shifted into the autoencoder's square.

    Returns:
        `(SWAP_PX, SWAP_PX, 3)` uint8 RGB, and the `(2, 3)` float64 matrix that brought it there.
    """
    matrix = _similarity(landmarks[_ANCHORS].astype(np.float64), _PLACES * SWAP_PX)
    size = (SWAP_PX, SWAP_PX)
    face = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return face.astype(np.uint8, copy=False), matrix


def face_ellipse() -> Mask:
    """Where a face fills the square, `(SWAP_PX, SWAP_PX)` float32 in [0, 1]: the part that is trained and pasted."""
    mask = np.zeros((SWAP_PX, SWAP_PX), np.float32)
    cv2.ellipse(
        mask, (SWAP_PX // 2, int(0.54 * SWAP_PX)), (int(0.43 * SWAP_PX), int(0.44 * SWAP_PX)), 0, 0, 360, 1.0, -1
    )
    return np.minimum(cv2.GaussianBlur(mask, (0, 0), 2), 1).astype(np.float32, copy=False)


def _similarity(points: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotation, scale and shift that bring points nearest to places (Umeyama 1991)."""
    points_middle, places_middle = points.mean(axis=0), places.mean(axis=0)
    # In the plane a rotation and scale is one complex factor, and its least squares are a quotient.
    a, b = ((some - some.mean(axis=0)) @ np.array([1, 1j]) for some in (points, places))
    factor = np.vdot(a, b) / np.vdot(a, a)
    turn = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([turn, places_middle - turn @ points_middle])


def _draw(square: RGB, rng: np.random.Generator) -> RGB:
    code = run_net("swap_encoder", square.astype(np.float32))
    # Smooth over the face: another person, not a torn one.
    noise = cv2.resize(rng.standard_normal((2, 2, CODE_SHAPE[-1]), np.float32), CODE_SHAPE[:2])
    drawn = run_net("swap_decoder", code + np.float32(rng.uniform(0, 0.3)) * noise)
    pixels: RGB = np.clip(np.rint(drawn), 0, 255).astype(np.uint8)
    return pixels


def _sized(drawn: RGB, rng: np.random.Generator) -> RGB:
    """As a decoder of one of the usual sizes would have given it, perhaps sharpened as the tools offer."""
    side = int(rng.choice([64, 96, SWAP_PX]))
    sized = cv2.resize(drawn, (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return sharpen(sized, rng.uniform(0.1, 0.6)) if rng.random() < 0.4 else sized


def _mask(
    shape: tuple[int, int], landmarks: NDArray[np.float32], to_square: NDArray[np.float64], rng: np.random.Generator
) -> Mask:
    """A feathered hull of the landmarks, more or less wide, with or without the forehead, inside the square."""
    points = landmarks
    if rng.random() < 0.5:
        heights = landmarks @ to_square[1, :2]
        points = landmarks[heights >= heights[_BROWS].min()]
    middle = points.mean(axis=0)
    wide = middle + (points - middle) * rng.uniform(0.8, 1.1, 2)
    inside = cv2.warpAffine(face_ellipse(), to_square, shape[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    feathered = soften(hull(shape, wide), float(np.ptp(landmarks[:, 0])), rng)
    return cv2.multiply(feathered, inside).astype(np.float32, copy=False)


def _twins(
    image: RGB, pasted: RGB, mask: Mask, landmarks: NDArray[np.float32], rng: np.random.Generator
) -> tuple[RGB, RGB]:
    """The picture and its forgery: as they come, softened all over, or with grain or detail on the drawn face."""
    choice = rng.random()
    if choice < 0.1:
        return image, blend(pasted, image, mask)
    soft = softener(rng)
    grain = np.asarray(rng.standard_normal(image.shape, np.float32))

    def softened(strength: float) -> Twins:
        real = soft(image, strength)
        return real, blend(pasted, real, mask)

    def grainy(strength: float) -> Twins:
        grained = cv2.add(pasted, np.float32(12 * strength) * grain, dtype=cv2.CV_8U)
        return image, blend(grained.astype(np.uint8, copy=False), image, mask)

    # Better trained decoders draw more than the code can carry here; what they add lies on the same features.
    coarse = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.01, 0.04) * float(np.ptp(landmarks[:, 0])))
    detail = cv2.subtract(image, coarse, dtype=cv2.CV_32F)

    def detailed(strength: float) -> Twins:
        drawn = cv2.add(pasted, np.float32(1.2 * strength) * detail, dtype=cv2.CV_8U)
        return image, blend(drawn.astype(np.uint8, copy=False), image, mask)

    return even(softened if choice < 0.35 else grainy if choice < 0.45 else detailed, landmarks, rng)
