"""A run that nothing was trained in, for tests of what is made of runs."""

from pathlib import Path

from unmask_training.model import build_detector
from unmask_training.recipe import ModelRecipe
from unmask_training.run import Run


def run_of(run: Path, folder: Path, **shape: object) -> Path:
    """A run of a net of another shape and random weights, named after its folder.

    Args:
        run: a finished run, from which all else is taken.
        folder: where to write it.
        shape: what differs in the recipe's `model`.
    """
    record = Run.read(run)
    model = ModelRecipe.model_validate({**record.recipe.model.model_dump(), **shape})
    folder.mkdir()
    build_detector(model).save(folder / "detector.keras")
    recipe = record.recipe.model_copy(update={"name": folder.name, "model": model})
    record.model_copy(update={"recipe": recipe}).write(folder)
    return folder
