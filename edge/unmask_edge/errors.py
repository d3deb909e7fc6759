"""Every error that Unmask raises on purpose.

UnmaskError
├── AssetError      a third-party file is missing or is not the pinned one
├── BundleError     a model bundle is missing, damaged or of another schema
└── MediaError      an input cannot be scored; `reason` says why in one word
"""

from typing import Literal

MediaErrorReason = Literal[
    "missing",
    "unreadable",
    "truncated",
    "no_video_stream",
    "zero_frames",
    "no_face",
    "too_large",
]


class UnmaskError(Exception):
    """Base of all errors below."""


class AssetError(UnmaskError):
    """A third-party file is missing or differs from its pinned sha256."""


class BundleError(UnmaskError):
    """A model bundle is missing, damaged, foreign or of an unknown schema version."""


class MediaError(UnmaskError):
    """An input that cannot be scored.

    Attributes:
        reason: the cause as a stable identifier that programs may switch on.
    """

    def __init__(self, reason: MediaErrorReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
