"""Draws `public/icon/*.png` from `icon.svg` with Playwright and the system's Chromium.

Run it after a change of the drawing: `python extension/scripts/draw_icons.py`.
"""

from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
SIZES_PX = (16, 32, 48, 128)

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    for size_px in SIZES_PX:
        page = browser.new_page(viewport={"width": size_px, "height": size_px})
        svg = (HERE / "icon.svg").read_text("utf-8")
        page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{svg}")
        page.screenshot(path=HERE.parent / "public" / "icon" / f"{size_px}.png", omit_background=True)
    browser.close()
