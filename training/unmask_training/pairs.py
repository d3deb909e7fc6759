"""Batches of pairs: a real face and a fake one, cropped and degraded alike."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from unmask_edge.crop import crop_square, cut, resize
from unmask_training.faces import Face, read_window
from unmask_training.model import REGION_STRIDE
from unmask_training.recipe import Recipe
from unmask_training.synthesis.degrade import degrade_alike
from unmask_training.synthesis.self_blend import self_blend

Sample = tuple[NDArray[np.uint8], NDArray[np.float32] | None]
Batch = tuple[NDArray[np.float32], dict[str, NDArray[np.float32]], dict[str, NDArray[np.float32]]]


class PairDataset(keras.utils.PyDataset):  # type: ignore[misc]
    """One epoch of batches; a batch depends on seed, epoch and index alone, whichever thread makes it.

    Attributes:
        epoch: set by the training loop, so that a resumed run goes on with the batches it would have seen.
    """

    def __init__(self, faces: list[Face], store: Path, recipe: Recipe, **kwargs: Any) -> None:
        """Prepare.

        Args:
            faces: the training faces; at least one real.
            store: where their windows lie.
            recipe: what the batches are made of.
            kwargs: workers and queue of `keras.utils.PyDataset`.
        """
        super().__init__(**kwargs)
        self._reals = [face for face in faces if face.label == "real"]
        self._labelled = _by_source(faces)
        self._store = store
        self._recipe = recipe
        self.epoch = 0

    def __len__(self) -> int:
        """Batches an epoch."""
        return self._recipe.schedule.steps_per_epoch

    def __getitem__(self, index: int) -> Batch:
        """The batch `(images, targets, weights)`; the region map of a labelled fake is unknown and weighs nothing."""
        schedule = self._recipe.schedule
        rng = np.random.default_rng((schedule.seed, self.epoch, index))
        pairs = [self._pair(rng) for _ in range(schedule.pairs_per_batch)]
        images = np.stack([image for pair in pairs for image, _ in pair]).astype(np.float32)
        side = self._recipe.model.input_px // REGION_STRIDE
        unknown = np.zeros((side, side), np.float32)
        maps = np.stack([unknown if mask is None else mask for pair in pairs for _, mask in pair])[..., None]
        known = np.array([mask is not None for pair in pairs for _, mask in pair], np.float32)
        map_weights = np.broadcast_to(known[:, None, None], maps.shape[:3])
        labels = np.tile(np.array([[0], [1]], np.float32), (len(pairs), 1))
        return images, {"score": labels, "region_map": maps}, {"score": np.ones_like(known), "region_map": map_weights}

    def _pair(self, rng: np.random.Generator) -> tuple[Sample, Sample]:
        labelled = bool(self._labelled) and rng.random() < self._recipe.data.labelled_share
        reals, fakes = self._labelled[rng.integers(len(self._labelled))] if labelled else (self._reals, [])
        real = reals[rng.integers(len(reals))]
        scale, shift = rng.uniform(*self._recipe.data.crop_scale), rng.uniform(-0.05, 0.05, 2)
        mirrored = bool(rng.random() < 0.5)

        def crop(image: NDArray[Any], face: Face, size_px: int) -> NDArray[Any]:
            box = (face.box + np.tile(shift, 2) * (face.box[2] - face.box[0])).astype(np.float32)
            cropped = resize(cut(image, *crop_square(box, scale)), size_px, size_px)
            return cropped[:, ::-1] if mirrored else cropped

        window, size_px = read_window(self._store, real), self._recipe.model.input_px
        side = size_px // REGION_STRIDE
        if labelled:
            fake = fakes[rng.integers(len(fakes))]
            crops = [crop(window, real, size_px), crop(read_window(self._store, fake), fake, size_px)]
            mask = None
        else:
            twin = self_blend(window, real.landmarks, rng)
            crops = [crop(twin.real, real, size_px), crop(twin.fake, real, size_px)]
            # The map says where, not how strongly: a faint blend changes its region as surely as a full one.
            mask = crop(twin.mask / max(float(twin.mask.max()), 1e-6), real, side)
        real_crop, fake_crop = degrade_alike([np.ascontiguousarray(image) for image in crops], rng)
        return (real_crop, np.zeros((side, side), np.float32)), (fake_crop, mask)


def _by_source(faces: list[Face]) -> list[tuple[list[Face], list[Face]]]:
    """Reals and fakes of each source that has both: pairs across sources would teach what tells sources apart."""
    sources = sorted({face.source for face in faces})
    sides = [
        tuple([face for face in faces if face.source == source and face.label == label] for label in ("real", "fake"))
        for source in sources
    ]
    return [(reals, fakes) for reals, fakes in sides if reals and fakes]
