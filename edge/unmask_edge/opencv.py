"""OpenCV, imported once its settings stand: it reads them from the environment when it loads."""

import os

MAX_PIXELS = 200_000_000
# A small file can claim a huge picture.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PIXELS))
# What goes wrong with a file is told in its result, not on standard error.
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

import cv2  # noqa: E402  (the settings above must come first)

# For programs that had imported OpenCV before.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

__all__ = ["MAX_PIXELS", "cv2"]
