"""Pictures of the desks: coverage, take, bench, releases and lab, at desktop and phone width."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from yesand.cli.rehearsal.browser import FLAGS, chromium
from yesand.cli.rehearsal.visitor import Visitor

WIDTHS = {"": (1280, 860), "-phone": (390, 800)}


def take_pictures(visitor: Visitor, pages: dict[str, str], out: Path) -> None:
    """A picture of each page (name -> path) at both widths, as this visitor sees it."""
    out.mkdir(parents=True, exist_ok=True)
    cookies: list[Any] = [
        {"name": c.name, "value": c.value, "url": visitor.base_url} for c in visitor.web.cookies.jar
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for suffix, (width, height) in WIDTHS.items():
            context = browser.new_context(
                base_url=visitor.base_url, viewport={"width": width, "height": height}
            )
            context.add_cookies(cookies)
            page = context.new_page()
            for name, path in pages.items():
                page.goto(path, wait_until="load")
                # A timeline draws its peaks after the page has loaded.
                if page.locator("[data-timeline]").count():
                    page.wait_for_selector('[data-timeline][data-drawn="yes"]', timeout=15_000)
                page.screenshot(path=str(out / f"{name}{suffix}.png"), full_page=True)
            context.close()
        browser.close()
