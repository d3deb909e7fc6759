"""The extension's two packages are what their stores and its privacy text say."""

import json
import re
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.browser.extension import EXTENSION, build

MOST_PACKED_BYTES = 8_000_000
# The Chrome Web Store takes no longer summary.
MOST_SUMMARY_CHARACTERS = 132
PERMISSIONS = {"activeTab", "contextMenus", "scripting", "storage"}


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def package(request: pytest.FixtureRequest) -> Path:
    """The folder that is packed for a browser."""
    return build({"chromium": "chrome-mv3", "firefox": "firefox-mv3"}[request.param], f"build:{request.param}")


def manifest(package: Path) -> dict[str, Any]:
    """The package's manifest."""
    content: dict[str, Any] = json.loads((package / "manifest.json").read_text("utf-8"))
    return content


def test_packages_are_small(package: Path) -> None:
    """Packed as `npm run zip` packs them."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in package.rglob("*"):
            archive.write(path, path.relative_to(package))
    assert packed.tell() <= MOST_PACKED_BYTES


def test_no_site_is_open_to_it_before_the_user_says_so(package: Path) -> None:
    """Permissions are the stated ones; sites are optional; nothing runs on pages unasked."""
    content = manifest(package)
    offscreen = set() if "browser_specific_settings" in content else {"offscreen"}
    assert set(content["permissions"]) == PERMISSIONS | offscreen
    assert content["optional_host_permissions"] == ["http://*/*", "https://*/*"]
    assert not content.keys() & {
        "host_permissions",
        "content_scripts",
        "web_accessible_resources",
        "externally_connectable",
    }
    for text in ("README.md", "PRIVACY.md"):
        stated = set(re.findall(r"^\| `(\w+)`", (EXTENSION / text).read_text("utf-8"), re.MULTILINE))
        assert stated == PERMISSIONS | {"offscreen"}, text


def test_the_browsers_own_pages_stay_its_own(package: Path) -> None:
    """The build tool would put a page of the extension that is called "history" in place of the browser's history."""
    assert "chrome_url_overrides" not in manifest(package)


def test_firefox_is_told_that_no_data_is_collected() -> None:
    """Firefox shows this when it installs an add-on."""
    settings = manifest(build("firefox-mv3", "build:firefox"))["browser_specific_settings"]
    assert settings["gecko"]["data_collection_permissions"] == {"required": ["none"]}


def test_no_code_comes_from_elsewhere(package: Path) -> None:
    """Pages load their own scripts, and the policy allows no others."""
    assert manifest(package)["content_security_policy"]["extension_pages"].startswith(
        "script-src 'self' 'wasm-unsafe-eval';"
    )
    for page in package.rglob("*.html"):
        assert not re.search(r"(src|href)=\"(https?:)?//", page.read_text("utf-8")), page.name


def test_stores_show_it_in_four_languages(package: Path) -> None:
    """Name and summary."""
    content = manifest(package)
    assert (content["default_locale"], content["description"]) == ("en", "__MSG_extension_summary__")
    languages = sorted((package / "_locales").iterdir())
    assert [language.name for language in languages] == ["de", "en", "es", "fr"]
    for language in languages:
        summary = json.loads((language / "messages.json").read_text("utf-8"))["extension_summary"]["message"]
        assert 0 < len(summary) <= MOST_SUMMARY_CHARACTERS


def test_firefox_s_own_linter_finds_no_error() -> None:
    """`web-ext lint`, which its store runs on what is handed in."""
    package = build("firefox-mv3", "build:firefox")
    command = ["npx", "web-ext", "lint", "--no-config-discovery", "--output", "json", "--source-dir", str(package)]
    done = subprocess.run(command, cwd=EXTENSION, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    report = json.loads(done.stdout)
    assert report["errors"] == []
