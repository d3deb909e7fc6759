"""Unmask's edge runtime: find faces, score them, say what was found and how sure it is.

    from unmask_edge import Detector

    result = Detector().score("clip.mp4")
    print(result.verdict, result.score)

This package reads a model bundle and needs neither Keras nor TensorFlow.
"""

from typing import TYPE_CHECKING, Any

from unmask_edge.bundle import Bundle
from unmask_edge.errors import AssetError, BundleError, MediaError, UnmaskError
from unmask_edge.result import Result
from unmask_edge.version import __version__

if TYPE_CHECKING:
    from unmask_edge.detector import Detector

__all__ = [
    "AssetError",
    "Bundle",
    "BundleError",
    "Detector",
    "MediaError",
    "Result",
    "UnmaskError",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Load OpenCV and the runtime once a detector is asked for: a process that only reads results needs neither."""
    if name == "Detector":
        from unmask_edge.detector import Detector

        return Detector
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
