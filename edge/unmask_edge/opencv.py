"""OpenCV, imported once its settings stand: it reads them from the environment when it loads."""

import os

# A small file can claim a huge picture.
MAX_PIXELS = int(os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", "200000000"))
# What goes wrong with a file is told in its result, not on standard error.
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
# Options of FFmpeg, which are read each time that it opens something; OpenCV's own where the user names none.
CAPTURE_OPTIONS = os.environ.setdefault(
    "OPENCV_FFMPEG_CAPTURE_OPTIONS", "buffer_size;1024000|max_delay;500000|rtsp_flags;prefer_tcp"
)

import cv2  # noqa: E402  (the settings above must come first)

# For programs that had imported OpenCV before. Its releases differ in where the function is.
(cv2.utils.logging if hasattr(cv2.utils, "logging") else cv2).setLogLevel(0)

__all__ = ["CAPTURE_OPTIONS", "MAX_PIXELS", "cv2"]
