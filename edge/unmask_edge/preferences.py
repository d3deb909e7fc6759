"""What was chosen for this machine once and for all: the format that `unmask bench --save` found the faster."""

from pathlib import Path
from typing import get_args

import click
from pydantic import BaseModel, ConfigDict, ValidationError

from unmask_edge.errors import UnmaskError
from unmask_edge.formats import TFLiteFormat

DEFAULT_FORMAT: TFLiteFormat = "float16"


class Preferences(BaseModel):
    """The file's content."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: TFLiteFormat


def preferences_path() -> Path:
    """Where they are kept: in the user's folder for settings."""
    return Path(click.get_app_dir("unmask")) / "preferences.json"


def save_format(format: TFLiteFormat) -> Path:
    """Make a format the default; returns the file that says so."""
    path = preferences_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(Preferences(format=format).model_dump_json(indent=2) + "\n", "utf-8")
    return path


def preferred_format() -> TFLiteFormat:
    """The default format: the saved one, or float16.

    Raises:
        UnmaskError: if the file is damaged.
    """
    path = preferences_path()
    try:
        return Preferences.model_validate_json(path.read_bytes()).format
    except FileNotFoundError:
        return DEFAULT_FORMAT
    except (OSError, ValidationError) as error:
        raise UnmaskError(
            f"Expected a format out of {', '.join(get_args(TFLiteFormat))} in {path}. Received: {error}"
        ) from error
