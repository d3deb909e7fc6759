"""Keeps what native libraries print off standard error; their errors are raised all the same.

They write to file descriptor 2 itself and have no setting that Python could reach.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

# The descriptor is the whole process's: two threads that swapped it at once would leave it muted for good.
_descriptor = Lock()


@contextmanager
def native_output_muted() -> Iterator[None]:
    """Mute standard error's file descriptor for a short native call."""
    with _descriptor:
        saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(null, 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            os.close(null)
