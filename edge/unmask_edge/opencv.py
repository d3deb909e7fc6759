"""OpenCV, imported once its settings stand: it reads them from the environment when it loads."""

import os

# A small file can claim a huge picture.
MAX_PIXELS = int(os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", "200000000"))
# What goes wrong with a file is told in its result, not on standard error.
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

import cv2  # noqa: E402  (the settings above must come first)

# For programs that had imported OpenCV before. Its releases differ in where the function is.
(cv2.utils.logging if hasattr(cv2.utils, "logging") else cv2).setLogLevel(0)

__all__ = ["MAX_PIXELS", "cv2"]
