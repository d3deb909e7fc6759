"""Prints settings as the TOML file that would say them, but for what is secret."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from unmask_edge.toml_file import toml_value
from unmask_edge.watch.config import Secret
from unmask_edge.watch.source import without_password


def as_toml(config: BaseModel) -> str:
    """Every setting, those that are not set as comments."""
    return "\n".join(_lines(config, "")) + "\n"


def _lines(section: BaseModel, path: str) -> Iterator[str]:
    """A section's own values, then those below it, as TOML wants them."""
    below: list[tuple[str, BaseModel]] = []
    for name in type(section).model_fields:
        key, value = name.replace("_", "-"), getattr(section, name)
        if isinstance(value, Secret):
            yield f"# {key} = not shown"
        elif isinstance(value, BaseModel):
            below.append((f"[{path}{key}]", value))
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            below += [(f"[[{path}{key}]]", item) for item in value]
        else:
            yield _line(key, value)
    for heading, item in below:
        yield ""
        yield heading
        yield from _lines(item, f"{heading.strip('[]')}.")


def _line(key: str, value: Any) -> str:
    if value is None:
        return f"# {key} = not set"
    if key == "address":
        shown = without_password(value)
        return f"{key} = {toml_value(shown)}" + ("" if shown == value else "  # in part")
    if key == "url":  # many a webhook's path is its password
        return f"{key} = {toml_value(urlsplit(value)._replace(path='/***', query='', fragment='').geturl())}  # in part"
    return f"{key} = {toml_value(value)}"
