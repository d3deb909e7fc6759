"""Pictures that a net has drawn, imitated: a real picture, taken apart and put together again by an autoencoder.

Generators end in up-sampling, and up-sampling leaves a trace (Odena et al. 2016, Durall et al., CVPR 2020), which a
plain reconstruction carries as well (Zhang et al., "Detecting and Simulating Artifacts in GAN Fake Images", WIFS 2019).
Reconstructed pairs show the same scene, so that nothing but the trace is left to learn: the idea of DRCT (Chen et al.,
ICML 2024) and of "Aligned Datasets" (Rajan et al., ICLR 2025) for latent diffusion, whose decoder AEROBLADE (Ricker et
al., CVPR 2024) recognises by the same reconstruction. Theirs are the decoders of known generators; these are small
ones of our own, of several kinds.
"""

import numpy as np
from numpy.typing import NDArray

from unmask_edge.crop import resize
from unmask_edge.opencv import cv2
from unmask_training.synthesis.autoencoder_nets import PICTURE_PX, UP_SAMPLINGS, run_net
from unmask_training.synthesis.autoencoder_swap import require_face
from unmask_training.synthesis.blending import blend
from unmask_training.synthesis.even_sharpness import Twins, even, sharpen, softener
from unmask_training.synthesis.forgery import RGB, FaceImage, Forgery, Mask
from unmask_training.synthesis.masks import draw_region, soften

_SIDES_PX = [128, 160, 192, 224, PICTURE_PX]
_COARSE_FROM_PX = 192
_DRAWN_REGION = {"face": 0.35, "no_forehead": 0.25, "large": 0.25, "head": 0.15}
_DRIFT_PX = 25


def generated(face: FaceImage, rng: np.random.Generator) -> Forgery:
    """Forge a picture, or the face in it, by an autoencoder's reconstruction.

    Both twins are first brought to one of the sizes at which a generator may have drawn the picture, and then back.

    Raises:
        UnmaskError: if the landmarks are no face's, or lie outside the picture.
    """
    require_face(face)
    height, width = face.image.shape[:2]
    factor = int(rng.choice(_SIDES_PX)) / max(height, width)
    small = resize(face.image, round(width * factor), round(height * factor))
    filter_ = int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4]))
    image, drawn = (
        cv2.resize(picture, (width, height), interpolation=filter_).astype(np.uint8, copy=False)
        for picture in (small, _draw(small, rng))
    )
    if rng.random() < 0.6:
        kind, mask = "picture", np.ones((height, width), np.float32)
    else:
        kind, mask = "face", _face_mask(face, rng)
    real, fake = _twins(image, drawn, mask, face.landmarks, rng)
    return Forgery(real, fake, mask, f"generated/{kind}")


def _draw(image: RGB, rng: np.random.Generator) -> RGB:
    """The reconstruction of a picture of at most PICTURE_PX, by a decoder drawn from all."""
    height, width = image.shape[:2]
    # Where the up-sampling's grid falls must not depend on the picture's corner.
    top, left = int(rng.integers(PICTURE_PX - height + 1)), int(rng.integers(PICTURE_PX - width + 1))
    bottom, right = PICTURE_PX - height - top, PICTURE_PX - width - left
    whole = cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_REFLECT)
    # A coarse code tells too little about a small picture.
    stride = int(rng.choice([4, 4, 8])) if max(height, width) >= _COARSE_FROM_PX else 4
    latent = run_net(f"encoder{stride}", whole.astype(np.float32))
    if rng.random() < 0.5:
        # What a generator decodes is no picture's exact latent.
        noise = rng.standard_normal(latent.shape, np.float32) * latent.std(axis=(0, 1))
        latent = latent + np.float32(rng.uniform(0, 0.15)) * noise
    decoded = run_net(f"{rng.choice(UP_SAMPLINGS[stride])}{stride}", latent)[top : top + height, left : left + width]
    # Small nets are a little off in colour, which no trace of up-sampling is.
    drift = cv2.blur(cv2.subtract(image, decoded, dtype=cv2.CV_32F), (_DRIFT_PX, _DRIFT_PX))
    return cv2.add(decoded, drift, dtype=cv2.CV_8U).astype(np.uint8, copy=False)


def _face_mask(face: FaceImage, rng: np.random.Generator) -> Mask:
    _, mask = draw_region((face.image.shape[0], face.image.shape[1]), face.landmarks, _DRAWN_REGION, rng)
    return soften(mask, float(np.ptp(face.landmarks[:, 0])), rng)


def _twins(
    image: RGB, drawn: RGB, mask: Mask, landmarks: NDArray[np.float32], rng: np.random.Generator
) -> tuple[RGB, RGB]:
    """The picture and its forgery: as they come, or evened by softening the one or sharpening the other."""
    whole = mask.min() == 1
    choice = rng.random()
    if choice < 0.1:
        return image, blend(drawn, image, mask)
    soft, radius_px = softener(rng), rng.uniform(0.6, 1.2)

    def softened(strength: float) -> Twins:
        real = soft(image, strength)
        return real, drawn if whole else blend(drawn, real, mask)

    def sharpened(strength: float) -> Twins:
        return image, blend(sharpen(drawn, strength, radius_px), image, mask)

    return even(softened if choice < 0.6 else sharpened, landmarks, rng)
