"""What a face store says of itself, in two JSON files, and how each of its files is written: whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from typing_extensions import Self

from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import FaceFinderSpec, Sha256

SCHEMA_VERSION = 1
STORE_FILE, SET_FILE = "store.json", "set.json"
UNFINISHED = ".tmp"


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read what `write` has written.

        Raises:
            UnmaskError: if it is missing or damaged, or of another schema version.
        """
        try:
            return cls.model_validate_json(file.read_bytes())
        except (OSError, ValidationError) as error:
            raise UnmaskError(f"Expected {file} as `unmask data faces` writes it. Received: {error}") from error

    def write(self, file: Path) -> None:
        """Write the file, whole or not at all."""
        with whole(file) as unfinished:
            unfinished.write((self.model_dump_json(indent=2) + "\n").encode())


class StoreSettings(_Written):
    """`store.json`: what all sets of a store share.

    Attributes:
        frames: of a clip that are sampled.
        window_scale: side of the window over the longer side of the face box.
        window_max_px: side of the window at most.
    """

    schema_version: Literal[1]
    frames: Annotated[int, Field(gt=0)]
    window_scale: float
    window_max_px: int
    face_finder: FaceFinderSpec
    face_landmarks_sha256: Sha256

    def claim(self, store: Path) -> None:
        """Make a store, or make sure that the one there has the same settings.

        Raises:
            UnmaskError: if it has others.
        """
        store.mkdir(parents=True, exist_ok=True)
        file = store / STORE_FILE
        if not file.exists():
            self.write(file)
        there = self.read(file)
        if there != self:
            wanted, found = (
                ", ".join(f"{name} {value}" for name, value in settings if getattr(there, name) != getattr(self, name))
                for settings in (self, there)
            )
            raise UnmaskError(f"Expected an empty --out or a store of {wanted}. Received: {store} of {found}.")


class StoredSet(_Written):
    """`set.json`: the parts of one set, in order."""

    parts: tuple[str, ...]

    def claim(self, folder: Path, replace: bool) -> list[Path]:
        """Make a set's folder, or take over the one there.

        Args:
            folder: of the set in the store.
            replace: whether parts may lie there that are none of these.

        Returns:
            Such parts, which nobody reads any more.

        Raises:
            UnmaskError: if there are some that may not.
        """
        folder.mkdir(exist_ok=True)
        for unfinished in folder.glob(f"*{UNFINISHED}"):
            unfinished.unlink()
        others = [part for part in sorted(folder.glob("*.parquet")) if part.name not in self.parts]
        if others and not replace:
            raise UnmaskError(
                f"Expected the files that {folder} was made from. Received: others, or some that have changed, so that "
                f"{len(others)} of its parts are out of date. Use another --out or --name, or --replace these parts."
            )
        self.write(folder / SET_FILE)
        return others


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which takes its name once it is whole and on the disk."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}{UNFINISHED}")
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
