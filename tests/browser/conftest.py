"""One Playwright for all browser tests, and how Chromium is started on a small machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

sys.path.insert(0, str(Path(__file__).with_name("fakes")))

from chromium import CHROMIUM
from recorder_rig import (  # noqa: F401
    microphone,
    recorder_browser,
    recorder_build,
    recorder_host,
    upload_door,
)


@pytest.fixture(scope="session", autouse=True)
def chromium_is_there() -> None:
    """Without a browser every test of this folder is skipped, and says why."""
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine; run make setup as root, or install chromium")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The one Playwright of the run: a second one in the same process would refuse to start."""
    with sync_playwright() as started:
        yield started
