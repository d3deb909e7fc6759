"""The page as it is served; tests/browser/test_companion.py uses it."""

import re

from flask.testing import FlaskClient


def test_the_page_needs_nothing_from_elsewhere(client: FlaskClient) -> None:
    """All that the page and its style name is served by the companion itself."""
    page = client.get("/").text
    assets = re.findall(r'(?:href|src)="([^"#]+)"', page)
    assert assets
    for address in set(assets) - {"/docs"}:
        assert address.startswith("/static/")
        response = client.get(address)
        assert response.status_code == 200
        text = response.text.replace("http://www.w3.org/", "")
        assert "http://" not in text
        assert "https://" not in text
        response.close()


def test_the_page_knows_the_limit(client: FlaskClient) -> None:
    """So that it can refuse a file before sending it."""
    assert 'data-max-upload-bytes="1048576"' in client.get("/").text
