"""Makes the clip that is measured where none is given: the public-domain portrait, panned over."""

from pathlib import Path

from unmask_edge.assets import asset_path
from unmask_edge.media import read_image
from unmask_edge.opencv import cv2

SIZE_PX = (1280, 720)
FRAMES, RATE = 75, 25
SHIFT_PX = 2


def write_clip(path: Path) -> None:
    """Write three seconds of 720p at 25 frames a second as MPEG-4, which every OpenCV can write."""
    portrait = cv2.resize(read_image(asset_path("portrait")), (SIZE_PX[0] + SHIFT_PX * FRAMES,) * 2)[..., ::-1]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), RATE, SIZE_PX)
    for number in range(FRAMES):
        left = SHIFT_PX * number
        writer.write(portrait[: SIZE_PX[1], left : left + SIZE_PX[0]].copy())
    writer.release()
