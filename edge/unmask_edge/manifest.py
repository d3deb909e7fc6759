"""The contract between export and everything that reads a model: `manifest.json`.

Every fact of a model that a reader needs stands here and nowhere else: no field has a default, unknown fields are
refused, and so is a schema version other than the one below. `manifest.schema.json` beside this file is generated
from these classes (`python -m unmask_edge.manifest`) and is what the browser extension validates against.
"""

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import Self

SCHEMA_VERSION = 2

Unit = Annotated[float, Field(ge=0, le=1)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
RelativePath = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$")]
ModelFormat = Literal[
    "float32",
    "float16",
    "dynamic",
    "int8",
    "int16",
    "tfjs",
    "tfjs_float32",
    "tfjs_uint8",
    "onnx_float32",
    "onnx_float16",
    "onnx_int8",
    "onnx_batched",
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BundleFile(_Strict):
    """One file of the bundle, by its path inside it."""

    path: RelativePath
    size_bytes: Annotated[int, Field(gt=0)]
    sha256: Sha256


class ModelFile(_Strict):
    """One exported format of the detector.

    Attributes:
        path: the file that a runtime opens: `*.tflite`, `*.onnx`, or TF.js's `model.json`.
        input_dtype: uint8 for TFLite's int8, float32 otherwise; the values are the same pixels in [0, 255].
        tolerance: largest |score - Keras's score| on the golden vectors that export accepts for this format.
        golden_drift: the largest that export measured.
    """

    runtime: Literal["tflite", "tfjs", "onnx"]
    path: RelativePath
    input_dtype: Literal["float32", "uint8"]
    tolerance: Unit
    golden_drift: Unit


class InputSpec(_Strict):
    """What the detector takes: `(1, height_px, width_px, 3)`, of `onnx_batched` any number; rescaling is inside."""

    height_px: Annotated[int, Field(gt=0)]
    width_px: Annotated[int, Field(gt=0)]
    layout: Literal["NHWC"]
    colour_order: Literal["RGB"]
    value_range: tuple[Literal[0], Literal[255]]


class FaceFinderSpec(_Strict):
    """Which face finder the detector was trained behind."""

    model: Literal["blazeface_full_range_sparse"]
    sha256: Sha256
    input_px: Annotated[int, Field(gt=0)]
    score_threshold: Unit
    iou_threshold: Unit


class CropSpec(_Strict):
    """How a face box becomes a crop.

    Attributes:
        shape: a square around the box's centre, in whole pixels.
        scale: its side over the longer side of the box, in pictures; clips have scales of their own.
        border: what stands outside the picture: the nearest pixel of it.
        resize: area averaging where the crop shrinks, bilinear with half-pixel centres where it grows.
    """

    shape: Literal["square"]
    scale: Annotated[float, Field(gt=0)]
    border: Literal["replicate"]
    resize: Literal["area_down_bilinear_up"]


class OutputSpec(_Strict):
    """Shapes of the detector's two outputs, by which readers tell them apart.

    Attributes:
        score_shape: P(fake) in [0, 1], before temperature.
        region_map_shape: P(changed) of each cell of the crop in [0, 1], row by row.
    """

    score_shape: tuple[Literal[1], Literal[1]]
    region_map_shape: tuple[Literal[1], int, int, Literal[1]]


class SamplingSpec(_Strict):
    """Which frames of a clip are looked at: at (k + 0.5) / frames of its duration, each the frame shown then.

    Attributes:
        crop_scales: of the crops of the first such frame, of the second and so on, and then from the start again.
            What a net makes of one face changes with its crop, so that frames seen alike err alike.
    """

    rule: Literal["even_midpoints"]
    frames: Annotated[int, Field(gt=0)]
    crop_scales: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=1)]


class AggregationSpec(_Strict):
    """How frame scores become a track's and a clip's.

    Attributes:
        min_face_px: the longer side of the face box below which a frame does not count.
        min_sharpness: variance of the Laplacian of the luma of a face's crop, by the scale of pictures, below which a
            frame does not count.
        min_frames: frames that must count before a track is reliable; for shorter clips and images, all there are.
    """

    track: Literal["mean_of_usable_frames"]
    clip: Literal["highest_reliable_track"]
    min_face_px: Annotated[float, Field(ge=0)]
    min_sharpness: Annotated[float, Field(ge=0)]
    min_frames: Annotated[int, Field(gt=0)]


class TrackingSpec(_Strict):
    """When a face in the next sampled frame continues a track.

    Attributes:
        max_centre_shift: distance of the box centres over the mean of the boxes' longer sides.
        max_size_ratio: longer side of the larger box over that of the smaller.
    """

    max_centre_shift: Annotated[float, Field(gt=0)]
    max_size_ratio: Annotated[float, Field(ge=1)]


class Bands(_Strict):
    """Verdict bands on the calibrated score; inconclusive lies between them."""

    likely_authentic_below: Unit
    likely_manipulated_from: Unit

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.likely_authentic_below > self.likely_manipulated_from:
            raise ValueError(
                "Expected likely_authentic_below <= likely_manipulated_from. "
                f"Received: {self.likely_authentic_below} > {self.likely_manipulated_from}"
            )
        return self


class Metric(_Strict):
    """One measured number and what it was measured on."""

    name: str
    value: float
    data: str
    samples: Annotated[int, Field(gt=0)]


class TrainingData(_Strict):
    """One source the detector learned from."""

    name: str
    label: Literal["real", "fake"]
    samples: Annotated[int, Field(gt=0)]


class Generator(_Strict):
    """The program that wrote the bundle."""

    name: Literal["unmask"]
    version: str


class Manifest(_Strict):
    """`manifest.json`, whole."""

    schema_version: Literal[2]
    name: str
    version: str
    licence: str
    generator: Generator
    models: dict[ModelFormat, ModelFile]
    files: list[BundleFile]
    input: InputSpec
    face_finder: FaceFinderSpec
    crop: CropSpec
    outputs: OutputSpec
    sampling: SamplingSpec
    tracking: TrackingSpec
    aggregation: AggregationSpec
    temperature: Annotated[float, Field(gt=0)]
    bands: Bands
    metrics: list[Metric]
    training_data: list[TrainingData]

    @model_validator(mode="after")
    def _models_listed(self) -> Self:
        unlisted = {model.path for model in self.models.values()} - {file.path for file in self.files}
        if unlisted:
            raise ValueError(f"Expected the path of every model among the files. Received: {sorted(unlisted)}")
        return self


def json_schema() -> str:
    """The manifest's JSON schema (draft 2020-12) as the text of `manifest.schema.json`."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Manifest.model_json_schema()}
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("manifest.schema.json").write_text(json_schema(), "utf-8")
