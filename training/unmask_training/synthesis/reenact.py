"""Reenactment: a face made to show another expression, whole or only its mouth, as talking-head and lip-sync tools do.

The face is warped by its landmarks, as in Thies et al., "Face2Face" (CVPR 2016), and Averbuch-Elor et al., "Bringing
Portraits to Life" (2017), and rendered again: softer, with teeth and eyes losing detail first. Identity and colours
stay, so the traces are texture, the inside of the mouth and the edge where warped meets untouched skin.
"""

import numpy as np

from unmask_edge.opencv import cv2
from unmask_training.synthesis.blending import blend
from unmask_training.synthesis.expression import CONTROLS, random_expression
from unmask_training.synthesis.forgery import RGB, FaceImage, Forgery, Mask
from unmask_training.synthesis.landmark_geometry import (
    INNER_LIPS,
    LEFT_EYE,
    OUTER_LIPS,
    RIGHT_EYE,
    aligned,
    is_usable,
    ring,
    smooth_warp,
)
from unmask_training.synthesis.masks import FACE_OVAL, Points, hull, smooth
from unmask_training.synthesis.rendering import render_apart

_LOWER_FACE = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 2)
_AROUND_MOUTH = (50, 207, 135, 170, 152, 395, 364, 427, 280, 2)
_FIXED_RING = 1.5


def reenact(face: FaceImage, rng: np.random.Generator) -> Forgery:
    """Give a face, or its mouth alone, a random expression; degenerate landmarks leave it as it is."""
    mouth_only = bool(rng.random() < 0.5)
    kind = "reenact/mouth" if mouth_only else "reenact/face"
    if not is_usable(face.landmarks):
        return _untouched(face, kind)
    return _rendered(face, random_expression(face.landmarks, mouth_only, rng), kind, rng)


def driven_reenact(face: FaceImage, driver: FaceImage, rng: np.random.Generator) -> Forgery:
    """Move a face towards another's expression and proportions; degenerate landmarks leave it as it is."""
    kind = "reenact/driven"
    if not (is_usable(face.landmarks) and is_usable(driver.landmarks)):
        return _untouched(face, kind)
    apart = aligned(driver.landmarks, face.landmarks) - face.landmarks
    # Far apart means another pose, and a flat picture holds no other side of the head.
    furthest = 0.12 * float(np.ptp(face.landmarks[:, 0])) / max(float(np.linalg.norm(apart, axis=1).max()), 1e-6)
    # The head keeps its outline, or hair and ears would have to move along.
    apart[list(FACE_OVAL)] *= np.float32(rng.uniform(0.2, 0.5))
    goal = face.landmarks + np.float32(min(rng.uniform(0.4, 1.0), furthest)) * apart
    return _rendered(face, goal, kind, rng)


def _untouched(face: FaceImage, kind: str) -> Forgery:
    return Forgery(face.image, face.image.copy(), np.zeros(face.image.shape[:2], np.float32), kind)


def _rendered(face: FaceImage, goal: Points, kind: str, rng: np.random.Generator) -> Forgery:
    shape = face.image.shape[:2]
    fixed = ring(face.landmarks, _FIXED_RING)[::2]
    source, target = (np.concatenate([points[CONTROLS], fixed]) for points in (face.landmarks, goal))
    warped, _ = smooth_warp(face.image, source, target, shape)
    warped = _inside_of_mouth(warped, face.landmarks, goal, rng)
    warped = _less_detail(warped, goal, rng)
    warped, target = render_apart(warped, face.image, rng)
    mask = _area(face.landmarks, goal, kind, shape, rng)
    return Forgery(target, blend(warped, target, mask), mask, kind)


def _area(landmarks: Points, goal: Points, kind: str, shape: tuple[int, int], rng: np.random.Generator) -> Mask:
    """Where the face was and is, with room around it, feathered."""
    chosen: list[int] | slice = slice(None)
    if kind == "reenact/mouth":
        chosen = list(_LOWER_FACE if rng.random() < 0.6 else _AROUND_MOUTH)
    points = np.concatenate([landmarks[chosen], goal[chosen]])
    centre = points.mean(axis=0)
    face_px = float(np.ptp(landmarks[:, 0]))
    points = centre + np.float32(rng.uniform(1.05, 1.3)) * (points - centre)
    if kind == "reenact/mouth" and rng.random() < 0.25:  # lip-sync tools paste a rectangle
        low, high = points.min(axis=0), points.max(axis=0)
        points = np.array([low, [high[0], low[1]], high, [low[0], high[1]]], np.float32)
    area = hull(shape, points)
    return smooth(area, float(rng.uniform(0.01, 0.06)) * face_px)


def _inside_of_mouth(image: RGB, landmarks: Points, goal: Points, rng: np.random.Generator) -> RGB:
    """Where lips part the warp stretches skin: paint what a renderer guesses there, dark and often with teeth."""
    face_px = float(np.ptp(landmarks[:, 0]))
    opened, before = (float(np.linalg.norm(points[13] - points[14])) for points in (goal, landmarks))
    # A mouth that was open shows its own inside.
    if opened - before < max(0.03 * face_px, 0.6 * opened):
        return image
    mouth = _polygon(goal[list(INNER_LIPS)], image.shape[:2], 0.01 * face_px)
    skin = image[mouth > 0.5].mean(axis=0) if (mouth > 0.5).any() else np.zeros(3)
    tint = rng.uniform(0.15, 0.4) * np.array([1.2, 0.8, 0.75])
    cavity = np.broadcast_to((skin * tint).astype(np.uint8), image.shape)
    painted = blend(cavity.copy(), image, mouth * np.float32(rng.uniform(0.7, 1.0)))
    if rng.random() < 0.5:
        down = (goal[14] - goal[13]) * np.float32(rng.uniform(0.3, 0.7))
        upper = goal[[78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308]]
        teeth = _polygon(np.concatenate([upper, upper[9:0:-1] + down]), image.shape[:2], 0.008 * face_px) * mouth
        tone = skin.max() * rng.uniform(0.9, 1.3) * np.array([1, 0.95, 0.87])
        enamel = np.broadcast_to(np.clip(tone, 0, 255).astype(np.uint8), image.shape)
        painted = blend(enamel.copy(), painted, teeth * np.float32(rng.uniform(0.6, 1.0)))
    return painted


def _less_detail(image: RGB, goal: Points, rng: np.random.Generator) -> RGB:
    """Blur mouth and eyes, each by chance: what tools render worst."""
    face_px = float(np.ptp(goal[:, 0]))
    for part in (OUTER_LIPS, RIGHT_EYE, LEFT_EYE):
        if rng.random() < 0.4:
            blurred = cv2.GaussianBlur(image, (0, 0), max(float(rng.uniform(0.006, 0.015)) * face_px, 0.5))
            area = _polygon(goal[list(part)], image.shape[:2], 0.03 * face_px)
            image = blend(blurred.astype(np.uint8, copy=False), image, area)
    return image


def _polygon(points: Points, shape: tuple[int, int], sigma_px: float) -> Mask:
    mask = np.zeros(shape, np.float32)
    cv2.fillPoly(mask, [points.round().astype(np.int32)], 1.0)
    return smooth(mask, sigma_px)
