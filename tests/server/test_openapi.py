"""The OpenAPI document, and answers to whatever can be made from it."""

from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from unmask_server.companion import Companion


@pytest.fixture
def described(app: Flask) -> Any:
    """The document as schemathesis reads it."""
    return schemathesis.openapi.from_wsgi("/v1/openapi.json", app)


schema = schemathesis.pytest.from_fixture("described")


@schema.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_described(case: Any, companion: Companion) -> None:
    """No server error, and no status, type or shape that the document does not name."""
    case.headers = {**(case.headers or {}), "Authorization": f"Bearer {companion.pairings.page_token}"}
    response = case.call()
    if response.status_code == 429:  # rates are limited on purpose
        return
    assert response.status_code < 500
    checks = [content_type_conformance, response_schema_conformance, status_code_conformance]
    case.validate_response(response, checks=checks)


def test_the_document_is_3_1_and_whole(stranger: FlaskClient) -> None:
    """Every route says what it does, what it answers and whether it needs a token."""
    document = stranger.get("/v1/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    for path, operations in document["paths"].items():
        assert path.startswith("/v1/")
        for operation in operations.values():
            assert operation["summary"]
            assert operation.get("security") in (None, [{"token": []}])
            assert any(status.startswith("2") for status in operation["responses"])
