"""What happens at the desks after a scene: review, rating, publishing; and their pictures."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from yesand.cli.rehearsal.browser import FLAGS, chromium
from yesand.cli.rehearsal.server import StepFailed
from yesand.cli.rehearsal.visitor import Visitor, forms

#: Longest wait for a job, seconds; a busy machine is slow.
PATIENCE = 180

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


@dataclass
class Desks:
    """The producer and the rater of one rehearsal. audit: what the server's rows say now."""

    seeded: dict[str, Any]
    audit: Callable[[str], dict[str, Any]]
    producer: Visitor
    rater: Visitor
    shots: Path | None

    def process(self) -> None:
        """Wait for the verdict; where only behavior was noted, look and accept."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = self.audit("session")
            if found["processed"] == "failed":
                raise StepFailed(f"processing failed: {found['why_failed']}")
            if found["processed"] == "done":
                break
            time.sleep(0.5)
        else:
            raise StepFailed("processing did not end in time")
        if not found["accepted"]:
            # Behavior only routes to a person: the producer looks and accepts, as on any day.
            self.producer.get(f"/producer/{self.seeded['program']}/takes/{found['take']}")
            self.producer.send(
                f"/producer/{self.seeded['program']}/takes/{found['take']}",
                {"decision": "accept", "reason": "Heard whole in the rehearsal."},
            )
        if not self.audit("session")["accepted"]:
            raise StepFailed(f"the take was not accepted: {found['verdict']} {found['reasons']}")

    def rate(self) -> None:
        """Sign the rater's terms and answer every item by its form."""
        slug = self.seeded["program"]
        self.rater.get(f"/me/consent/{slug}")
        self.rater.send(f"/me/consent/{slug}", {"purpose": "rater_terms", "answer": "grant"})
        if self.shots is not None:
            take_pictures(self.rater, {"bench": f"/rater/bench/{slug}"}, self.shots)
        rated = 0
        for _ in range(20):
            page = self.rater.get(f"/rater/bench/{slug}")
            form = next((f for f in forms(page) if "item" in f["fields"]), None)
            if form is None:
                break
            fields = {"item": form["fields"]["item"], "primary": "amusement", "intensity": "2"}
            self.rater.send(f"/rater/bench/{slug}", {**fields, "plays": "1"})
            rated += 1
        if not rated:
            raise StepFailed("no item reached the bench")

    def publish(self) -> None:
        """Build by the page's form, wait for the job, publish."""
        slug = self.seeded["program"]
        path = f"/producer/{slug}/releases"
        self.producer.get(path)
        self.producer.send(
            path,
            {"do": "build", "name": "rehearsal", "purpose": "recognition_training", "use": "train"},
        )
        found = self._wait_release("built")
        self.producer.send(path, {"do": "publish", "release": found["release"]})
        self._wait_release("published")

    def _wait_release(self, state: str) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        found: dict[str, Any] = {}
        while time.monotonic() < deadline:
            found = self.audit("release")
            if found.get("state") == state:
                return found
            if found.get("state") == "failed":
                raise StepFailed(f"the release failed: {found['why_failed']}")
            time.sleep(0.5)
        raise StepFailed(f"the release did not become {state}: {found}")

    def pictures(self) -> None:
        """Every desk at both widths."""
        slug = self.seeded["program"]
        assert self.shots is not None
        take = self.audit("session")["take"]
        pages = {
            "producer-home": f"/producer/{slug}",
            "coverage": f"/producer/{slug}/commissions/{self.seeded['commission']}",
            "take": f"/producer/{slug}/takes/{take}",
            "releases": f"/producer/{slug}/releases",
            "money": f"/producer/{slug}/money",
            "lab": f"/lab/{slug}",
        }
        take_pictures(self.producer, pages, self.shots)
        take_pictures(self.rater, {"rater-home": "/rater"}, self.shots)
