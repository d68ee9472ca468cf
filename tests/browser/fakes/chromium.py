"""How Chromium is started in tests: fake devices, nothing in the background."""

from __future__ import annotations

import shutil

from yesand.cli.rehearsal.browser import CANDIDATES

#: Path of the installed Chromium or Chrome; "" where there is none.
CHROMIUM = next(filter(None, map(shutil.which, CANDIDATES)), "")

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
)
