"""Recipes, and what is fitted after training."""

from pathlib import Path

import numpy as np
import pytest

from unmask_edge.errors import UnmaskError
from unmask_training.calibration import calibrated, fit_bands, fit_temperature
from unmask_training.recipe import RECIPES_DIR, load_recipe


@pytest.mark.parametrize("path", sorted(RECIPES_DIR.glob("*.toml")), ids=lambda path: path.stem)
def test_named_recipes_are_valid_and_say_their_command(path: Path) -> None:
    """Each opens with a comment that states the command, the time and the result."""
    load_recipe(path.stem)
    head = path.read_text("utf-8").split("\nbase")[0].split("\nname")[0]
    assert f"unmask train --recipe {path.stem}" in head
    assert "Time" in head
    assert "Result" in head


def test_unknown_recipes_and_fields_are_refused(tmp_path: Path) -> None:
    """The error names the recipes there are, or the field that is wrong."""
    with pytest.raises(UnmaskError, match=r"quick.*Received: nonesuch"):
        load_recipe("nonesuch")
    text = (RECIPES_DIR / "quick.toml").read_text("utf-8")
    (tmp_path / "extra.toml").write_text(text.replace("dropout", "drop_out"), "utf-8")
    with pytest.raises(UnmaskError, match="drop_out"):
        load_recipe(str(tmp_path / "extra.toml"))
    (tmp_path / "broken.toml").write_text("name = ", "utf-8")
    with pytest.raises(UnmaskError, match="to be TOML"):
        load_recipe(str(tmp_path / "broken.toml"))


def test_a_recipe_on_a_base_tells_what_differs(tmp_path: Path) -> None:
    """Table by table; all else is the base's, which must tell everything itself."""
    (tmp_path / "own.toml").write_text('base = "quick"\n[data.mix]\nlabelled = 0.5\n[schedule]\nseed = 9\n', "utf-8")
    quick, own = load_recipe("quick"), load_recipe(str(tmp_path / "own.toml"))
    assert own.schedule == quick.schedule.model_copy(update={"seed": 9})
    assert own.data.mix == quick.data.mix | {"labelled": 0.5}
    assert own.decision == quick.decision
    (tmp_path / "twice.toml").write_text(f"base = '{tmp_path / 'own.toml'}'\n", "utf-8")
    with pytest.raises(UnmaskError, match="Received: one on 'quick'"):
        load_recipe(str(tmp_path / "twice.toml"))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_temperature_is_recovered(temperature: float) -> None:
    """Labels drawn from scores at a known temperature give that temperature back."""
    rng = np.random.default_rng(0)
    raw_scores = 1 / (1 + np.exp(-rng.normal(0, 3, 20_000)))
    labels = rng.random(20_000) < calibrated(raw_scores, temperature)
    assert fit_temperature(labels.astype(int), raw_scores) == pytest.approx(temperature, rel=0.1)


def test_bands_keep_their_promised_shares() -> None:
    """At most 2 % of reals are called manipulated and at most 5 % of fakes authentic on the data they were set on."""
    rng = np.random.default_rng(1)
    decision = load_recipe("quick").decision
    labels = np.repeat([0, 1], 1000)
    scores = np.concatenate([rng.beta(2, 5, 1000), rng.beta(5, 2, 1000)])
    bands = fit_bands(labels, scores, decision)
    assert (scores[labels == 0] >= bands.likely_manipulated_from).mean() <= decision.max_false_alarms
    assert (scores[labels == 1] < bands.likely_authentic_below).mean() <= decision.max_misses
    assert bands.likely_authentic_below < bands.likely_manipulated_from


def test_bands_of_a_perfect_detector_do_not_cross() -> None:
    """Where all fakes lie above all reals, the bands meet and leave no room for a contradiction."""
    scores = np.array([0.1, 0.2, 0.8, 0.9])
    bands = fit_bands(np.array([0, 0, 1, 1]), scores, load_recipe("quick").decision)
    assert bands.likely_authentic_below <= bands.likely_manipulated_from
