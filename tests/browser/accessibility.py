"""What axe-core finds on a page, as people see it by day and by night."""

from typing import Literal

from playwright.sync_api import Page

from tests.browser.extension import EXTENSION

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
AXE = EXTENSION / "node_modules" / "axe-core" / "axe.min.js"


def assert_accessible(page: Page, selector: str = "html") -> None:
    """No rule of axe-core is broken, in light or dark: names, landmarks, contrast and the like."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.evaluate(AXE.read_text("utf-8"))
        broken = page.evaluate("selector => axe.run({ include: [[selector]] })", selector)["violations"]
        assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in broken] == [], scheme
