"""Fixtures of edge's tests."""

import pytest

from unmask_edge import Detector


@pytest.fixture(scope="session")
def detector() -> Detector:
    """The packaged bundle, loaded once."""
    return Detector()
