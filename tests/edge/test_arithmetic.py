"""Arithmetic that Python and TypeScript share."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1] / "golden"
STORED: dict[str, Any] = json.loads((FOLDER / "arithmetic.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def computed() -> dict[str, Any]:
    """What Python computes now, as JSON would store it."""
    vectors = runpy.run_path(str(FOLDER / "make.py"))["vectors"]()
    result: dict[str, Any] = json.loads(json.dumps(vectors))
    return result


@pytest.mark.parametrize("rule", sorted(STORED))
def test_golden_vectors(rule: str, computed: dict[str, Any]) -> None:
    """Python still computes every vector that TypeScript is held to."""
    assert computed[rule] == STORED[rule]


def test_no_rule_is_left_out(computed: dict[str, Any]) -> None:
    """The stored vectors are of the same rules as the computed ones."""
    assert computed.keys() == STORED.keys()
