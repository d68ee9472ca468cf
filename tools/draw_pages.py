"""Take a picture of every page at desktop and phone width, from the rows of a demo.

    python tools/draw_pages.py [--out docs/pictures/pages]

Starts `yesand demo` in a folder of its own, opens its four links, follows every link once, plays
a short scene with the robot that waits, and writes one WebP a page and width, and the page
docs/dev/pages.md that shows them. Needs Chromium; takes about three minutes.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
WIDTHS = {"desktop": (1280, 800), "phone": (390, 844)}
QUALITY = 55
#: A page longer than this many screens is cut: a picture is looked at, not read.
TALLEST = 2.5
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
LEFT_OUT = re.compile(
    r"/accounts/logout|/admin/|/files/|/dev/|/static/|/wheel/|\.(csv|ics|yaml|zip|flac|json|jsonl)$"
    r"|/feed|/room/|/resume"
)
SLUG = re.compile(r"^/(producer|lab|programs|calls|rater/bench|me/consent|order)/[^/]+")
LINK = re.compile(r"^(Performer|Producer|Rater|Engineer)\s+(http\S+)")
ARGUMENTS = [
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]


class Pictures:
    """The folder of pictures, and which page each shows."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.shown: dict[str, dict[str, list[str]]] = {}
        out.mkdir(parents=True, exist_ok=True)
        for old in out.glob("*.webp"):
            old.unlink()

    def take(self, page: Page, who: str, name: str) -> None:
        """One page at both widths; the page keeps its state."""
        for width, (wide, high) in WIDTHS.items():
            page.set_viewport_size({"width": wide, "height": high})
            page.wait_for_timeout(250)  # fonts and fades; nothing is awaited that a state says
            tall = min(page.evaluate("document.documentElement.scrollHeight"), int(high * TALLEST))
            session = page.context.new_cdp_session(page)
            shot = session.send(
                "Page.captureScreenshot",
                {
                    "format": "webp",
                    "quality": QUALITY,
                    "captureBeyondViewport": True,
                    "clip": {"x": 0, "y": 0, "width": wide, "height": max(tall, high), "scale": 1},
                },
            )
            session.detach()
            (self.out / f"{name}-{width}.webp").write_bytes(base64.b64decode(shot["data"]))
        self.shown.setdefault(who, {})[name] = [f"{name}-{width}.webp" for width in WIDTHS]

    def index(self, file: Path) -> None:
        """The page that shows them all."""
        where = os.path.relpath(self.out, file.parent)
        lines = ["# Every page", "", "Made by `python tools/draw_pages.py` from a demo's rows.", ""]
        for who, pages in self.shown.items():
            lines += [f"## {who}", ""]
            for name, (wide, narrow) in pages.items():
                title = name.partition("-")[2].replace("-", " ")
                lines += [
                    f"**{title}**",
                    "",
                    f'<img src="{where}/{wide}" width="620" alt="{title}, desktop"> '
                    f'<img src="{where}/{narrow}" width="190" alt="{title}, phone">',
                    "",
                ]
        file.write_text("\n".join(lines).rstrip() + "\n", "utf-8")


def name_of(who: str, path: str) -> str:
    """A file's name from a page's path: without ids and without the program's slug."""
    plain = ID.sub("one", urlsplit(path).path)
    plain = re.sub(
        r"^/(producer|lab|programs|calls|rater/bench|me/consent|order)/[^/]+", r"/\1", plain
    )
    words = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "landing"
    return f"{who.lower()}-{words}"


def walk(pictures: Pictures, page: Page, site: str, who: str, start: str, known: set[str]) -> None:
    """Every page that links from `start` lead to, one of each kind."""
    waiting = deque([start])
    while waiting:
        path = waiting.popleft()
        name = name_of(who, path)
        kind = name.partition("-")[2]
        if kind in known or LEFT_OUT.search(path):
            continue
        known.add(kind)
        answer = page.goto(site + path, wait_until="load")
        if answer is None or "text/html" not in answer.headers.get("content-type", ""):
            continue
        if answer.status >= 400:
            raise SystemExit(f"{path} answered {answer.status}")
        pictures.take(page, who, name)
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        for link in links:
            whole = urljoin(site, link).partition("#")[0]
            if whole.startswith(site + "/"):
                waiting.append(whole[len(site) :].partition("?")[0])


