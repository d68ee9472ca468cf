"""Microphone and camera are lost, blocked and muted in the middle of a scene, and come back by themselves.

A fake device cannot be unplugged, so the browser's own events are given at the media seam.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from stage_room import Room, StageHost
from test_bad_line import CALLS, FLOW, flows
from test_stage import chromium, play, room, stage  # noqa: F401

#: Keeps every track given to the page, and refuses while `refuses` names an error.
SEAM = """
window.given = []; window.refuses = "";
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wish) => {
  if (window.refuses) throw new DOMException("no", window.refuses);
  const media = await real(wish);
  window.given.push(...media.getTracks());
  return media;
};
window.unplug = (kind) => {
  for (const track of window.given.filter((one) => one.kind === kind && one.readyState === "live")) {
    track.stop();
    track.dispatchEvent(new Event("ended"));
  }
};
window.plug = () => { window.refuses = ""; navigator.mediaDevices.dispatchEvent(new Event("devicechange")); };
window.hush = (kind, on) => {
  for (const track of window.given.filter((one) => one.kind === kind && one.readyState === "live")) {
    Object.defineProperty(track, "muted", { value: on, configurable: true });
    track.dispatchEvent(new Event(on ? "mute" : "unmute"));
  }
};
"""


@pytest.fixture
def players(chromium: Browser, stage: StageHost) -> Iterator[tuple[Page, Page]]:  # noqa: F811
    with chromium.new_context() as first, chromium.new_context() as second:
        ada, noor = first.new_page(), second.new_page()
        for role, page in (("a", ada), ("b", noor)):
            page.on("pageerror", lambda error: print("page error:", error))
            page.on("console", lambda message: print("console:", message.text))
            page.add_init_script(SEAM + CALLS)
            page.goto(f"{stage.url}/{role}")
        for page in (ada, noor):
            page.wait_for_selector("body[data-call=connected]", state="attached")
        yield ada, noor


def trouble(page: Page, key: str) -> None:
    page.wait_for_function("key => (document.body.dataset.troubleKey ?? '') === key", arg=key)


@pytest.mark.timeout(120)
def test_devices_come_back_in_the_room(
    players: tuple[Page, Page],
    room: Room,  # noqa: F811
    stage: StageHost,  # noqa: F811
) -> None:
    ada, noor = players
    play(players)
    flows(noor, {"frames": 0, "sound": 0}, 20)

    # blocked in the browser: told with what to do, the scene stays
    ada.evaluate("refuses = 'NotAllowedError'; unplug('audio')")
    trouble(ada, "stage.mic_denied")
    assert "allow it; we go on by ourselves" in ada.inner_text("[data-trouble]")
    ada.wait_for_selector("body[data-lamp=off]", state="attached")
    before = noor.evaluate(FLOW)
    ada.evaluate("plug()")
    ada.wait_for_selector("body[data-lamp=on]", state="attached")
    trouble(ada, "")
    flows(noor, before, 15)
    assert ada.get_attribute("body", "data-state") == "playing"
    mics = [
        one["reason"] for one in stage.grants if one["by"] == "/streams/a" and one["kind"] == "mic"
    ]
    assert mics == ["start", "device"], "a further part of the same take"

    # switched off at the device: one line while it lasts
    ada.evaluate("hush('audio', true)")
    trouble(ada, "stage.mic_muted")
    ada.evaluate("hush('audio', false)")
    trouble(ada, "")

    # the camera: a line, and the partner sees a picture again
    ada.evaluate("refuses = 'NotFoundError'; unplug('video')")
    trouble(ada, "stage.no_camera")
    assert ada.get_attribute("body", "data-lamp") == "on", "the voice is recorded all the while"
    before = noor.evaluate(FLOW)
    ada.evaluate("plug()")
    trouble(ada, "")
    flows(noor, before, 15)
    assert ada.evaluate("document.querySelector('video[data-self]').srcObject.active")

    # nobody called anew and nobody was told to load a page
    assert len(room.kinds("present", "a")) == 1
    assert "oad the page" not in str(ada.inner_text("main"))
