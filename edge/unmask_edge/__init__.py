"""Unmask's edge runtime: find faces, score them, say what was found and how sure it is.

    from unmask_edge import Detector

    result = Detector().score("clip.mp4")
    print(result.verdict, result.score)

This package reads a model bundle and needs neither Keras nor TensorFlow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from unmask_edge.errors import AssetError, BundleError, MediaError, UnmaskError
from unmask_edge.version import __version__

if TYPE_CHECKING:
    from unmask_edge.bundle import Bundle
    from unmask_edge.detector import Detector
    from unmask_edge.result import Result

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


_LOADED_LATE = {"Bundle": "bundle", "Detector": "detector", "Result": "result"}


def __getattr__(name: str) -> Any:
    """Load OpenCV, the runtime and Pydantic once they are asked for: commands that need none of them start sooner."""
    if name in _LOADED_LATE:
        return getattr(import_module(f"{__name__}.{_LOADED_LATE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
