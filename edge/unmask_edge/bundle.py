"""Opens a model bundle: checks its manifest, hands out its files after checking their sha256."""

import hashlib
import json
from pathlib import Path

from pydantic import ValidationError

from unmask_edge.errors import BundleError
from unmask_edge.faults import in_one_line
from unmask_edge.manifest import SCHEMA_VERSION, Manifest

DEFAULT_BUNDLE_DIR = Path(__file__).parent / "bundle"
TINY_BUNDLE_DIR = Path(__file__).parent / "bundle_tiny"


class Bundle:
    """A bundle folder whose manifest has been validated.

    Attributes:
        folder: where it lies.
        manifest: its contract.
    """

    def __init__(self, folder: Path | str = DEFAULT_BUNDLE_DIR) -> None:
        """Read and validate `manifest.json`.

        Args:
            folder: the bundle's; "tiny" alone is the smaller of the packaged ones, whatever lies around.

        Raises:
            BundleError: if it is missing, no JSON, of an unknown schema version or violates the schema.
        """
        self.folder = TINY_BUNDLE_DIR if Path(folder) == Path("tiny") else Path(folder)
        self.manifest = _read_manifest(self.folder / "manifest.json")

    def path(self, relative: str) -> Path:
        """Path of a listed file, after its size and sha256 were found to be the manifest's.

        Raises:
            BundleError: if the file is not listed, missing, outside the bundle or altered.
        """
        listed = {file.path: file for file in self.manifest.files}
        if relative not in listed:
            raise BundleError(f"Expected one of the bundle's files {sorted(listed)}. Received: {relative!r}.")
        path = self.folder / relative
        if not path.is_file():
            raise BundleError(f"Expected {relative} in the bundle {self.folder}. Received: no such file.")
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise BundleError(f"Expected {relative} inside the bundle {self.folder}. Received: {path.resolve()}.")
        size_bytes = path.stat().st_size
        if size_bytes != listed[relative].size_bytes:
            raise BundleError(f"Expected {path} of {listed[relative].size_bytes} bytes. Received: {size_bytes} bytes.")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != listed[relative].sha256:
            raise BundleError(f"Expected {path} with sha256 {listed[relative].sha256}. Received: {digest}.")
        return path


def _read_manifest(path: Path) -> Manifest:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # the last, of JSON nested too deeply
        raise BundleError(f"Expected a model bundle with a readable {path}. Received: {error}") from error
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version != SCHEMA_VERSION:
        raise BundleError(f"Expected {path} of schema version {SCHEMA_VERSION}. Received: {version!r}.")
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        faults = in_one_line(error, "manifest")
        raise BundleError(f"Expected {path} to follow manifest.schema.json. Received: {faults}") from error
