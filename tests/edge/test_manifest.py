"""The manifest: what a reader refuses, and the schema that others validate against."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

import unmask_edge.manifest
from unmask_edge.bundle import DEFAULT_BUNDLE_DIR
from unmask_edge.manifest import Manifest, json_schema

SCHEMA = Path(unmask_edge.manifest.__file__).with_name("manifest.schema.json")
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def content() -> dict[str, Any]:
    """The packaged manifest as plain JSON."""
    result: dict[str, Any] = json.loads((DEFAULT_BUNDLE_DIR / "manifest.json").read_text("utf-8"))
    return result


def test_schema_file_is_current() -> None:
    """The committed schema is the one that the classes give; `python -m unmask_edge.manifest` rewrites it."""
    assert SCHEMA.read_text("utf-8") == json_schema()


def test_packaged_manifest_follows_schema(content: dict[str, Any]) -> None:
    """A validator that knows nothing of Python's classes accepts the packaged manifest."""
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(content, schema, cls=jsonschema.Draft202012Validator)


def test_round_trip(content: dict[str, Any]) -> None:
    """Reading and writing a manifest changes nothing."""
    assert json.loads(Manifest.model_validate(content).model_dump_json()) == content


@pytest.mark.parametrize("field", sorted(Manifest.model_fields))
def test_no_field_has_a_default(field: str, content: dict[str, Any]) -> None:
    """A manifest that leaves out a field is refused by Python and by the schema."""
    del content[field]
    with pytest.raises(ValidationError, match=field):
        Manifest.model_validate(content)
    with pytest.raises(jsonschema.ValidationError, match=field):
        jsonschema.validate(content, json.loads(SCHEMA.read_text("utf-8")))


REFUSED: dict[str, Change] = {
    "unknown_version": lambda m: m.update(schema_version=3),
    "extra_field": lambda m: m.update(colour="blue"),
    "extra_inner_field": lambda m: m["crop"].update(padding=3),
    "parent_path": lambda m: m["files"][0].update(path="../secret"),
    "absolute_path": lambda m: m["files"][0].update(path="/etc/passwd"),
    "hidden_path": lambda m: m["files"][0].update(path="tfjs/.hidden"),
    "backslash_path": lambda m: m["files"][0].update(path="tfjs\\model.json"),
    "short_sha256": lambda m: m["files"][0].update(sha256="abc"),
    "unknown_format": lambda m: m["models"].update(float64=m["models"]["float16"]),
    "bgr": lambda m: m["input"].update(colour_order="BGR"),
    "unit_range": lambda m: m["input"].update(value_range=[0, 1]),
    "no_frames": lambda m: m["sampling"].update(frames=0),
    "zero_temperature": lambda m: m.update(temperature=0),
    "band_above_one": lambda m: m["bands"].update(likely_manipulated_from=1.5),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_refused_by_python_and_schema(case: str, content: dict[str, Any]) -> None:
    """What breaks a rule is refused by the classes and by the schema alike."""
    REFUSED[case](content)
    with pytest.raises(ValidationError):
        Manifest.model_validate(content)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, json.loads(SCHEMA.read_text("utf-8")))


def test_bands_in_order(content: dict[str, Any]) -> None:
    """Bands that overlap are refused, and the message says both bounds."""
    content["bands"] = {"likely_authentic_below": 0.8, "likely_manipulated_from": 0.2}
    with pytest.raises(ValidationError, match=r"Received: 0\.8 > 0\.2"):
        Manifest.model_validate(content)


def test_models_are_listed(content: dict[str, Any]) -> None:
    """A model whose file the manifest does not list, and so could not be checked, is refused."""
    content["models"]["int8"]["path"] = "other.tflite"
    with pytest.raises(ValidationError, match=r"other\.tflite"):
        Manifest.model_validate(content)
