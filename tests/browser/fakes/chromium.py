"""How Chromium is started in tests: fake devices, nothing in the background."""

from __future__ import annotations

import os

CHROMIUM = os.environ.get("YESAND_CHROMIUM", "/usr/bin/chromium")

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
