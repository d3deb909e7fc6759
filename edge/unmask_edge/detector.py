"""Scores images and clips: decode, find faces, crop, score, join into tracks, judge."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from math import inf
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask_edge.bundle import Bundle
from unmask_edge.crop import crop_scale, crop_square, face_crop
from unmask_edge.errors import BundleError, MediaError
from unmask_edge.face_finder import FaceFinder
from unmask_edge.formats import TFLiteFormat
from unmask_edge.geometry import longer_side
from unmask_edge.manifest import Manifest, ModelFile
from unmask_edge.media import media_kind, read_image
from unmask_edge.quality import sharpness
from unmask_edge.result import FaceFrame, InputError, ModelInfo, Result, Track
from unmask_edge.runtime import Model, with_shape
from unmask_edge.scoring import Judgement, averaged, calibrate, frame_flaw, judge_input, judge_track
from unmask_edge.stopwatch import Stopwatch
from unmask_edge.tracks import Tracker
from unmask_edge.video import Clip, Frame, decoded_ahead

__all__ = ["Detector", "Progress", "TFLiteFormat"]

Progress = Callable[[int, int], None]


class Detector:
    """A loaded bundle. Not safe to share between threads: give each its own.

    Attributes:
        bundle: the bundle it reads.
        model: name, version, format and runtime, as every result states them.
    """

    def __init__(
        self,
        bundle: Bundle | None = None,
        format: TFLiteFormat = "float16",
        threads: int = 1,
        near_keys: bool = False,
        delegate: str | None = None,
    ) -> None:
        """Load the face finder and one format of the detector.

        Args:
            bundle: the packaged one if None.
            format: which of the bundle's TFLite files to run.
            threads: threads of each of the two nets.
            near_keys: whether far samples of long clips move to frames near key frames, which cost less to decode.
            delegate: library of an external TFLite delegate, such as `libedgetpu.so.1`, for both nets.

        Raises:
            BundleError: if the bundle lacks the format, was made for another face finder, or its model's input or
                outputs are not what its manifest says.
            AssetError: if the face finder's file is missing.
            UnmaskError: if the delegate cannot be loaded or refuses a net.
        """
        self.bundle = bundle or Bundle()
        manifest = self.bundle.manifest
        if format not in manifest.models:
            raise BundleError(
                f"Expected a bundle with the format {format}. Received: one with {list(manifest.models)}."
            )
        entry = manifest.models[format]
        self._net = Model(self.bundle.path(entry.path), threads, delegate)
        _require_shapes(self._net, entry, manifest)
        self._find = FaceFinder(manifest.face_finder, threads, delegate)
        self._near_keys = near_keys
        self.model = ModelInfo(name=manifest.name, version=manifest.version, format=format, runtime=self._net.runtime)

    def score(
        self,
        path: Path | str,
        frames: int | None = None,
        progress: Progress | None = None,
        max_duration_s: float = inf,
    ) -> Result:
        """Score one file; never raises for a bad input, whose `Result` carries the error instead.

        Args:
            path: an image or a clip.
            frames: how many frames of a clip to sample; the manifest's number if None.
            progress: called with (frames done, frames wanted) after each frame.
            max_duration_s: a longer clip is `too_large`.
        """
        if frames is not None and frames < 1:
            raise ValueError(f"Expected frames of at least 1. Received: {frames}.")
        scoring = _Scoring(self, str(path).encode(errors="backslashreplace").decode())
        try:
            if media_kind(Path(path)) == "image":
                with scoring.stopwatch.stage("decode"):
                    image = read_image(Path(path))
                return scoring.run_picture(image)
            with closing(Clip(Path(path))) as clip:
                wanted = frames or self.bundle.manifest.sampling.frames
                scoring.duration_s = round(clip.duration_s, 3)
                if clip.duration_s > max_duration_s:
                    raise MediaError(
                        "too_large", f"Expected at most {max_duration_s:g} s. Received: {clip.duration_s:.0f} s."
                    )
                sampled = scoring.stopwatch.each("decode", clip.sample(wanted, self._near_keys))
                with closing(decoded_ahead(sampled)) as coming:
                    return scoring.run_clip(_counted(coming, wanted, progress))
        except MediaError as error:
            return scoring.failed(error)

    def score_frames(self, frames: Iterable[Frame], duration_s: float) -> Result:
        """Score frames of one clip that were decoded elsewhere, in order of time; never raises for bad ones.

        Args:
            frames: `(time_s, (H, W, 3) uint8 RGB)`; a `MediaError` that they raise is the result's.
            duration_s: of the part that they show.
        """
        scoring = _Scoring(self, "")
        scoring.duration_s = round(duration_s, 3)
        try:
            return scoring.run_clip(scoring.stopwatch.each("decode", frames))
        except MediaError as error:
            return scoring.failed(error)

    def score_image(self, image: NDArray[np.uint8]) -> Result:
        """Score a decoded `(H, W, 3)` uint8 RGB picture.

        Raises:
            ValueError: if it has another shape or dtype.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
            raise ValueError(f"Expected an (H, W, 3) uint8 RGB picture. Received: {image.shape} {image.dtype}.")
        scoring = _Scoring(self, "")
        try:
            return scoring.run_picture(image)
        except MediaError as error:
            return scoring.failed(error)

    def find_faces(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Face boxes `(n, 4)` float32 `[x1, y1, x2, y2]` in px of an `(H, W, 3)` uint8 RGB picture."""
        return self._find(image)

    def score_face(
        self,
        time_s: float,
        image: NDArray[np.uint8],
        box_xyxy: NDArray[np.float32],
        frame: int | None,
        stopwatch: Stopwatch | None = None,
    ) -> FaceFrame:
        """Crop and score one face of a frame, and tell whether it is good enough to count.

        Args:
            time_s: when the frame is shown.
            image: the `(H, W, 3)` uint8 RGB frame.
            box_xyxy: the `(4,)` float32 face box in px.
            frame: its number, from 0, among the frames of its clip that are looked at, which tells the crop's scale.
                None for a picture, whose mirror image is looked at too, since no other frames steady its score.
            stopwatch: counts the stages crop and score, for who wants to know.
        """
        manifest, stopwatch = self.bundle.manifest, stopwatch or Stopwatch()
        scale = self._crop_scale(frame)
        with stopwatch.stage("crop"):
            crop = self.crop(image, box_xyxy, frame)
            # Of one scale in all frames: the closer a crop, the less sharp it looks.
            usual = crop if scale == manifest.crop.scale else self.crop(image, box_xyxy)
            flaw = frame_flaw(longer_side(box_xyxy), sharpness(usual), manifest.aggregation)
        with stopwatch.stage("score"):
            raw_score, region_map = self._score_both(crop) if frame is None else self.score_crop(crop)
        left, top, side = crop_square(box_xyxy, scale)
        x1, y1, x2, y2 = (round(float(value), 1) for value in box_xyxy)
        return FaceFrame(
            time_s=round(time_s, 3),
            box=(x1, y1, x2, y2),
            crop=(left, top, left + side, top + side),
            score=calibrate(raw_score, manifest.temperature),
            flaw=flaw,
            region_map=np.round(region_map.astype(np.float64), 3).tolist(),
        )

    def crop(
        self, image: NDArray[np.uint8], box_xyxy: NDArray[np.float32], frame: int | None = None
    ) -> NDArray[np.uint8]:
        """The detector's `(H, W, 3)` uint8 RGB input for one face of a picture, or of a clip's frame by its number."""
        return face_crop(image, box_xyxy, self._crop_scale(frame), self.bundle.manifest.input.width_px)

    def score_crop(self, crop: NDArray[np.uint8]) -> tuple[float, NDArray[np.float32]]:
        """Raw P(fake) in [0, 1], before temperature, and the `(h, w)` float32 region map of one crop."""
        outputs = self._net(crop[None].astype(self._net.input_dtype))
        shapes = self.bundle.manifest.outputs
        score = with_shape(outputs, shapes.score_shape)
        region_map = with_shape(outputs, shapes.region_map_shape)
        return float(score[0, 0]), region_map[0, :, :, 0]

    def _crop_scale(self, frame: int | None) -> float:
        manifest = self.bundle.manifest
        return crop_scale(frame, manifest.crop.scale, manifest.sampling.crop_scales)

    def _score_both(self, crop: NDArray[np.uint8]) -> tuple[float, NDArray[np.float32]]:
        """What the net says of a crop and of its mirror image, as one."""
        raw_score, region_map = self.score_crop(crop)
        mirrored_score, mirrored_map = self.score_crop(crop[:, ::-1])
        return averaged([raw_score, mirrored_score]), (region_map + mirrored_map[:, ::-1]) / 2


def _require_shapes(net: Model, entry: ModelFile, manifest: Manifest) -> None:
    expected = (1, manifest.input.height_px, manifest.input.width_px, 3)
    if net.input_shape != expected or net.input_dtype.name != entry.input_dtype:
        raise BundleError(
            f"Expected {entry.path} with input {expected} {entry.input_dtype}, as its manifest says. "
            f"Received: {net.input_shape} {net.input_dtype}."
        )
    for shape in (manifest.outputs.score_shape, manifest.outputs.region_map_shape):
        if net.outputs.count((shape, "float32")) != 1:
            raise BundleError(
                f"Expected {entry.path} with one output {shape} float32, as its manifest says. "
                f"Received: {', '.join(f'{received} {dtype}' for received, dtype in net.outputs)}."
            )


class _Scoring:
    """The state of scoring one input."""

    def __init__(self, detector: Detector, path: str) -> None:
        self._detector = detector
        self._manifest = detector.bundle.manifest
        self._path = path
        self.stopwatch = Stopwatch()
        self._size_px: tuple[int, int] | None = None
        self._frames_sampled = 0
        self.duration_s: float | None = None

    def run_picture(self, image: NDArray[np.uint8]) -> Result:
        return self._run([(None, (0.0, image))])

    def run_clip(self, frames: Iterable[Frame]) -> Result:
        return self._run(enumerate(frames))

    def _run(self, frames: Iterable[tuple[int | None, Frame]]) -> Result:
        tracker = Tracker(self._manifest.tracking)
        faces: dict[int, list[FaceFrame]] = defaultdict(list)
        for frame, (time_s, image) in frames:
            self._frames_sampled += 1
            self._size_px = (image.shape[1], image.shape[0])
            with self.stopwatch.stage("find"):
                boxes = self._detector.find_faces(image)
            for number, box in zip(tracker.update(boxes), boxes, strict=True):
                faces[number].append(self._detector.score_face(time_s, image, box, frame, self.stopwatch))
        if not faces:
            raise MediaError("no_face", f"Expected a face. Received: none found in {self._frames_sampled} frame(s).")
        with self.stopwatch.stage("aggregate"):
            judgements = self._judge(faces)
        return self._judged(faces, judgements)

    def failed(self, error: MediaError) -> Result:
        return self._result(error=InputError(reason=error.reason, message=str(error)))

    def _judge(self, faces: dict[int, list[FaceFrame]]) -> dict[int, Judgement]:
        return {
            number: judge_track(
                [frame.score for frame in frames],
                [frame.flaw for frame in frames],
                self._frames_sampled,
                self._manifest.aggregation,
                self._manifest.bands,
            )
            for number, frames in sorted(faces.items())
        }

    def _judged(self, faces: dict[int, list[FaceFrame]], judgements: dict[int, Judgement]) -> Result:
        tracks = [
            Track(track=number, score=judged.score, verdict=judged.verdict, reason=judged.reason, frames=faces[number])
            for number, judged in judgements.items()
        ]
        overall = judge_input(list(judgements.values()))
        return self._result(tracks=tracks).model_copy(
            update={"score": overall.score, "verdict": overall.verdict, "reason": overall.reason}
        )

    def _result(self, error: InputError | None = None, tracks: list[Track] | None = None) -> Result:
        return Result(
            path=self._path,
            score=None,
            verdict=None,
            reason=None,
            error=error,
            width_px=self._size_px[0] if self._size_px else None,
            height_px=self._size_px[1] if self._size_px else None,
            duration_s=self.duration_s,
            frames_sampled=self._frames_sampled,
            tracks=tracks or [],
            timings_ms=self.stopwatch.milliseconds(),
            model=self._detector.model,
        )


def _counted(frames: Iterable[Frame], wanted: int, progress: Progress | None) -> Iterator[Frame]:
    for done, frame in enumerate(frames, 1):
        yield frame
        if progress:
            progress(done, wanted)
