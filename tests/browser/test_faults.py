"""What breaks in one scene, one after the other, in a real Chromium; what each cost is printed.

Sound that was lost is at most half a second each time. What nobody could have recorded is said
apart: while a process does not live there is no microphone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from recorder_host import DoorProcess, Host
from recorder_rig import (
    RATE,
    SECOND,
    Browser,
    Microphone,
    declared,
    nothing_left,
    place,
    start,
    stored,
    written,
)
from stage_room import TAKE, Room, StageHost

from yesand.formats.blocks import BlockStream, end_us, find_gaps, first_sample_us

#: Sound that any of these may cost, seconds.
MOST_LOST_S = 0.5


def lost(what: str, stream: BlockStream, at: float, apart: str = "") -> None:
    """Sound that had been captured at host time `at` and is not in the stream; printed, held."""
    seconds = at - end_us(stream.blocks, stream.rate) / 1e6
    print(f"{what}: {max(0.0, seconds) * 1000:.0f} ms of sound lost{apart}")
    assert seconds <= MOST_LOST_S, what


def grow(page: Page, seconds: float) -> None:
    """Waits until so much more of the microphone stands in the browser's storage."""
    now = page.evaluate("recorderPage.streams().find(one => one.kind === 'mic').written")
    written(page, "mic", now + round(seconds * SECOND))


def in_memory_s(stream: BlockStream, until: float) -> float:
    """Longest time that a sample was in memory only, up to host time `until`: when its block was
    complete, against when its last sample was due by the sample clock.
    """
    blocks = stream.blocks[stream.blocks["client_us"] < until * 1e6]
    late = blocks["client_us"] / 1e6 - (blocks["first_sample"] + blocks["count"]) / stream.rate
    return float((late - late.min() + blocks["count"] / stream.rate).max())


def sent(page: Page) -> int:
    told = page.evaluate("recorderPage.streams().find(one => one.kind === 'mic').sent")
    return int(told)


@pytest.mark.timeout(120)
def test_one_scene_through_every_fault_of_browser_line_and_server(
    recorder_browser: Browser, recorder_host: Host, upload_door: DoorProcess, microphone: Microphone
) -> None:
    page = recorder_browser.page(recorder_host)
    start(page)
    grow(page, 0.5)

    # the network is cut for a while: recording goes on, and the rest is sent afterwards
    recorder_browser.contexts[-1].set_offline(True)
    before = sent(page)
    grow(page, 1.5)
    passed = sent(page) - before
    recorder_browser.contexts[-1].set_offline(False)
    assert passed < SECOND // 2, "the cut cut"
    page.wait_for_function(
        "count => recorderPage.streams().find(one => one.kind === 'mic').sent > count",
        arg=before + passed + SECOND,
    )

    # the server is killed and started again
    upload_door.kill()
    grow(page, 0.5)
    upload_door.start()

    # the page's main thread is blocked
    page.evaluate("recorderPage.block(2000)")

    # the machine sleeps: every process of the browser stands still
    recorder_browser.hold()
    slept = fell_asleep = time.time()
    threading.Event().wait(2.5)
    slept = time.time() - slept
    recorder_browser.go_on()
    grow(page, 2.1)  # a deficit counts as lasting when a second followed it; told once a second

    # a reload, then the tab is closed, then everything is killed with the server down
    recorder_host.boot["reason"] = "reload"
    ends = [time.time()]
    page.reload()
    page.wait_for_selector("body[data-state=idle]")
    start(page)
    grow(page, 0.7)
    ends.append(time.time())
    page.close()
    page = recorder_browser.page(recorder_host)
    start(page)
    grow(page, 0.7)
    upload_door.kill()
    grow(page, 0.7)
    ends.append(time.time())
    recorder_browser.kill()
    upload_door.start()
    parts = recorder_host.streams("mic")
    assert len(parts) == 3
    here = upload_door.spool / f"{parts[2]}.bytes"
    assert here.stat().st_size < 1.2 * SECOND, "the rest is what the killed browser kept"

    # the next visit sends all of it, to any page
    page = recorder_browser.page(recorder_host)
    nothing_left(page)
    first, second, third = (stored(upload_door, name) for name in parts)
    for stream in (first, second, third):
        place(stream.samples, microphone.expected())
    for name in recorder_host.streams("events"):
        declared(upload_door, name)
    for name, stream in zip(parts, (first, second, third), strict=True):
        assert upload_door.declared(name) == stream.length
    gaps = find_gaps(first.blocks, first.rate)
    asleep = sum(gap.seconds for gap in gaps)
    print(f"network cut, server killed, page blocked for 2 s: {gaps[1:] or 0} ms lost")
    print(f"asleep {slept * 1000:.0f} ms: {(asleep - slept) * 1000:+.0f} ms beside that; declared")
    held = in_memory_s(first, fell_asleep)
    print(f"longest time in memory only: {held * 1000:.0f} ms")
    assert held <= MOST_LOST_S
    assert len(gaps) == 1, "one gap, the sleep's; nothing else broke the sound"
    assert abs(asleep - slept) <= MOST_LOST_S
    assert len(first.samples) > 5 * RATE
    names = ("reload", "tab closed", "kill -9 of all of Chromium")
    for what, stream, at, after in zip(
        names, (first, second, third), ends, (second, third, None), strict=True
    ):
        away = first_sample_us(after.blocks, after.rate) / 1e6 - at if after is not None else None
        apart = f", and {away * 1000:.0f} ms without a page" if away is not None else ""
        lost(what, stream, at, apart)


