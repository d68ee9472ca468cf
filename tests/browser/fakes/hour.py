"""An hour on stage in a minute: a server whose clock the test moves, and two players.

The server's processes ask `moved/sitecustomize.py` for the time of day, which reads from a file how
far they are ahead; monotonic time stays true, so nothing that waits waits longer or shorter. The
browsers and the test keep the real time. The clock is moved between scenes and never inside a take.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Playwright

from yesand.cli.rehearsal.browser import Performer
from yesand.cli.rehearsal.server import Server

#: Longest wait for a state, seconds: two browsers and a server share a small, busy machine.
PATIENCE_S = 60
#: Tells of every track this page was ever given, whoever holds it now.
TRACKS = """
window.tracks = [];
const given = MediaDevices.prototype.getUserMedia;
MediaDevices.prototype.getUserMedia = async function (wish) {
  const media = await given.call(this, wish);
  window.tracks.push(...media.getTracks());
  return media;
};
"""


#: What every Python process of the server loads first.
MOVED = Path(__file__).parent / "moved"


class MovedServer(Server):
    """`yesand serve` with a clock of its own; `at(minutes)` after the booking's start."""

    def __init__(self, out: Path) -> None:
        super().__init__(out)
        self.clock = out / "clock"
        self.ahead = 0.0
        self._write()
        self.env |= {
            "YESAND_TEST_CLOCK": str(self.clock),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(MOVED), os.environ.get("PYTHONPATH")])),
            "YESAND_DEV_PAGES": "1",
            "YESAND_PG_FOLDER": os.environ["YESAND_TEST_RUN"] + f"/hour-{os.getpid()}",
        }
        self.helper: subprocess.Popen[str] | None = None
        self.starts = 0.0
        self.began = time.monotonic()

    def _write(self) -> None:
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(f"{self.ahead:.3f}\n")
        fresh.replace(self.clock)
        time.sleep(0.05)  # every process looks again within 20 ms

    def at(self, minutes: float) -> None:
        """Move the server's clock forward to so many minutes of the booking."""
        ahead = self.starts + minutes * 60 - time.time()
        assert ahead > self.ahead - 1, "the test itself was slower than the time it plays"
        self.ahead = max(self.ahead, ahead)
        self._write()
        print(f"minute {minutes:g} after {time.monotonic() - self.began:.0f} s", flush=True)

    def ask(self, verb: str, *words: str) -> dict[str, Any]:
        """One request to the helper process, which lives in the same time."""
        if self.helper is None:
            self.helper = subprocess.Popen(
                [sys.executable, "-m", "tests.fakes.hour_helper"],
                env=self.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parents[3],
            )
        assert self.helper.stdin is not None and self.helper.stdout is not None
        self.helper.stdin.write(json.dumps([verb, *words]) + "\n")
        self.helper.stdin.flush()
        for line in self.helper.stdout:
            if line.startswith("="):
                return dict(json.loads(line[1:]))
        raise AssertionError(f"the helper ended at {verb}")

    def until(
        self, verb: str, booking: str, seconds: float = PATIENCE_S, **wanted: Any
    ) -> dict[str, Any]:
        """Ask until the answer has these values."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.ask(verb, booking)
            if all(found[key] == value for key, value in wanted.items()):
                return found
            assert time.monotonic() < deadline, (wanted, found)
            time.sleep(0.1)

    def stop(self) -> None:
        if self.helper is not None and self.helper.stdin is not None:
            self.helper.stdin.close()
            self.helper.wait(20)
        super().stop()
        shutil.rmtree(self.env["YESAND_PG_FOLDER"], ignore_errors=True)


class Player(Performer):
    """A performer whose page tells which tracks are live."""

    def __init__(self, playwright: Playwright, out: Path, role: str, base: str, mic: Path) -> None:
        super().__init__(playwright, out, role, f"{role}@rehearsal.example", base, mic)
        self.context.add_init_script(TRACKS)
        self.context.set_default_timeout(PATIENCE_S * 1000)
        self.context.set_default_navigation_timeout(PATIENCE_S * 1000)

    def state(self, *states: str, seconds: float = PATIENCE_S) -> str:
        return super().state(*states, seconds=seconds)

    def press(self, act: str, **data: str) -> None:
        marks = "".join(f'[data-{k}="{v}"]' for k, v in data.items())
        self.page.locator(f'[data-act="{act}"]{marks}').first.click()

    def live(self) -> int:
        """Tracks of camera and microphone that are not ended."""
        page: Page = self.page
        return int(page.evaluate("tracks.filter((one) => one.readyState === 'live').length"))

    def shown(self, text: str) -> None:
        try:
            self.page.locator("section.panel:visible").get_by_text(text).first.wait_for()
        except PlaywrightError as error:
            seen = self.page.locator("section.panel:visible").all_inner_texts()
            raise AssertionError((self.role, text, seen, self.facts(), self.said[-8:])) from error

    def went(self, pattern: str) -> None:
        """The page is at an address that matches, its text is there; pictures may still come."""
        self.page.wait_for_url(re.compile(pattern), wait_until="domcontentloaded")
