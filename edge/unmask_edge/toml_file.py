"""Settings in TOML files: reading them, writing values, and telling in one line what is wrong with them."""

import json
import sys
from pathlib import Path
from typing import Any

from unmask_edge.errors import UnmaskError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def load_toml(path: Path) -> dict[str, Any]:
    """What a file says.

    Raises:
        UnmaskError: if it cannot be read or is not TOML.
    """
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UnmaskError(f"Expected a readable TOML file. Received: {path}: {error}") from error
    return content


def toml_value(value: Any) -> str:
    """A string, number, path, truth value or list of these as TOML writes it."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(toml_value, value))}]"
    return json.dumps(str(value) if isinstance(value, Path) else value)
