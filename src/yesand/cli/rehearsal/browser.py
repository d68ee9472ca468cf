"""One performer: a headless Chromium process of its own with its own microphone and picture."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import BrowserContext, Page, Playwright

from yesand.cli.rehearsal.server import StepFailed
from yesand.cli.robots.voices import FPS, HEIGHT, WIDTH, face

CANDIDATES = ("chromium", "google-chrome", "chromium-browser", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]


def chromium() -> str:
    """Path of an installed Chromium or Chrome."""
    for name in CANDIDATES:
        found = shutil.which(name)
        if found:
            return found
    raise StepFailed("no Chromium is installed; run make setup as root, or install chromium")


#: BT.601 in studio range, as Y4M readers expect: rows Y, Cb, Cr of R, G, B in 0 to 1.
TO_YCC = np.array([[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]])


def moving_picture(out: Path, role: str) -> Path:
    """Four seconds of Y4M film: a drawn face that blinks and speaks, different for each role."""
    high, wide = HEIGHT * 2, WIDTH * 2
    with open(out, "wb") as file:
        file.write(f"YUV4MPEG2 W{wide} H{high} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(4 * FPS):
            rgb = face(role, number, talking=number % 20 < 14, scale=2) / 255
            luma, blue, red = np.moveaxis(rgb @ TO_YCC.T + (16, 128, 128), 2, 0)
            planes = (luma, blue[::2, ::2], red[::2, ::2])
            file.write(b"FRAME\n" + b"".join(p.round().astype(np.uint8).tobytes() for p in planes))
    return out


class Performer:
    """A person at a computer: one process, one profile, one page."""

    def __init__(
        self, playwright: Playwright, out: Path, role: str, email: str, base_url: str, mic: Path
    ) -> None:
        self.role, self.email, self.base_url = role, email, base_url
        film = moving_picture(out / f"picture-{role}.y4m", role)
        self.context: BrowserContext = playwright.chromium.launch_persistent_context(
            str(out / f"profile-{role}"),
            executable_path=chromium(),
            headless=True,
            base_url=base_url,
            viewport={"width": 1280, "height": 720},
            args=[
                *FLAGS,
                f"--use-file-for-fake-audio-capture={mic}",
                f"--use-file-for-fake-video-capture={film}",
            ],
        )
        self.context.grant_permissions(["microphone", "camera"], origin=base_url)
        self.page: Page = self.context.pages[0] if self.context.pages else self.context.new_page()
        self.said: list[str] = []
        self.page.on("console", lambda m: self.said.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: self.said.append(f"error: {e}"))

    def go(self, path: str) -> None:
        """Open one of our pages."""
        answer = self.page.goto(path, wait_until="domcontentloaded")
        if answer is None or answer.status >= 400:
            status = answer.status if answer else "nothing"
            raise StepFailed(f"{path} answered {status} to role {self.role}")

    def state(self, *states: str, seconds: float = 30) -> str:
        """Wait until the page's body says one of these states."""
        wanted = ", ".join(f'body[data-state="{s}"]' for s in states)
        self.page.wait_for_selector(wanted, timeout=seconds * 1000, state="attached")
        return str(self.page.evaluate("document.body.dataset.state"))

    def press(self, act: str, **data: str) -> None:
        """Click the button that does `act`, as soon as it can be clicked."""
        marks = "".join(f'[data-{k}="{v}"]' for k, v in data.items())
        self.page.locator(f'[data-act="{act}"]{marks}').first.click(timeout=15_000)

    def picture(self, out: Path) -> None:
        """A screenshot, and what the page said to its console."""
        self.page.screenshot(path=str(out))
        out.with_suffix(".log").write_text("\n".join([self.page.url, *self.said]))

    def facts(self) -> dict[str, Any]:
        """The page's own data attributes."""
        return dict(self.page.evaluate("({...document.body.dataset})"))

    def close(self) -> None:
        """End the browser."""
        self.context.close()
