"""Pairs of a real face and a fake one, cropped and degraded alike: what a training batch is made of.

NumPy and OpenCV only, so that worker processes make them without a deep-learning framework.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask_edge.crop import crop_square, cut, resize
from unmask_edge.errors import UnmaskError
from unmask_training.faces import Face, read_window
from unmask_training.recipe import LABELLED_KINDS, Recipe
from unmask_training.synthesis.cross_blend import cross_blend
from unmask_training.synthesis.degrade import Step, degrade_alike, draw_chain
from unmask_training.synthesis.forgery import RGB, FaceImage, Forgery, Mask
from unmask_training.synthesis.methods import ONE_FACE_METHODS, TWO_FACE_METHODS

# A face's partner is chosen from this many drawn at random (Li et al., "Face X-ray", CVPR 2020).
CANDIDATES = 100
ATTEMPTS = 20
# Fakes that show what their maker leaves in a face; the others show what every blend leaves in a picture.
TRACES_KINDS = {*LABELLED_KINDS, "autoencoder_swap", "generated"}
# Outer eye corners, nose tip, mouth corners and chin tell the pose.
_POSE_POINTS = [33, 263, 1, 61, 291, 152]


@dataclass(frozen=True, eq=False)
class Batch:
    """Real and fake crops in turn.

    Attributes:
        images: `(n, S, S, 3)` uint8 RGB.
        labels: `(n, 1)` float32, fake = 1.
        maps: `(n, S / 16, S / 16, 1)` float32 in [0, 1], how much of each cell was changed.
        map_weights: `(n, S / 16, S / 16)` float32, 0 where the changed region is not known.
        blend_weights: `(n,)` float32, 0 for fakes that shall not teach what a blend leaves.
        traces_weights: `(n,)` float32, 0 for fakes that shall not teach a maker's traces.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.float32]
    maps: NDArray[np.float32]
    map_weights: NDArray[np.float32]
    blend_weights: NDArray[np.float32]
    traces_weights: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Pair:
    """A real crop and a fake one, what was changed where that is known, and how the fake was made."""

    real: RGB
    fake: RGB
    mask: Mask | None
    kind: str


@dataclass(frozen=True, eq=False)
class _Twins:
    """A real picture and a fake one, the face's box in each, and what was changed where that is known."""

    real: RGB
    real_box: NDArray[np.float32]
    fake: RGB
    fake_box: NDArray[np.float32]
    mask: Mask | None


@dataclass(frozen=True)
class _View:
    """How both twins of a pair are cropped."""

    scale: float
    shift: NDArray[np.float64]
    mirrored: bool

    @classmethod
    def draw(cls, crop_scale: tuple[float, float], rng: np.random.Generator) -> "_View":
        return cls(rng.uniform(*crop_scale), rng.uniform(-0.05, 0.05, 2), bool(rng.random() < 0.5))

    def crop(self, image: NDArray[Any], box: NDArray[np.float32], size_px: int) -> NDArray[Any]:
        shifted = (box + np.tile(self.shift, 2) * (box[2] - box[0])).astype(np.float32)
        cropped = resize(cut(image, *crop_square(shifted, self.scale)), size_px, size_px)
        return np.ascontiguousarray(cropped[:, ::-1] if self.mirrored else cropped)


