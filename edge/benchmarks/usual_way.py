"""What one would otherwise do: decode each frame, find its faces by a Haar cascade, Keras `predict` on each.

    python edge/benchmarks/usual_way.py CLIP

prints the processor's time that this took in s, less the start of Python and TensorFlow, the frames, and the faces. The
net is MobileNetV2 at the packaged detector's input size, with random weights: what it says does not matter here.
"""

import sys
from pathlib import Path
from time import process_time

import keras
import numpy as np

from unmask_edge.bundle import Bundle
from unmask_edge.opencv import cv2

FRAMES = 50


def main() -> None:
    """Score the first frames of a clip."""
    side = Bundle().manifest.input.width_px
    net = keras.applications.MobileNetV2(input_shape=(side, side, 3), weights=None, classes=1)
    net.predict(np.zeros((1, side, side, 3), np.float32), verbose=0)
    cascades = Path(cv2.__file__).parent / "data"
    cascade = cv2.CascadeClassifier(str(cascades / "haarcascade_frontalface_default.xml"))
    start, clip, frames, faces = process_time(), cv2.VideoCapture(sys.argv[1], cv2.CAP_FFMPEG), 0, 0
    while frames < FRAMES:
        _, frame = clip.read()
        frames += 1
        for left, top, width, height in cascade.detectMultiScale(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), 1.1, 5):
            crop = cv2.resize(frame[top : top + height, left : left + width, ::-1], (side, side))
            net.predict(crop[None] / np.float32(127.5) - 1, verbose=0)
            faces += 1
    print(f"{process_time() - start:.3f} {frames} {faces}")


if __name__ == "__main__":
    main()
