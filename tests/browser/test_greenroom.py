"""The green room: one line when all is well, else the one thing that fails and what to do."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from chromium import ARGUMENTS, CHROMIUM
from greenroom_host import GreenRoomHost
from numpy.typing import NDArray
from playwright.sync_api import Page, Playwright
from recorder_host import DoorProcess
from recorder_rig import RATE, stored

WORDS = json.loads((Path(__file__).parents[2] / "browser" / "texts.json").read_text())
Opening = Callable[..., Page]


def speech(seconds: int) -> NDArray[np.float64]:
    """Something like a voice: bursts of tone in a quiet room, the last one soft."""
    t = np.arange(seconds * RATE) / RATE
    quiet = np.random.default_rng(3).normal(0, 0.0005, len(t))
    loud = (t % 2 > 0.8) & (t % 2 < 1.5)
    soft = (t % 2 > 1.6) & (t % 2 < 1.95)
    tone = np.sin(2 * np.pi * 180 * t) * (1 + 0.5 * np.sin(2 * np.pi * 3 * t))
    return quiet + tone * (0.3 * loud + 0.01 * soft)


def sweeps(seconds: int) -> NDArray[np.float64]:
    """What the page plays, as speakers would give it back to the microphone at -14 dB."""
    t = np.arange(round(0.75 * RATE)) / RATE
    edge = np.clip(np.minimum(t, 0.6 - t) / 0.02, 0, 1)
    one = 0.25 * np.sin(2 * np.pi * (400 * t + 3600 * t**2 / 1.2)) * edge
    return np.tile(one, round(seconds / 0.75)) * 0.2


@pytest.fixture
def host(recorder_build: Path, upload_door: DoorProcess) -> Iterator[GreenRoomHost]:
    serving = GreenRoomHost(recorder_build, upload_door, {})
    yield serving
    serving.close()


@pytest.fixture
def check(playwright: Playwright, host: GreenRoomHost, tmp_path: Path) -> Iterator[Opening]:
    """Opens the page in a browser whose microphone plays these samples."""
    opened = []

    def open_page(
        samples: NDArray[np.float64], more: tuple[str, ...] = (), script: str = ""
    ) -> Page:
        path = tmp_path / "mic.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            count = len(samples) - len(samples) % 441
            file.writeframes((samples[:count] * 32767).astype("<i2").tobytes())
        flags = [*ARGUMENTS, f"--use-file-for-fake-audio-capture={path}", *more]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        opened.append(browser)
        page = browser.new_context().new_page()
        page.on("pageerror", lambda error: print("page error:", error))
        if script:
            page.add_init_script(script)
        page.goto(f"{host.url}/check")
        page.wait_for_selector("body[data-state]", state="attached")
        return page

    yield open_page
    for browser in opened:
        browser.close()


def run(page: Page, ends: str) -> None:
    page.click("[data-act=start]")
    page.wait_for_selector(f"body[data-state={ends}]", state="attached", timeout=60_000)


def problems(page: Page) -> list[str]:
    return page.locator("[data-problem]").evaluate_all("all => all.map(one => one.dataset.problem)")


def test_one_line_when_all_is_well(
    check: Opening, host: GreenRoomHost, upload_door: DoorProcess
) -> None:
    page = check(speech(30))
    assert page.get_attribute("[data-go]", "aria-disabled") == "true"
    run(page, "ready")
    assert page.inner_text("[data-verdict]") == WORDS["greenroom.ready"]
    assert problems(page) == []
    assert page.get_attribute("[data-go]", "aria-disabled") is None
    assert page.get_attribute("[data-laugh]", "data-heard") == "yes"
    report = host.report()
    assert (report["ok"], report["problems"]) == (True, [])
    checks = report["checks"]
    assert isinstance(checks, dict)
    assert checks["leak"]["passed"] is True and checks["leak"]["leak_db"] is None
    assert checks["uplink"]["bytes_per_second"] > 300_000
    assert checks["pipe"]["state"] == "sealed"
    assert checks["browser"]["intake"] == "mstp"
    [grant] = host.grants
    assert (grant["take"], grant["kind"]) == ("session-1", "mic")
    assert stored(upload_door, grant["stream"]).seconds >= 4.5


def test_speakers_in_the_microphone_ask_for_headphones(check: Opening, host: GreenRoomHost) -> None:
    page = check(sweeps(30))
    run(page, "failed")
    assert problems(page) == ["leak"]
    assert page.inner_text("[data-verdict]") == WORDS["problem.leak.title"]
    assert page.inner_text("[data-problems]") == WORDS["problem.leak.do"]
    checks = host.report()["checks"]
    assert isinstance(checks, dict)
    assert abs(checks["leak"]["leak_db"] + 14) < 4
    assert page.get_attribute("[data-go]", "aria-disabled") == "true"


@pytest.mark.parametrize(
    ("code", "flags", "script", "boot"),
    [
        ("mic_denied", ("--use-fake-ui-for-media-stream=deny",), "", {}),
        ("storage_small", (), "", {"min_storage": 10**15}),
        (
            "storage_private",
            (),
            "navigator.storage.getDirectory = () => Promise.reject(new DOMException('', 'SecurityError'))",
            {},
        ),
        ("no_recorder", (), "delete window.MediaRecorder", {}),
    ],
)
def test_each_dead_end_says_why_and_records_nothing(
    check: Opening,
    host: GreenRoomHost,
    code: str,
    flags: tuple[str, ...],
    script: str,
    boot: dict[str, object],
) -> None:
    host.boot |= boot
    page = check(speech(5), flags, script)
    run(page, "failed")
    assert problems(page)[0] == code
    assert page.inner_text("[data-verdict]") == WORDS[f"problem.{code}.title"]
    assert WORDS[f"problem.{code}.do"] in page.inner_text("[data-problems]")
    assert host.grants == []
    assert host.report()["ok"] is False


def test_a_refusal_of_ours_is_shown_in_its_own_words(check: Opening, host: GreenRoomHost) -> None:
    host.refuse = "disk_full"
    page = check(speech(30))
    run(page, "failed")
    assert problems(page) == ["pipe_refused"]
    assert "This take is closed." in page.inner_text("[data-problems]")
    # Nobody loads a page again: the test is made anew by itself, and now it passes.
    host.refuse = ""
    page.wait_for_selector("body[data-state=ready]", state="attached", timeout=60_000)
    assert problems(page) == []


def test_a_second_tab_is_named(check: Opening, host: GreenRoomHost) -> None:
    page = check(speech(5))
    page.wait_for_selector("body[data-state=idle]", state="attached")
    second = page.context.new_page()
    second.goto(f"{host.url}/check")
    second.wait_for_selector("body[data-state=failed]", state="attached")
    assert problems(second) == ["second_tab"]
