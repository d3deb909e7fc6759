"""Random expressions as movements of Face Mesh points, after the action units of Ekman and Friesen (FACS, 1978)."""

import numpy as np
from numpy.typing import NDArray

from unmask_training.synthesis.landmark_geometry import (
    BROWS,
    FEATURES,
    INNER_LIPS,
    LEFT_EYE,
    OUTER_LIPS,
    RIGHT_EYE,
)
from unmask_training.synthesis.masks import FACE_OVAL, Points

# The points that a warp follows.
CONTROLS = [*FACE_OVAL[::2], *OUTER_LIPS[::2], *INNER_LIPS[::2], *RIGHT_EYE[::2], *LEFT_EYE[::2], *BROWS]
CONTROLS += [point for point in FEATURES[-17:] if point not in CONTROLS]
_LIPS = [*OUTER_LIPS, *INNER_LIPS]
_LOWER_LIP = [146, 91, 181, 84, 17, 314, 405, 321, 375, 95, 88, 178, 87, 14, 317, 402, 318, 324]
_JAW = [200, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288]
_UPPER_LIDS, _LOWER_LIDS = ([246, 161, 160, 159, 158, 157, 173], [7, 163, 144, 145, 153, 154, 155])
_UPPER_LIDS += [466, 388, 387, 386, 385, 384, 398]
_LOWER_LIDS += [249, 390, 373, 374, 380, 381, 382]
_NOSE = [168, 6, 195, 4, 2, 98, 327, 64, 294]
_RIGHT_SIDE, _LEFT_SIDE, _FOREHEAD, _CHIN = 234, 454, 10, 152


def random_expression(landmarks: Points, mouth_only: bool, rng: np.random.Generator) -> Points:
    """`(468, 2)` landmarks with the `CONTROLS` among them moved.

    Args:
        landmarks: `(468, 2)` points in px.
        mouth_only: leave everything above the mouth as it is.
        rng: the source of every choice.
    """
    across, down = landmarks[_LEFT_SIDE] - landmarks[_RIGHT_SIDE], landmarks[_CHIN] - landmarks[_FOREHEAD]
    goal = landmarks + _mouth(landmarks, across, down, rng)
    if not mouth_only:
        goal += _turn(landmarks, across, down, rng)
        goal[list(BROWS)] += np.float32(rng.uniform(-0.025, 0.035)) * down
        shut = np.float32(rng.uniform(-0.2, 0.7) if rng.random() < 0.5 else 0)
        goal[_UPPER_LIDS] += shut * (goal[_LOWER_LIDS] - goal[_UPPER_LIDS])
    return goal.astype(np.float32)


def _mouth(landmarks: Points, across: Points, down: Points, rng: np.random.Generator) -> NDArray[np.float32]:
    """Jaw, corners of the mouth and a shift to one side."""
    move = np.zeros_like(landmarks)
    opened = float(np.linalg.norm(landmarks[14] - landmarks[13])) / max(float(np.linalg.norm(down)), 1e-6)
    # An open mouth may close; a shut one can only open.
    jaw = np.float32(rng.triangular(-0.8 * min(opened, 0.1), 0.02, 0.1))
    middle = landmarks[[61, 291]].mean(axis=0)
    half_px = max(float(np.linalg.norm(landmarks[291] - landmarks[61])) / 2, 1e-6)
    sideways = ((landmarks - middle) @ across / max(float(np.linalg.norm(across)), 1e-6) / half_px)[:, None]
    move[_LOWER_LIP] += jaw * down * (1 - np.clip(sideways[_LOWER_LIP], -1, 1) ** 2)
    move[_JAW] += jaw * down * np.exp(-(sideways[_JAW] ** 2) / 4)
    # Corners go out and up in a smile, in and forward in an o.
    smile = np.float32(rng.uniform(-0.05, 0.05))
    outward = np.clip(sideways[_LIPS], -1, 1)
    move[_LIPS] += smile * (outward * across * np.float32(0.8) - outward**2 * down * np.float32(0.6))
    move[[50, 280, 205, 425]] -= np.float32(0.3) * smile * down
    move[_LIPS] += np.float32(rng.normal(0, 0.008)) * across
    return move


def _turn(landmarks: Points, across: Points, down: Points, rng: np.random.Generator) -> NDArray[np.float32]:
    """A small turn of the head: what lies nearer to the camera moves further."""
    middle = landmarks[[_RIGHT_SIDE, _LEFT_SIDE]].mean(axis=0)
    aside = (landmarks - middle) @ across / max(float(across @ across), 1e-6)
    depth = np.clip(1 - (2 * aside) ** 2, 0, 1)
    depth[_NOSE] += [0, 0.1, 0.4, 0.6, 0.4, 0.25, 0.25, 0.25, 0.25]
    yaw, pitch = rng.normal(0, 0.025, 2).astype(np.float32)
    shift: NDArray[np.float32] = depth[:, None].astype(np.float32) * (yaw * across + pitch * down)
    return shift
