"""Trains variants of a recipe alike and lays their results side by side, to tell what each part of it is worth.

A study is a TOML file: `base`, a recipe; `shared`, what all variants change in it, commonly a shorter schedule; and
`variants`, by name, what each changes besides. Settings are named by their path, as in `"data.mix.self_blend" = 0`.
Named studies lie in `studies/`.
"""

import re
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from unmask_edge.errors import UnmaskError
from unmask_training.process_pool import process_pool
from unmask_training.recipe import Recipe, load_recipe, load_toml
from unmask_training.run import Run
from unmask_training.train import train

STUDIES_DIR = Path(__file__).parent / "studies"

Changes = dict[str, Any]


class Study(BaseModel):
    """A study file.

    Attributes:
        base: a named recipe or a TOML file.
        shared: changes that every variant has.
        variants: further changes by the variant's name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: str
    shared: Changes = {}
    variants: Annotated[dict[str, Changes], Field(min_length=1)]

    def recipes(self, weights: str | None) -> dict[str, Recipe]:
        """The recipe of each variant.

        Args:
            weights: backbone weights in place of the recipes'.

        Raises:
            UnmaskError: if a change names no setting or gives it an impossible value.
        """
        base = load_recipe(self.base)
        everywhere = {**self.shared, **({"model.weights": weights} if weights else {})}
        return {name: changed(base, {**everywhere, **changes}) for name, changes in self.variants.items()}


def load_study(name_or_path: str) -> Study:
    """Read a study by its name in `studies/` or by its path.

    Raises:
        UnmaskError: if there is no such study or it is not valid.
    """
    content = load_toml(name_or_path, STUDIES_DIR, "study")
    try:
        return Study.model_validate(content)
    except ValidationError as error:
        raise UnmaskError(f"Expected {name_or_path} to be a valid study. Received: {error}") from error


def changed(recipe: Recipe, changes: Changes) -> Recipe:
    """A recipe with some settings changed, each named by its path.

    Raises:
        UnmaskError: if a path leads nowhere or a value is impossible.
    """
    content = recipe.model_dump(mode="json")
    for path, value in changes.items():
        *sections, setting = path.split(".")
        place: Any = content
        for section in sections:
            if not isinstance(place.get(section), dict):
                raise UnmaskError(f"Expected settings of the recipe in a study. Received: {path}.")
            place = place[section]
        place[setting] = deepcopy(value)  # later changes may reach into it
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        raise UnmaskError(f"Expected changes that make a valid recipe. Received: {changes}: {error}") from error


def run_study(
    recipes: dict[str, Recipe], data: Path, out: Path, store: Path, workers: int
) -> dict[str, tuple[Path, Run]]:
    """Train every variant, or go on where an earlier start of the same study stopped.

    Args:
        recipes: by the variant's name.
        data: image folders.
        out: one run folder for each variant goes here.
        store: where face windows are kept.
        workers: processes for the data.

    Returns:
        Run folders and their records by the variant's name.
    """
    runs = {}
    for name, recipe in recipes.items():
        folder = out / re.sub(r"[^\w.-]+", "_", name)
        Run.claim(folder, recipe)
        if not (folder / "run.json").exists():
            _train_apart(recipe, data, folder, store, workers)
        runs[name] = (folder, Run.read(folder))
    return runs


def _train_apart(recipe: Recipe, data: Path, folder: Path, store: Path, workers: int) -> None:
    """Train in a process of its own, so that no variant inherits memory or random state of the one before."""
    with process_pool(1) as pool:
        pool.submit(train, recipe, data, folder, store, workers).result()
