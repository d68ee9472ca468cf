"""An audition from the page to the producer's ear: real recorder, real door, real seal, real pay."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pages import served, visiting
from playwright.sync_api import Playwright, expect

from yesand.capture import actions as capture
from yesand.casting import actions as casting
from yesand.casting import reads
from yesand.infra import secrets
from yesand.kit.money import Money
from yesand.pay import reads as pay
from yesand.people import actions as people
from yesand.recording.models import Stream

BUILT = Path(__file__).parents[2] / "src" / "yesand" / "web" / "static" / "built" / "audition.js"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def house(committed_database: str, home: Path, settings) -> Iterator[str]:
    """Pages and door over one home folder; the door lets only these pages in."""
    secrets.make_all(home)
    (home / "spool").mkdir(exist_ok=True)
    port = free_port()
    settings.DOOR_URL = f"http://127.0.0.1:{port}"
    with served() as site:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("YESAND_")},
            "YESAND_HOME": str(home),
            "YESAND_PORT": site.rpartition(":")[2],
            "YESAND_DOOR_PORT": str(port),
        }
        door = subprocess.Popen(
            [sys.executable, "-m", "yesand.web.doors"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert door.poll() is None, "the door did not start"
                time.sleep(0.05)
            yield site
        finally:
            door.terminate()
            door.wait(10)


@pytest.mark.timeout(300)
def test_an_audition_is_recorded_paid_and_heard(house: str, playwright: Playwright):
    if not BUILT.is_file():
        pytest.skip(f"no browser bundle at {BUILT}; run npm run build in browser/")
    program = people.open_program("Quiet Harbor Lab", "Light Voices")
    mo = people.add_person("mo@example.org", alias="Mo")
    people.join(program, mo, "producer")
    ada = people.add_person("ada@example.org", alias="Ada", languages=["en"])
    call = casting.open_call(program, "Players wanted", "Five short scenes.", ["en"])
    with visiting(playwright, house, ada) as context:
        context.grant_permissions(["microphone", "camera"])
        page = context.new_page()
        page.goto(f"{house}/calls/{call.slug}")
        page.get_by_role("link", name="Audition, paid $18.50").click()
        page.get_by_label("I am 18 or older").check()
        page.get_by_role("button", name="On to the first piece").click()
        for number in (1, 2):
            expect(page.locator("body")).to_have_attribute("data-lamp", "off")
            page.get_by_role("button", name="Record").click()
            expect(page.locator("body")).to_have_attribute("data-lamp", "on", timeout=20_000)
            expect(page.locator("[data-piece-time]")).to_contain_text("0:02", timeout=20_000)
            page.get_by_role("button", name="Stop").click()
            expect(page.locator("body")).to_have_attribute("data-lamp", "off")
            # The recorder shows what comes next once the door has every byte.
            following = page.locator("[data-all-sent]")
            expect(following).to_be_visible(timeout=30_000)
            if number == 1:
                following.get_by_role("link").click()
        for stream in Stream.objects.filter(sealed_at=None):
            assert capture.seal_stream(stream.pk).sealed_at is not None, stream.kind
        page.get_by_role("button", name="Hand in both, paid $18.50").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Handed in. You earned $18.50.")
    assert pay.earned(ada) == [Money(1850)]
    (application,) = reads.waiting(program)
    kinds = set(Stream.objects.values_list("kind", "recording__storage_class"))
    assert kinds == {(kind, "audition") for kind in ("mic", "cam", "events")}
    with visiting(playwright, house, mo) as context:
        page = context.new_page()
        page.goto(f"{house}/producer/{program.slug}/auditions/{application.pk}")
        expect(page.locator("audio")).to_have_count(2)
        sound = context.request.get(house + str(page.locator("audio").first.get_attribute("src")))
        samples, rate = soundfile.read(io.BytesIO(sound.body()))
        assert 1.5 < len(samples) / rate < 6
        assert np.abs(samples).max() > 0.01, "Chromium's beep is heard"
        film = page.locator("video").first.get_attribute("src")
        assert context.request.get(house + str(film)).body()[:4] == b"\x1a\x45\xdf\xa3", "WebM"
        page.get_by_label("Reason, for the performer").fill("You build on what you get.")
        page.get_by_role("button", name="Cast").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("No audition waits")
    assert [place.person for place in reads.roster(program)] == [ada]