def play(pictures: Pictures, page: Page, who: str) -> None:
    """Green room to exit page with the robot that waits."""

    def act(name: str) -> None:
        page.locator(f"[data-act={name}]:visible").first.click()

    pictures.take(page, who, "performer-room-1-green-room")
    act("start")
    page.wait_for_selector("[data-go]:not([aria-disabled=true])", timeout=60_000)
    pictures.take(page, who, "performer-room-2-green-room-ready")
    page.click("[data-go]")
    page.wait_for_selector("[data-act=ready]", timeout=30_000)
    pictures.take(page, who, "performer-room-3-warm-up")
    act("ready")
    page.wait_for_selector("[data-act=choose]", timeout=60_000)
    pictures.take(page, who, "performer-room-4-cards")
    page.locator("[data-act=choose]").first.click()
    page.wait_for_selector("[data-act=ready][data-scene]", timeout=30_000)
    pictures.take(page, who, "performer-room-5-card")
    page.locator("[data-act=ready][data-scene]").first.click()
    page.wait_for_selector("body[data-state=playing][data-lamp=on]", timeout=60_000)
    page.wait_for_timeout(6000)
    page.keyboard.press("d")
    page.wait_for_selector("[data-cue]:visible", timeout=30_000)
    pictures.take(page, who, "performer-room-6-stage")
    page.wait_for_timeout(3000)
    act("and-scene")
    page.wait_for_url("**/notes/**", timeout=90_000)
    pictures.take(page, who, "performer-room-7-notes")
    session = page.url.split("/room/")[1].split("/")[0]
    site = page.url.split("/room/")[0]
    page.goto(f"{site}/room/{session}/exit")
    pictures.take(page, who, "performer-room-8-exit")


def demo(home: Path, port: int) -> tuple[subprocess.Popen[str], dict[str, str]]:
    """A running demo and its four links."""
    env = {**os.environ, "YESAND_HOME": str(home), "YESAND_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "yesand.cli.main", "demo"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    )
    links: dict[str, str] = {}
    assert process.stdout is not None
    deadline = time.monotonic() + 240
    for line in process.stdout:
        print(line, end="", flush=True)
        found = LINK.match(line)
        if found:
            links[found[1]] = found[2]
        if len(links) == 4:
            return process, links
        if time.monotonic() > deadline:
            break
    process.send_signal(signal.SIGINT)
    raise SystemExit("the demo did not print its four links")


def context_of(browser: Browser) -> BrowserContext:
    wide, high = WIDTHS["desktop"]
    return browser.new_context(
        viewport={"width": wide, "height": high}, permissions=["camera", "microphone"]
    )


def draw(playwright: Playwright, pictures: Pictures, links: dict[str, str]) -> None:
    """All pages: the public ones first, then each of the four."""
    browser = playwright.chromium.launch(
        executable_path=os.environ.get("YESAND_CHROMIUM", "/usr/bin/chromium"), args=ARGUMENTS
    )
    parts = urlsplit(links["Producer"])
    site = f"{parts.scheme}://{parts.netloc}"
    known: set[str] = set()
    visitor = context_of(browser)
    walk(pictures, visitor.new_page(), site, "Public", "/", known)
    visitor.close()
    for who in ("Performer", "Producer", "Rater", "Engineer"):
        context = context_of(browser)
        page = context.new_page()
        page.goto(links[who], wait_until="load")
        if who == "Performer":
            play(pictures, page, who)
        landed = urlsplit(page.url).path
        for start in (landed, "/desk"):
            walk(pictures, page, site, who, start, known)
        context.close()
    browser.close()


def main() -> None:
    """Draw, then write the page that shows them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures" / "pages")
    parser.add_argument("--port", type=int, default=8460)
    asked = parser.parse_args()
    pictures = Pictures(asked.out)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        process, links = demo(Path(home), asked.port)
        try:
            with sync_playwright() as playwright:
                draw(playwright, pictures, links)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
    pictures.index(ROOT / "docs" / "dev" / "pages.md")
    sizes = [file.stat().st_size for file in asked.out.glob("*.webp")]
    print(f"{len(sizes)} pictures, {sum(sizes) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
