"""The Keras detector as the TensorFlow function from which every format is made, and its own scores."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2


def serving(model: keras.Model, batch: int | None = 1) -> Any:
    """The detector as a `tf.function` from `(batch, H, W, 3)` float32 `image` to its outputs by name.

    LiteRT.js needs a static batch, and readers score one face at a time; None leaves the batch free.
    """
    names = sorted(model.output)

    @tf.function(input_signature=[tf.TensorSpec((batch, *model.input_shape[1:]), tf.float32, name="image")])  # type: ignore[untyped-decorator]
    def serve(image: Any) -> dict[str, Any]:
        outputs = model(image, training=False)
        return {name: outputs[name] for name in names}

    return serve


def save_frozen(model: keras.Model, folder: Path) -> None:
    """Write a SavedModel whose variables are constants and whose batch is statically one.

    Left as variables, Keras 3's weights end up as TFLite resource variables that nothing fills.
    """
    serve = serving(model)
    frozen = convert_variables_to_constants_v2(serve.get_concrete_function())

    @tf.function(input_signature=serve.input_signature)  # type: ignore[untyped-decorator]
    def serve_frozen(image: Any) -> dict[str, Any]:
        return dict(zip(sorted(model.output), frozen(image), strict=True))

    tf.saved_model.save(tf.Module(), str(folder), signatures={"serving_default": serve_frozen})


def keras_scores(model: keras.Model, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Keras's own raw scores `(n,)` of `(n, H, W, 3)` uint8 RGB crops, one at a time as readers do."""
    batches = [model.predict_on_batch(crop[None].astype(np.float32))["score"] for crop in crops]
    return np.array([float(scores[0, 0]) for scores in batches], np.float32)
