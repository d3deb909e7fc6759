"""The companion on the packaged bundle, with a folder for its data that tests can look into."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from unmask_edge.assets import asset_path
from unmask_edge.detector import Detector
from unmask_server.app import create_app
from unmask_server.companion import Companion
from unmask_server.settings import Settings

# Uploads are small, since werkzeug's test client leaves bodies of more than 500 kB behind as unclosed files.
MAX_UPLOAD_MB = 1
OWN = "http://127.0.0.1:8427"


@pytest.fixture(scope="session")
def detector() -> Detector:
    """The packaged bundle, loaded once."""
    return Detector()


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One worker, a short queue, small limits."""
    folder = tmp_path_factory.mktemp("companion")
    return Settings(data_dir=folder / "data", workers=1, queue=2, max_upload_mb=MAX_UPLOAD_MB)


@pytest.fixture(scope="session")
def codes() -> list[str]:
    """Every code for pairing that was shown to a person."""
    return []


@pytest.fixture(scope="session")
def companion(settings: Settings, codes: list[str]) -> Iterator[Companion]:
    """A companion for tests that leave it as it is."""
    with Companion(settings, codes.append) as companion:
        yield companion


@pytest.fixture
def fresh(settings: Settings, tmp_path: Path) -> Settings:
    """Settings for a companion of a test's own."""
    return replace(settings, data_dir=tmp_path / "data")


@pytest.fixture
def app(companion: Companion) -> Flask:
    """The HTTP interface, with limits on rates that know of no other test."""
    return create_app(companion)


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    """A client without a token, that calls the app without a network."""
    return app.test_client()


@pytest.fixture
def client(app: Flask, companion: Companion) -> FlaskClient:
    """A client with the page's token."""
    return client_of(app, companion.pairings.page_token)


def client_of(app: Flask, token: str) -> FlaskClient:
    """A client that sends a token with every request."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


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
