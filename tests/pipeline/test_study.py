"""Studies: variants of a recipe, trained alike and compared."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from unmask_edge.errors import UnmaskError
from unmask_training.recipe import Recipe, load_recipe
from unmask_training.run import Run
from unmask_training.study import STUDIES_DIR, Study, changed, load_study

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def recipe(tiny_recipe: Path) -> Recipe:
    """A recipe to change."""
    return load_recipe(str(tiny_recipe))


@pytest.mark.parametrize("path", sorted(STUDIES_DIR.glob("*.toml")), ids=lambda path: path.stem)
def test_named_studies_are_valid_and_say_their_command(path: Path) -> None:
    """Every variant makes a recipe; no two are the same; the head states the command."""
    recipes = load_study(path.stem).recipes(weights=None)
    assert len({recipe.model_dump_json() for recipe in recipes.values()}) == len(recipes)
    assert f"unmask study {path.stem} " in path.read_text("utf-8").split("\nbase")[0]


def test_changes_reach_single_settings_and_whole_sections(recipe: Recipe) -> None:
    """A path names one setting, or a table that is replaced whole; everything else stays."""
    other = changed(recipe, {"schedule.epochs": 7, "data.mix": {"labelled": 1}})
    assert other.schedule.epochs == 7
    assert other.data.mix == {"labelled": 1}
    assert other.model == recipe.model


def test_a_change_of_one_variant_leaves_the_others_alone(tiny_recipe: Path) -> None:
    """A variant may reach into a table that all share."""
    shared = {"data.mix": {"labelled": 0.5, "self_blend": 0.5}}
    variants = {"without": {"data.mix.labelled": 0}, "all": {}}
    recipes = Study(base=str(tiny_recipe), shared=shared, variants=variants).recipes(weights=None)
    assert recipes["without"].data.mix == {"labelled": 0, "self_blend": 0.5}
    assert recipes["all"].data.mix == shared["data.mix"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"scedule.epochs": 1}, "scedule.epochs"),
        ({"schedule.epoch": 1}, "epoch"),
        ({"data.mix.face_swap": 1}, "face_swap"),
        ({"model.input_px": "large"}, "input_px"),
    ],
)
def test_changes_that_make_no_recipe_are_refused(recipe: Recipe, changes: dict[str, object], named: str) -> None:
    """A misspelt path or an impossible value is named."""
    with pytest.raises(UnmaskError, match=named):
        changed(recipe, changes)


def test_unknown_studies_are_refused(tmp_path: Path) -> None:
    """The error names the studies there are, or what is wrong in the file."""
    with pytest.raises(UnmaskError, match=r"ablations.*Received: nonesuch"):
        load_study("nonesuch")
    (tmp_path / "empty.toml").write_text('base = "quick"\nvariants = {}\n', "utf-8")
    with pytest.raises(UnmaskError, match="variants"):
        load_study(str(tmp_path / "empty.toml"))


def test_a_study_trains_its_variants_once_and_compares_them(
    unmask: Command, data_folder: Path, tiny_recipe: Path, tmp_path: Path
) -> None:
    """Each gets a run and a line in the table; a second start trains nothing again; left-out faces are scored."""
    study = tmp_path / "two.toml"
    study.write_text(
        f'base = "{tiny_recipe}"\n'
        '[shared]\n"schedule.epochs" = 1\n'
        '[variants]\n"all" = {}\n'
        '"less data" = { "data.left_out" = ["studio/train/*/0.png"] }\n',
        "utf-8",
    )
    out = tmp_path / "out"
    command = (
        "study",
        str(study),
        "--data",
        str(data_folder),
        "--out",
        str(out),
        "--clips",
        str(data_folder / "studio"),
    )
    first = unmask(*command)
    assert first.returncode == 0, first.stderr
    written = (out / "all" / "run.json").stat().st_mtime_ns
    again = unmask(*command)
    assert again.returncode == 0, again.stderr
    assert (out / "all" / "run.json").stat().st_mtime_ns == written
    assert "frame_auc studio/left out" in {
        f"{metric.name} {metric.data}" for metric in Run.read(out / "less_data").metrics
    }
    lines = (out / "study.md").read_text("utf-8").splitlines()
    assert [line.split("|")[1].strip() for line in lines] == ["variant", "---", "all", "less data"]
    assert f"frame_auc {data_folder / 'studio'}" in lines[0]
