"""Training without tracing: TensorFlow takes longer to trace a step than to do the few of a test."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf


@contextmanager
def untraced() -> Iterator[None]:
    """Within it, this process does each operation of a step at once. Nothing can be exported meanwhile."""
    tf.config.run_functions_eagerly(True)
    try:
        with warnings.catch_warnings():
            # tf.data, which brings the batches, traces its functions all the same, and says so.
            warnings.filterwarnings("ignore", "Even though the `tf.config.experimental_run_functions_eagerly`")
            yield
    finally:
        tf.config.run_functions_eagerly(False)
