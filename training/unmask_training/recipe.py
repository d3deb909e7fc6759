"""A recipe: everything a training run depends on, in one short TOML file.

Named recipes lie in `recipes/`; each opens with its command, how long it took and what it reached. A recipe may name
another one as its `base`, and then tells only what differs, table by table.
"""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from typing_extensions import Self

from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import AggregationSpec, CropSpec, SamplingSpec, TrackingSpec
from unmask_training.synthesis.methods import ONE_FACE_METHODS, TWO_FACE_METHODS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RECIPES_DIR = Path(__file__).parent / "recipes"
# Region maps have one cell for this many px of the crop: the stride of the features they are read from.
REGION_STRIDE = 16
# Pairs that need labelled fakes: one as it is, or its face blended into a real picture.
LABELLED_KINDS = {"labelled", "labelled_blend"}

Backbone = Literal["mobilenet_v2", "efficientnet_lite0", "efficientnet_lite2"]
Heads = tuple[Literal["score"]] | tuple[Literal["blend"], Literal["traces"]]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(gt=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelRecipe(_Strict):
    """Shape of the net.

    Attributes:
        backbone: "mobilenet_v2", or a larger one.
        beside: further ones, each of another kind, whose answers are averaged with the first one's; recipes of older
            bundles do not tell. A net of several begins at the weights of nets that were trained alone.
        input_px: side of the crop; a multiple of 32.
        alpha: width multiplier of MobileNetV2; 1 for the others.
        head_channels: channels of the last convolution before the score, of each backbone.
        dropout: share of them dropped in training.
        heads: `["score"]`, one that learns from every fake, or `["blend", "traces"]`, whose higher one is the score and
            each of which learns from fakes that show what it is called after; recipes of older bundles do not tell.
        weights: "imagenet" (MobileNetV2's, downloaded by Keras), "none", a file of the backbone's weights
            (`.weights.h5`; for EfficientNet-Lite PyTorch's `.pth`), or the folder of a finished run or a bundle with
            the same net, to go on from all its weights. The backbone's batch norms keep the statistics that came with
            any of them.
    """

    backbone: Backbone = "mobilenet_v2"
    beside: tuple[Backbone, ...] = ()
    input_px: Annotated[int, Field(ge=64, multiple_of=32)]
    alpha: Annotated[float, Field(gt=0)]
    head_channels: Positive
    dropout: Share
    heads: Heads = ("score",)
    weights: str

    @model_validator(mode="after")
    def _width_fits(self) -> Self:
        if self.backbone != "mobilenet_v2" and self.alpha != 1:
            raise ValueError(f"Expected an alpha of 1 for {self.backbone}. Received: {self.alpha}.")
        return self

    @model_validator(mode="after")
    def _backbones_differ(self) -> Self:
        if self.backbone in self.beside or len(set(self.beside)) < len(self.beside):
            raise ValueError(f"Expected each backbone once. Received: {self.kinds}.")
        return self

    @property
    def kinds(self) -> str:
        """Its backbones, to be read."""
        return " and ".join((self.backbone, *self.beside))

    @property
    def map_px(self) -> int:
        """Side of the region map."""
        return self.input_px // REGION_STRIDE


class DataRecipe(_Strict):
    """What a batch is made of.

    Attributes:
        paired: whether each fake stands beside its own real twin in the batch, or beside another face.
        crop_scale: range of the crop's side over the face box, drawn per pair.
        clean_share: of the forged pairs that are not degraded.
        clean_labelled_share: of the labelled pairs; a tool's fine traces do not outlive an upload.
        degraded_px: side of the crops while they are degraded, if not the net's: what coders leave in a picture comes
            to a detector scaled down.
        mix: shares of the pairs by how their fake is made, divided by their sum: "labelled" as it is; "labelled_blend",
            its face in a real picture, so that setting, pose and framing cannot tell it; or by a synthesis method.
        left_out: patterns of picture paths in the data folder, as `generated/train/fake/gp_*`, that are not trained on
            but scored apart, to show how the detector does on a maker it has never seen.
    """

    paired: bool
    crop_scale: tuple[float, float]
    clean_share: Share
    clean_labelled_share: Share
    degraded_px: Positive | None = None
    mix: Annotated[dict[str, Annotated[float, Field(ge=0)]], Field(min_length=1)]
    left_out: tuple[str, ...] = ()

    @field_validator("mix")
    @classmethod
    def _known_kinds(cls, mix: dict[str, float]) -> dict[str, float]:
        known = {*LABELLED_KINDS, *ONE_FACE_METHODS, *TWO_FACE_METHODS}
        if not set(mix) <= known or sum(mix.values()) <= 0:
            raise ValueError(f"Expected shares of {sorted(known)}, not all of them 0. Received: {mix}.")
        return mix


class ScheduleRecipe(_Strict):
    """How long and how fast: AdamW with a cosine decay to zero after a short warm-up.

    Attributes:
        ema_momentum: of the moving average of the weights that is validated and kept (Polyak averaging).
    """

    seed: int
    epochs: Positive
    steps_per_epoch: Positive
    pairs_per_batch: Positive
    learning_rate: Annotated[float, Field(gt=0)]
    weight_decay: Annotated[float, Field(ge=0)]
    ema_momentum: Annotated[float, Field(ge=0, lt=1)]
    region_map_weight: Annotated[float, Field(ge=0)]


class DecisionRecipe(_Strict):
    """What readers of the model do; copied into the manifest.

    Attributes:
        crop_scale: of pictures' crops, over the face box.
        frames: of a clip.
        clip_crop_scales: of these frames' crops, in turn.
        max_false_alarms: share of real validation faces that may be called likely manipulated.
        max_misses: share of fake validation faces that may be called likely authentic.
    """

    crop_scale: Annotated[float, Field(gt=0)]
    frames: Positive
    clip_crop_scales: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=1)]
    max_false_alarms: Share
    max_misses: Share
    tracking: TrackingSpec
    aggregation: AggregationSpec


