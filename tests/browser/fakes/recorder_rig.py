"""The recorder's test rig: a fake microphone, a door that can be killed, a page, a browser.

The microphone plays noise in which every stretch of samples is found only once. So each recorded
sample has one place in the file, and a lost or doubled one shows.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from chromium import ARGUMENTS, CHROMIUM
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, Page, Playwright
from recorder_host import DoorProcess, Host, free_port

from yesand.formats.blocks import BlockStream, read_stream

RATE = 44100
"""Chromium's fake microphone runs at 44.1 kHz whatever is asked."""
SECONDS = 30
"""Longer than any test records: the file loops after that."""
SECOND = RATE * 3
"""Bytes of one second of 24-bit sound, headers aside."""


@pytest.fixture(scope="session")
def recorder_build(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The browser bundle with the recorder's bare page."""
    out = tmp_path_factory.mktemp("built")
    made = subprocess.run(
        ["node", "build.mjs", "--tests", "--out", str(out)],
        cwd=repository / "browser",
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    return out


@dataclass(frozen=True)
class Microphone:
    """A WAV of quiet noise, a multiple of 441 samples long, and its samples."""

    path: Path
    samples: NDArray[np.int16]

    def expected(self) -> NDArray[np.int32]:
        """What is stored for it: Chromium's two scales of 16-bit sound, then 24 bits."""
        scale = np.where(self.samples > 0, np.float32(32767), np.float32(32768))
        floats = (self.samples / scale).astype(np.float32)
        scaled = np.floor(floats.astype(np.float64) * (1 << 23) + 0.5)
        return scaled.clip(-(1 << 23), (1 << 23) - 1).astype(np.int32)


@pytest.fixture(scope="session")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Microphone:
    count = RATE * SECONDS
    samples = np.random.default_rng(11).normal(0, 3000, count).clip(-30000, 30000).astype(np.int16)
    path = tmp_path_factory.mktemp("mic") / "noise.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return Microphone(path, samples)


@pytest.fixture
def upload_door(tmp_path: Path) -> Iterator[DoorProcess]:
    process = DoorProcess(tmp_path / "home", f"http://127.0.0.1:{free_port()}")
    process.start()
    yield process
    process.close()


@pytest.fixture
def recorder_host(recorder_build: Path, upload_door: DoorProcess) -> Iterator[Host]:
    boot: dict[str, object] = {
        "take": "take-1",
        "encoding": "s24",
        "keep_minutes": 0,
        "camera": False,
        "reason": "start",
    }
    serving = Host(recorder_build, upload_door, boot)
    yield serving
    serving.close()


@dataclass
class Browser:
    """Chromium on one profile of the test's own; it can be killed and opened again."""

    playwright: Playwright
    profile: Path
    microphone: Microphone
    contexts: list[BrowserContext] = field(default_factory=list)

    def page(self, host: Host) -> Page:
        """A tab on the recorder's page."""
        page = self.open(host.url)
        page.wait_for_selector("body[data-state=idle]")
        return page

    def open(self, url: str) -> Page:
        """A tab on any page, in a browser that is started if there is none."""
        if not self.contexts:
            sound = f"--use-file-for-fake-audio-capture={self.microphone.path}"
            self.contexts.append(
                self.playwright.chromium.launch_persistent_context(
                    str(self.profile),
                    executable_path=CHROMIUM,
                    headless=True,
                    args=[*ARGUMENTS, sound],
                )
            )
        page = self.contexts[-1].new_page()
        page.on("pageerror", lambda error: print("page error:", error))
        page.on("console", lambda message: print("console:", message.text))
        page.goto(url)
        return page

    def processes(self) -> list[int]:
        """Every process of this profile's browser, parents before their children."""
        marker = f"--user-data-dir={self.profile}".encode()
        parents: dict[int, int] = {}
        found: list[int] = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                # The name in brackets may hold anything; the parent is the second word after it.
                after = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(after[1])
            if marker in words:
                found.append(int(entry.name))
        for parent in found:
            found += [one for one, of in parents.items() if of == parent and one not in found]
        return found

    def _signal(self, number: signal.Signals) -> None:
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)

    def kill(self) -> None:
        """SIGKILL to every process of this profile, as when the machine takes them away."""
        self._signal(signal.SIGKILL)
        self.contexts.pop()

    def hold(self) -> None:
        """Everything stands still, as when a machine falls asleep."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture
def recorder_browser(
    playwright: Playwright, microphone: Microphone, tmp_path: Path
) -> Iterator[Browser]:
    opened = Browser(playwright, tmp_path / "profile", microphone)
    yield opened
    opened.close()


def start(page: Page) -> None:
    page.evaluate("recorderPage.start()")
    page.wait_for_selector("body[data-state=recording]")


def written(page: Page, kind: str, count: int) -> None:
    """Waits until that many bytes of a kind stand in this browser's storage."""
    page.wait_for_function(
        "([kind, count]) => recorderPage.streams()"
        ".some(one => one.kind === kind && one.written >= count)",
        arg=[kind, count],
    )


def stop_and_seal(page: Page) -> None:
    page.evaluate("recorderPage.stop()")
    assert page.evaluate("recorderPage.reached(['sealed'], 20000)"), page.evaluate(
        "[recorderPage.streams(), recorderPage.heard]"
    )


def nothing_left(page: Page) -> None:
    """Waits until every stream of this browser is sealed and its local bytes are gone."""
    assert page.evaluate("recorderPage.nothingKept(25000)"), page.evaluate("recorderPage.kept()")


def place(recorded: NDArray[np.int32], source: NDArray[np.int32]) -> int:
    """Where in the looping source the recording starts; every sample after must follow it."""
    for at in np.flatnonzero(source == recorded[0]):
        if np.array_equal(np.take(source, np.arange(at, at + 64), mode="wrap"), recorded[:64]):
            follow = np.take(source, np.arange(at, at + len(recorded)), mode="wrap")
            wrong = np.flatnonzero(follow != recorded)
            assert not len(wrong), f"sample {wrong[0]} of {len(recorded)} is not the source's"
            return int(at)
    raise AssertionError("the recording's start is nowhere in the source")


def stored(door: DoorProcess, stream: str) -> BlockStream:
    """A microphone stream as the door keeps it, without a finding."""
    read = read_stream(door.spool / f"{stream}.bytes")
    assert read.findings == ()
    return read


def declared(door: DoorProcess, stream: str) -> None:
    """Waits until the door was told that a stream is whole."""
    deadline = time.monotonic() + 30
    while door.declared(stream) is None:
        assert time.monotonic() < deadline, f"stream {stream} was never declared"
        threading.Event().wait(0.05)


def events(door: DoorProcess, stream: str) -> list[dict[str, object]]:
    """The lines of an events stream."""
    lines = (door.spool / f"{stream}.bytes").read_text().splitlines()
    return [json.loads(line) for line in lines]
