"""A run folder's record, between training and export."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from typing_extensions import Self

from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import SCHEMA_VERSION, Bands, CropSpec, FaceFinderSpec, Metric, TrainingData
from unmask_training.finder import face_finder_spec
from unmask_training.recipe import Recipe


class Start(BaseModel):
    """What a run went on from.

    Attributes:
        name: the model's name, with its version where it has one.
        how: whether its training went on, another one was made of it that teachers taught, or others were joined with
            it.
        teachers: their names, where it did not teach alone.
        beside: the names of those that were joined with it.
        decision_kept: whether temperature and bands are still that model's, set on its own validation faces.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    how: Literal["trained_on", "distilled", "joined"] = "trained_on"
    teachers: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    decision_kept: bool


class Reading(BaseModel):
    """What the detector was trained behind, and a reader must do alike: as a manifest states it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: int
    face_finder: FaceFinderSpec
    crop: CropSpec


class Run(BaseModel):
    """`run.json`: what was trained, on what, and what came out.

    Attributes:
        data_fingerprint: sha256 over the data folder's file names, labels, splits and sizes.
        training_data: what the start, if any, had learned from stands first.
        start: none for a run that began at the recipe's weights.
        reading: none in runs of before it was recorded.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    generator_version: str
    recipe: Recipe
    data_fingerprint: str
    training_data: list[TrainingData]
    temperature: float
    bands: Bands
    metrics: list[Metric]
    start: Start | None = None
    reading: Reading | None = None

    @staticmethod
    def claim(folder: Path, recipe: Recipe) -> None:
        """Write the resolved recipe into a run folder, or make sure that an earlier run there had the same.

        Raises:
            UnmaskError: if it had another one.
        """
        path = folder / "recipe.json"
        text = recipe.model_dump_json(indent=2) + "\n"
        if path.exists() and path.read_text("utf-8") != text:
            raise UnmaskError(
                f"Expected an empty --out or one of the same recipe. Received: {folder} of another recipe."
            )
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def write(self, folder: Path) -> None:
        """Write `run.json`; its presence marks the run as finished."""
        (folder / "run.json").write_text(self.model_dump_json(indent=2) + "\n", "utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read a finished run.

        Raises:
            UnmaskError: if it is not finished, or its record is damaged.
        """
        try:
            return cls.model_validate_json((folder / "run.json").read_bytes())
        except OSError as error:
            raise UnmaskError(f"Expected a finished run with run.json in {folder}. Received: {error}") from error
        except ValidationError as error:
            raise UnmaskError(f"Expected a valid {folder / 'run.json'}. Received: {error}") from error


def read_rules(recipe: Recipe) -> Reading:
    """How this version reads a detector of a recipe."""
    return Reading(schema_version=SCHEMA_VERSION, face_finder=face_finder_spec(), crop=recipe.crop)