class PairMaker:
    """Makes batches; one depends on the recipe's seed, epoch and index alone, whichever process makes it."""

    def __init__(self, faces: list[Face], store: Path, recipe: Recipe) -> None:
        """Prepare.

        Args:
            faces: the training faces; at least one real.
            store: where their windows lie.
            recipe: what the batches are made of.
        """
        self._reals = [face for face in faces if face.label == "real"]
        self._labelled = _by_source(faces)
        self._donors = _Faces(self._reals)
        # By the fourth root of its size: a small source is not drowned, nor a handful of faces learnt by heart.
        sizes = np.array([len(fakes) for _, fakes in self._labelled]) ** 0.25
        self._labelled_shares = sizes / sizes.sum()
        self._store = store
        self._recipe = recipe
        unlabelled = {kind: share for kind, share in recipe.data.mix.items() if kind not in LABELLED_KINDS}
        mix = recipe.data.mix if self._labelled else unlabelled
        self._kinds = sorted(mix)
        shares = np.array([mix[kind] for kind in self._kinds])
        self._shares = shares / shares.sum()

    def batch(self, epoch: int, index: int) -> Batch:
        """One batch of `pairs_per_batch` pairs."""
        schedule = self._recipe.schedule
        rng = np.random.default_rng((schedule.seed, epoch, index))
        pairs = [self._pair(rng) for _ in range(schedule.pairs_per_batch)]
        if not self._recipe.data.paired:
            pairs = [replace(pair, real=self._pair(rng).real) for pair in pairs]
        side = self._recipe.model.map_px
        untouched = np.zeros((side, side), np.float32)
        maps = np.stack([map_ for pair in pairs for map_ in (untouched, untouched if pair.mask is None else pair.mask)])
        known = np.array([known for pair in pairs for known in (True, pair.mask is not None)], np.float32)
        of_maker = np.array([pair.kind in TRACES_KINDS for pair in pairs], np.float32)
        return Batch(
            images=np.stack([crop for pair in pairs for crop in (pair.real, pair.fake)]),
            labels=np.tile(np.array([[0], [1]], np.float32), (len(pairs), 1)),
            maps=maps[..., None],
            map_weights=np.broadcast_to(known[:, None, None], maps.shape).copy(),
            blend_weights=_of_fakes(1 - of_maker),
            traces_weights=_of_fakes(of_maker),
        )

    def _pair(self, rng: np.random.Generator) -> _Pair:
        kind = str(rng.choice(self._kinds, p=self._shares))
        view = _View.draw(self._recipe.data.crop_scale, rng)
        if kind == "labelled":
            twins, clean_share = self._labelled_twins(rng), self._recipe.data.clean_labelled_share
        else:
            twins, clean_share = self._forged_twins(kind, rng), self._recipe.data.clean_share
        real, fake = self._crops(twins, view, draw_chain(rng, clean_share))
        mask = None if twins.mask is None else view.crop(twins.mask, twins.fake_box, self._recipe.model.map_px)
        return _Pair(real, fake, mask, kind)

    def _crops(self, twins: _Twins, view: _View, chain: list[Step]) -> list[RGB]:
        size_px = self._recipe.model.input_px
        cropped_px = (self._recipe.data.degraded_px or size_px) if chain else size_px
        sides = [(twins.real, twins.real_box), (twins.fake, twins.fake_box)]
        degraded = degrade_alike([view.crop(image, box, cropped_px) for image, box in sides], chain)
        return [resize(crop, size_px, size_px) for crop in degraded]

    def _labelled_twins(self, rng: np.random.Generator) -> _Twins:
        reals, fakes = self._labelled_source(rng)
        fake = fakes.any(rng)
        # Portraits of one maker face the camera, or are soft; a real that is and does so too leaves the maker's traces.
        real = reals.alike(fake, rng)
        return _Twins(read_window(self._store, real), real.box, read_window(self._store, fake), fake.box, None)

    def _labelled_source(self, rng: np.random.Generator) -> tuple["_Faces", "_Faces"]:
        return self._labelled[rng.choice(len(self._labelled), p=self._labelled_shares)]

    def _forged_twins(self, kind: str, rng: np.random.Generator) -> _Twins:
        box, forgery = self._forgery(kind, rng)
        # The map says where, not how strongly: a faint blend changes its region as surely as a full one.
        return _Twins(forgery.real, box, forgery.fake, box, forgery.mask / forgery.mask.max())

    def _forgery(self, kind: str, rng: np.random.Generator) -> tuple[NDArray[np.float32], Forgery]:
        for _ in range(ATTEMPTS):
            index = int(rng.integers(len(self._reals)))
            forgery = self._forge(kind, index, rng)
            # Landmarks that miss the face leave nothing to change.
            if forgery.mask.any():
                return self._reals[index].box, forgery
        raise UnmaskError(f"Expected real faces that {kind} can forge. Received: {ATTEMPTS} that it cannot.")

    def _forge(self, kind: str, index: int, rng: np.random.Generator) -> Forgery:
        face = self._reals[index]
        image = self._read(face)
        if kind in ONE_FACE_METHODS:
            return ONE_FACE_METHODS[kind](image, rng)
        if kind in TWO_FACE_METHODS:
            method, donors = TWO_FACE_METHODS[kind], self._donors
        else:  # labelled_blend
            method, (_, donors) = cross_blend, self._labelled_source(rng)
        return method(image, self._read(donors.posed_like(face, rng)), rng)

    def _read(self, face: Face) -> FaceImage:
        return FaceImage(read_window(self._store, face), face.landmarks)


class _Faces:
    """Faces from which another one's partner is chosen."""

    def __init__(self, faces: list[Face]) -> None:
        self._faces = faces
        self._poses = np.stack([_pose(face.landmarks) for face in faces])
        self._sharpness = np.log([face.sharpness + 1 for face in faces])

    def __len__(self) -> int:
        return len(self._faces)

    def any(self, rng: np.random.Generator) -> Face:
        return self._faces[rng.integers(len(self._faces))]

    def posed_like(self, face: Face, rng: np.random.Generator) -> Face:
        """The nearest in pose of some drawn at random, but never the face itself."""
        return self._faces[self._by_pose(face, rng)[0]]

    def alike(self, face: Face, rng: np.random.Generator) -> Face:
        """The nearest in sharpness of the nearest in pose of some drawn at random."""
        nearest = self._by_pose(face, rng)[: CANDIDATES // 10]
        apart = np.abs(self._sharpness[nearest] - np.log(face.sharpness + 1))
        return self._faces[nearest[int(np.argmin(apart))]]

    def _by_pose(self, face: Face, rng: np.random.Generator) -> list[int]:
        candidates = rng.integers(len(self._faces), size=CANDIDATES)
        distances = np.abs(self._poses[candidates] - _pose(face.landmarks)).sum(axis=1)
        distances[[self._faces[candidate] is face for candidate in candidates]] = np.inf
        return [int(candidate) for candidate in candidates[np.argsort(distances)]]


def _of_fakes(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights of a batch's crops, from those of its fakes: each real has 1."""
    interleaved: NDArray[np.float32] = np.stack([np.ones_like(weights), weights], axis=1).ravel()
    return interleaved


def _pose(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    points = landmarks[_POSE_POINTS] - landmarks.mean(axis=0)
    pose: NDArray[np.float32] = (points / np.linalg.norm(points)).astype(np.float32).ravel()
    return pose


def _by_source(faces: list[Face]) -> list[tuple[_Faces, _Faces]]:
    """Reals and fakes of each source that has both: pairs across sources would teach what tells sources apart."""
    sources = sorted({face.source for face in faces})
    sides = [
        tuple([face for face in faces if face.source == source and face.label == label] for label in ("real", "fake"))
        for source in sources
    ]
    return [(_Faces(reals), _Faces(fakes)) for reals, fakes in sides if reals and fakes]
