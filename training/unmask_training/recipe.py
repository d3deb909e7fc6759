"""A recipe: everything a training run depends on, in one short TOML file.

Named recipes lie in `recipes/`; each opens with its command, how long it took and what it reached.
"""

import sys
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import AggregationSpec, CropSpec, SamplingSpec, TrackingSpec

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RECIPES_DIR = Path(__file__).parent / "recipes"

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(gt=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelRecipe(_Strict):
    """Shape of the net.

    Attributes:
        input_px: side of the crop; a multiple of 32.
        alpha: width multiplier of MobileNetV2.
        head_channels: channels of the last convolution before the score.
        dropout: share of them dropped in training.
        weights: "imagenet" (downloaded by Keras), "none", or a `.weights.h5` file of the backbone.
    """

    input_px: Annotated[int, Field(ge=64, multiple_of=32)]
    alpha: Annotated[float, Field(gt=0)]
    head_channels: Positive
    dropout: Share
    weights: str


class DataRecipe(_Strict):
    """What a batch is made of.

    Attributes:
        labelled_share: share of pairs whose fake is a labelled one; the others are self-blended from the real.
        crop_scale: range of the crop's side over the face box, drawn per pair.
    """

    labelled_share: Share
    crop_scale: tuple[float, float]


class ScheduleRecipe(_Strict):
    """How long and how fast: AdamW with a cosine decay to zero after a short warm-up."""

    seed: int
    epochs: Positive
    steps_per_epoch: Positive
    pairs_per_batch: Positive
    learning_rate: Annotated[float, Field(gt=0)]
    weight_decay: Annotated[float, Field(ge=0)]
    region_map_weight: Annotated[float, Field(ge=0)]


class DecisionRecipe(_Strict):
    """What readers of the model do; copied into the manifest.

    Attributes:
        max_false_alarms: share of real validation faces that may be called likely manipulated.
        max_misses: share of fake validation faces that may be called likely authentic.
    """

    crop_scale: Annotated[float, Field(gt=0)]
    frames: Positive
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
        return SamplingSpec(rule="even_midpoints", frames=self.decision.frames)


def load_recipe(name_or_path: str) -> Recipe:
    """Read a recipe by its name in `recipes/` or by its path.

    Raises:
        UnmaskError: if there is no such recipe or it is not valid.
    """
    named = RECIPES_DIR / f"{name_or_path}.toml"
    path = named if named.exists() else Path(name_or_path)
    try:
        return Recipe.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        known = sorted(recipe.stem for recipe in RECIPES_DIR.glob("*.toml"))
        raise UnmaskError(f"Expected one of the recipes {known} or a TOML file. Received: {name_or_path}.") from error
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise UnmaskError(f"Expected {path} to be a valid recipe. Received: {error}") from error
