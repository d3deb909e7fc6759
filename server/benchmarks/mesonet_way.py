"""What a user would otherwise do, as MesoNet's example does: decode each frame, find its faces, Keras `predict`.

    python server/benchmarks/mesonet_way.py CLIP WEIGHTS

prints the CPU time that this took, in s, less the start of Python and TensorFlow, and how many faces were scored.
"""

import sys
from time import process_time

import numpy as np

from unmask_edge.bundle import Bundle
from unmask_edge.crop import face_crop
from unmask_edge.face_finder import FaceFinder
from unmask_edge.opencv import cv2
from unmask_training.evaluation.mesonet import build_meso4

SIZE_PX = 256
# As wide a crop as its authors cut.
SCALE = 1.3


def main() -> None:
    """Score a clip frame by frame."""
    clip, weights = sys.argv[1:]
    net = build_meso4()
    net.load_weights(weights)
    net.predict(np.zeros((1, SIZE_PX, SIZE_PX, 3), np.float32), verbose=0)
    find = FaceFinder(Bundle().manifest.face_finder, 1)
    start, frames, scores = process_time(), cv2.VideoCapture(clip, cv2.CAP_FFMPEG), []
    while True:
        decoded, frame = frames.read()
        if not decoded:
            break
        image = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
        for box in find(image):
            crop = face_crop(image, box, SCALE, SIZE_PX)
            scores.append(net.predict(crop[None] / np.float32(255), verbose=0)[0, 0])
    print(f"{process_time() - start:.3f} {len(scores)}")


if __name__ == "__main__":
    main()
