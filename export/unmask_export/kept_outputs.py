"""Keeps what nets made of each face of a file, so that a rerun neither reads nor scores it again.

The cache of `unmask evaluate` keeps a file's outcome alone; drift is told of every crop and region map.
"""

import hashlib
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import numpy as np

from unmask_export.runtimes import Outputs
from unmask_training.evaluation.cache import opened_database
from unmask_training.evaluation.judge import Judged


@dataclass(frozen=True, eq=False)
class FileOutputs:
    """What a net says of one file.

    Attributes:
        judged: None without a face.
        outputs: of its faces, frame by frame.
    """

    judged: Judged | None
    outputs: Outputs


class KeptOutputs:
    """An SQLite file of outputs by the content of file and net, not by their names."""

    def __init__(self, path: Path | None) -> None:
        """Open or make it.

        Args:
            path: the file; None to keep outputs for as long as the process runs.

        Raises:
            UnmaskError: if it is no such file.
        """
        self._database = opened_database(path, "outputs (key TEXT PRIMARY KEY, judged TEXT, arrays BLOB)", "comparison")

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __contains__(self, key: str) -> bool:
        """Whether outputs are known."""
        return self._row("key", key) is not None

    def __getitem__(self, key: str) -> FileOutputs:
        """The outputs of a key that is there."""
        found = self._row("judged, arrays", key)
        if found is None:
            raise KeyError(key)
        entry = json.loads(found[0])
        with np.load(BytesIO(found[1])) as arrays:
            outputs = Outputs(arrays["scores"], arrays["region_maps"])
        return FileOutputs(entry and Judged.from_json(entry), outputs)

    def update(self, said: Sequence[tuple[str, FileOutputs]]) -> None:
        """Keep outputs by their keys, all of them or, if interrupted, none."""
        rows = [(key, json.dumps(one.judged and one.judged.to_json()), _packed(one.outputs)) for key, one in said]
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO outputs VALUES (?, ?, ?)", rows)

    def _row(self, columns: Literal["key", "judged, arrays"], key: str) -> tuple[Any, ...] | None:
        query = f"SELECT {columns} FROM outputs WHERE key = ?"  # noqa: S608  (the columns are ours)
        with closing(self._database.execute(query, (key,))) as rows:
            found: tuple[Any, ...] | None = rows.fetchone()
        return found


def output_key(digest: str, fingerprint: str) -> str:
    """What outputs depend on: the file's content, and the net with its rules."""
    return hashlib.sha256(f"{digest}\0{fingerprint}".encode()).hexdigest()


def _packed(outputs: Outputs) -> bytes:
    content = BytesIO()
    np.savez(content, scores=outputs.scores, region_maps=outputs.region_maps)
    return content.getvalue()
