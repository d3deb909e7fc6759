"""The companion on the packaged bundle, with a folder for uploads that tests can look into."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from unmask_edge import Detector
from unmask_edge.assets import asset_path
from unmask_server import create_app

# Small, since werkzeug's test client leaves bodies of more than 500 kB behind as unclosed files.
MAX_UPLOAD_BYTES = 400_000


@pytest.fixture(scope="session")
def detector() -> Detector:
    """The packaged bundle, loaded once."""
    return Detector()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """The folder that uploads go through."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def app(detector: Detector, data_dir: Path) -> Flask:
    """The companion, with a small limit on uploads."""
    return create_app(detector, data_dir, MAX_UPLOAD_BYTES)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client that calls the app without a network."""
    return app.test_client()


@pytest.fixture(scope="session")
def portrait_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real face as JPEG, in the public domain."""
    path = tmp_path_factory.mktemp("portrait") / "portrait.jpg"
    image = cv2.imread(str(asset_path("portrait")))
    assert image is not None
    cv2.imwrite(str(path), image)
    return path


@pytest.fixture(scope="session")
def portrait(portrait_path: Path) -> bytes:
    """The same, as it is sent."""
    return portrait_path.read_bytes()


@pytest.fixture(scope="session")
def clip(portrait_path: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A WebM of 1 s, 320x240, in which the view pans over the portrait."""
    path = tmp_path_factory.mktemp("clips") / "pan.webm"
    image = cv2.imread(str(portrait_path))
    assert image is not None
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"VP90"), 10, (320, 240))
    for left in range(10):
        writer.write(np.ascontiguousarray(image[:240, 80 + left : 400 + left]))
    writer.release()
    return path.read_bytes()
