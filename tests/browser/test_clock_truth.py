"""Two Chromium processes against the host's one clock: is what the clock map says true?

Every beep of either microphone and every picture of either camera shows when it was made, so the
map from samples and frames to the stage clock can be held to it. The pictures show, too, from when
on a cue was on the screen: what is told of it is held to within one frame of them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import pairwise

import av
import numpy as np
import pytest
from chromium import ARGUMENTS, CHROMIUM
from playwright.sync_api import Page, Playwright
from recorder_host import DoorProcess
from recorder_rig import declared, events, stored
from stage_room import TAKE, Room, StageHost
from true_media import bar_ms, beeps, marked, script

from yesand.capture.events import read_events
from yesand.capture.ping_fit import fit_pings, stage_s
from yesand.post import hearing
from yesand.post.clock import align
from yesand.post.layout import Side, side

SECONDS = 9
CUES = 4
FRAME_MS = 1000 / 30
PPM = {"a": 80.0, "b": -60.0}


@pytest.fixture
def stage(recorder_build, upload_door: DoorProcess) -> Iterator[StageHost]:
    room = Room()
    room.start()
    host = StageHost(recorder_build, upload_door, {"call": {"raw": True}})
    host.room = room
    yield host
    host.close()
    room.stop()


@pytest.fixture
def players(playwright: Playwright, stage: StageHost) -> Iterator[dict[str, Page]]:
    """Two browsers, each a process tree of its own, in one room."""
    browsers = [
        playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS)) for _ in "ab"
    ]
    pages = {}
    for role, browser in zip("ab", browsers, strict=True):
        page = pages[role] = browser.new_page()
        page.on("pageerror", lambda error: print("page error:", error))
        page.add_init_script(script(seed=ord(role), ppm=PPM[role]))
        page.goto(f"{stage.url}/{role}")
    for page in pages.values():
        page.wait_for_selector("body[data-call=connected]", state="attached")
    yield pages
    for browser in browsers:
        browser.close()


def whole(times: np.ndarray) -> np.ndarray:
    """How far times lie from whole seconds, ms."""
    return (times - np.round(times)) * 1000


def pictures(data: bytes) -> list[tuple[float, float | None, bool]]:
    """(presentation time, second's age as shown, marker) of every frame, the first two in ms."""
    found = []
    with av.open(io.BytesIO(data)) as film:
        for frame in film.decode(video=0):
            gray = frame.to_ndarray(format="gray")
            found.append((float(frame.time or 0.0) * 1000, bar_ms(gray), marked(gray)))
    return found


def offer_some(players: dict[str, Page], room: Room) -> None:
    """Cues to both in turn; each is answered, so that the next one may be shown."""
    for number in range(CUES):
        for role, page in players.items():
            room.cue(role, f"Ask for {number} things back")
            page.wait_for_selector("[data-cue]:not([hidden])")
            page.keyboard.press("123"[number % 3])
            page.wait_for_selector("[data-cue]", state="hidden")


@pytest.mark.timeout(120)
def test_the_map_is_true_to_ten_milliseconds_and_picture_to_sound_to_twenty(
    players: dict[str, Page], stage: StageHost, upload_door: DoorProcess
) -> None:
    for page in players.values():
        page.click("[data-act=ready]")
    for page in players.values():
        page.wait_for_selector("body[data-state=playing]", state="attached")
    ada = players["a"]
    ada.wait_for_function("document.querySelector('[data-played]').textContent >= '0:02'")
    offer_some(players, stage.room)
    ada.wait_for_function(
        f"document.querySelector('[data-played]').textContent >= '0:0{SECONDS}'", timeout=40_000
    )
    ada.keyboard.press("Enter")
    for page in players.values():
        page.wait_for_url(f"**/notes/{TAKE}", timeout=40_000)

    voices: dict[str, Side] = {}
    heard: dict[str, Side] = {}
    at: dict[str, np.ndarray] = {}
    for role in "ab":
        names = {
            one["kind"]: one["stream"] for one in stage.grants if one["by"] == f"/streams/{role}"
        }
        for name in names.values():
            declared(upload_door, name)
        told_here = read_events((upload_door.spool / f"{names['events']}.bytes").read_bytes())
        pings = told_here.pings()
        assert len(pings) > SECONDS
        voices[role] = side([stored(upload_door, names["mic"])], pings, 0.0)
        heard[role] = side([stored(upload_door, names["heard"])], pings, 0.0)
        part = voices[role].parts[0]
        assert part.clock.valid
        found = beeps(part.audio.floats(), part.audio.rate)
        assert len(found) >= SECONDS - 2
        at[role] = part.clock.stage_s(found)
        own = whole(at[role])
        print(
            f"role {role}: {len(found)} beeps, off {np.median(own):.2f} ms (worst"
            f" {np.abs(own).max():.2f}), stated +-{part.clock.uncertainty_ms:.1f} ms,"
            f" drift {part.clock.drift_ppm:.0f} ppm of {PPM[role]:.0f}"
        )
        # A sample is in the worker's hands a moment after it was made.
        assert np.abs(own).max() <= 10

        film = (upload_door.spool / f"{names['cam']}.bytes").read_bytes()
        [began] = [
            e["t"]
            for e in events(upload_door, names["events"])
            if e["type"] == "stream_start" and e["kind"] == "cam"
        ]
        fit = fit_pings(pings)
        seen = pictures(film)
        frames = [
            ((stage_s(fit, began + pts) * 1000 - shown + 500) % 1000) - 500
            for pts, shown, _marker in seen
            if shown is not None
        ]
        off = np.array(frames) - np.median(own)
        print(
            f"role {role}: {len(off)} frames, picture behind sound {np.median(off):.1f} ms,"
            f" p95 {np.percentile(np.abs(off), 95):.1f} ms"
        )
        assert len(off) > 5 * SECONDS
        assert np.percentile(np.abs(off), 95) <= 20

        turns = [
            stage_s(fit, began + pts)
            for (_, _, before), (pts, _, marker) in pairwise(seen)
            if marker is not before
        ]
        told = [one["displayed_at"] for one in stage.room.kinds("cue_displayed", role)]
        assert len(told) == CUES, told
        # A busy encoder leaves pictures out, and a change of the marker with them.
        assert turns, "no picture shows a cue"
        stored_too = [
            len(told_here.of(f"cue_{what}")) for what in ("asked", "displayed", "response")
        ]
        assert stored_too == [CUES] * 3, "all of it lies in the events of the take"
        shown_at = np.array(told)
        late = (
            np.array([shown_at[np.abs(shown_at - turn).argmin()] - turn for turn in turns]) * 1000
        )
        print(
            f"role {role}: cues told {', '.join(f'{ms:+.1f}' for ms in late)} ms after the picture"
            f" that shows them, worst {np.abs(late).max():.1f} of {FRAME_MS:.1f}"
        )
        assert np.abs(late).max() <= FRAME_MS

    both = sorted({round(float(t)) for t in at["a"]} & {round(float(t)) for t in at["b"]})
    apart = [
        (at["b"][np.argmin(np.abs(at["b"] - t))] - at["a"][np.argmin(np.abs(at["a"] - t))]) * 1000
        for t in both
    ]
    pair = align(voices["a"].clock, voices["b"].clock)
    print(f"pair: worst {np.abs(apart).max():.2f} ms, stated +-{pair.uncertainty_ms:.1f} ms")
    assert np.abs(apart).max() <= 10

    start = min(v.parts[0].start_s for v in voices.values())
    fusion = hearing.listen(voices, heard, start, float(SECONDS + 3))
    assert fusion is not None and fusion.why == ""
    for way, delay in fusion.delays.items():
        print(f"{way}: heard after {delay.median_ms} ms ({delay.n} of {delay.tried} windows)")
        assert delay.n >= 3
        assert delay.median_ms is not None and 0 < delay.median_ms < 1000
    # The sum asks nothing of the clocks.
    assert fusion.sum_ms is not None and fusion.sum_ms > 20
