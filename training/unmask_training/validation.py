"""How a model does on the faces that choose its temperature and bands."""

from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from unmask_edge.crop import face_crop
from unmask_edge.manifest import Metric
from unmask_training.faces import Face, read_window
from unmask_training.recipe import Recipe


class Validation(keras.callbacks.Callback):  # type: ignore[misc]
    """Labelled faces at the crop that readers will use; adds frame AUCs, by source and over all, to each epoch's log.

    Attributes:
        faces: these faces.
        labels: `(n,)` int64, fake = 1.
        crops: `(n, S, S, 3)` uint8 RGB.
    """

    def __init__(self, faces: list[Face], store: Path, recipe: Recipe, part: str = "val") -> None:
        """Cut the crops.

        Args:
            faces: of both labels.
            store: where their windows lie.
            recipe: tells the crop.
            part: what the faces are called after their source in metrics.
        """
        super().__init__()
        self._part = part
        self.faces = faces
        self.crops = reader_crops(faces, store, recipe)
        self.labels = np.array([face.label == "fake" for face in faces], np.int64)
        self._sources = np.array([face.source for face in faces])

    def predict(self, model: keras.Model) -> NDArray[np.float32]:
        """Raw P(fake), `(n,)` float32."""
        batches = [self.crops[start : start + 64].astype(np.float32) for start in range(0, len(self.crops), 64)]
        scores = [keras.ops.convert_to_numpy(_outputs(model, batch)["score"])[:, 0] for batch in batches]
        return np.concatenate(scores, dtype=np.float32)

    def metrics(self, scores: NDArray[Any]) -> list[Metric]:
        """Frame AUC of each source that has both labels, and of all together."""
        groups = {f"{source}/{self._part}": self._sources == source for source in sorted(set(self._sources))}
        if len(groups) > 1:
            groups[f"all/{self._part}"] = np.ones(len(scores), bool)
        return [
            Metric(
                name="frame_auc",
                value=round(float(roc_auc_score(self.labels[chosen], scores[chosen])), 4),
                data=name,
                samples=int(chosen.sum()),
            )
            for name, chosen in groups.items()
            if len(set(self.labels[chosen])) == 2
        ]

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002  (Keras)
        """Add the AUCs to what TensorBoard, the CSV log and the progress bar show."""
        if logs is not None:
            logs |= {f"val_auc {metric.data}": metric.value for metric in self.metrics(self.predict(self.model))}


def _outputs(model: keras.Model, batch: NDArray[np.float32]) -> dict[str, Any]:
    # Under JAX predict_on_batch gives its variables' memory away, which the weights' average may share by now.
    predict = partial(model, training=False) if keras.backend.backend() == "jax" else model.predict_on_batch
    outputs: dict[str, Any] = predict(batch)
    return outputs


def reader_crops(faces: list[Face], store: Path, recipe: Recipe) -> NDArray[np.uint8]:
    """The crops `(n, S, S, 3)` uint8 RGB that readers of the model will cut."""
    scale, size_px = recipe.decision.crop_scale, recipe.model.input_px
    return np.stack([face_crop(read_window(store, face), face.box, scale, size_px) for face in faces])