class Recipe(_Strict):
    """A whole recipe file."""

    name: str
    licence: str
    model: ModelRecipe
    data: DataRecipe
    schedule: ScheduleRecipe
    decision: DecisionRecipe

    @property
    def crop(self) -> CropSpec:
        """The crop rule, as the manifest states it."""
        return CropSpec(
            shape="square", scale=self.decision.crop_scale, border="replicate", resize="area_down_bilinear_up"
        )

    @property
    def sampling(self) -> SamplingSpec:
        """The sampling rule, as the manifest states it."""
        return SamplingSpec(
            rule="even_midpoints", frames=self.decision.frames, crop_scales=self.decision.clip_crop_scales
        )


def load_recipe(name_or_path: str) -> Recipe:
    """Read a recipe by its name in `recipes/` or by its path.

    Raises:
        UnmaskError: if there is no such recipe, or its base has a base of its own, or it is not valid.
    """
    content = load_toml(name_or_path, RECIPES_DIR, "recipe")
    if "base" in content:
        base = load_toml(str(content.pop("base")), RECIPES_DIR, "recipe")
        if "base" in base:
            raise UnmaskError(f"Expected a base that tells everything. Received: one on {base['base']!r}.")
        content = _laid_over(base, content)
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        raise UnmaskError(f"Expected {name_or_path} to be a valid recipe. Received: {error}") from error


def _laid_over(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    both = {name: _laid_over(base[name], changes[name]) for name in changes if isinstance(base.get(name), dict)}
    return {**base, **changes, **both}


def load_toml(name_or_path: str, folder: Path, kind: str) -> dict[str, Any]:
    """Read a TOML file by its name in a folder of the package or by its path.

    Args:
        name_or_path: which.
        folder: where the named ones lie.
        kind: what they are called in errors.

    Raises:
        UnmaskError: if there is no such file or it is not TOML.
    """
    named = folder / f"{name_or_path}.toml"
    path = named if named.exists() else Path(name_or_path)
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        known = ", ".join(sorted(file.stem for file in folder.glob("*.toml")))
        raise UnmaskError(f"Expected a {kind} ({known}) or a TOML file. Received: {name_or_path}.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnmaskError(f"Expected {path} to be TOML. Received: {error}") from error
    return content