@pytest.fixture
def room() -> Iterator[Room]:
    opened = Room()
    opened.start()
    yield opened
    opened.stop()


@pytest.fixture
def stage(recorder_build: Path, upload_door: DoorProcess, room: Room) -> Iterator[StageHost]:
    host = StageHost(recorder_build, upload_door, {})
    host.room = room
    yield host
    host.close()


def lamp(page: Page, on: str) -> None:
    page.wait_for_selector(f"body[data-lamp={on}]", state="attached")


def plays_on(page: Page) -> None:
    """Waits until the clock of the scene shows another second."""
    before = page.inner_text("[data-played]")
    page.wait_for_function(
        "before => document.querySelector('[data-played]').textContent > before", arg=before
    )


@pytest.mark.timeout(120)
def test_a_new_browser_on_the_same_machine_goes_on_with_the_take(
    recorder_browser: Browser,
    stage: StageHost,
    room: Room,
    upload_door: DoorProcess,
    microphone: Microphone,
) -> None:
    def mics() -> list[dict[str, str]]:
        return [one for one in stage.grants if one["kind"] == "mic"]

    page = recorder_browser.open(f"{stage.url}/a")
    room.open, room.opened_at = True, time.time()
    opened = {"take": TAKE, "scene": "scene-1", "opened_at": room.opened_at}
    room.tell("take_opened", opened)
    lamp(page, "on")
    plays_on(page)
    plays_on(page)

    # every process of the browser is killed with the server down; a new one goes into the room
    upload_door.kill()
    plays_on(page)
    killed = time.time()
    recorder_browser.kill()
    upload_door.start()
    page = recorder_browser.open(f"{stage.url}/a")
    lamp(page, "on")
    assert page.get_attribute("body", "data-state") == "playing", "the same take goes on"
    plays_on(page)
    room.tell("take_closed", {"take": TAKE, "ended_by": "and_scene"})
    page.wait_for_url(f"**/notes/{TAKE}")
    assert [one["reason"] for one in mics()] == ["start", "reload"]
    for one in stage.grants:
        if one["kind"] in ("mic", "cam", "events"):
            declared(upload_door, one["stream"])
    first, second = (stored(upload_door, one["stream"]) for one in mics())
    for stream in (first, second):
        place(stream.samples, microphone.expected())
    away = first_sample_us(second.blocks, second.rate) / 1e6 - killed
    lost("kill -9, back into the room", first, killed, f", and {away * 1000:.0f} ms of no browser")
