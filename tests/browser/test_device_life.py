"""Devices are lost, blocked, muted and changed in the middle of a scene, and come back by themselves.

A fake device cannot be unplugged, so the browser's own events are given at the media seam.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page
from recorder_host import DoorProcess
from recorder_rig import RATE, Microphone, declared, events, place, stored
from stage_room import TAKE, Room, StageHost
from test_bad_line import CALLS, FLOW, flows
from test_stage import chromium, play, room, stage, state  # noqa: F401

from yesand.formats.blocks import end_us, first_sample_us
from yesand.formats.webm import read_film

#: Keeps every track given to the page, and refuses while `refuses` names an error. `rate` gives
#: the recorder's microphone another rate. `noSound` is a browser that plays nothing before a click.
SEAM = """
window.given = []; window.refuses = ""; window.rate = 0;
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wish) => {
  if (window.refuses) throw new DOMException("no", window.refuses);
  const media = await real(wish);
  window.given.push(...media.getTracks());
  return media;
};
window.live = (kind) => window.given.filter((one) => one.kind === kind && one.readyState === "live");
window.unplug = (kind) => {
  for (const track of live(kind)) {
    track.stop();
    track.dispatchEvent(new Event("ended"));
  }
};
window.plug = () => { window.refuses = ""; navigator.mediaDevices.dispatchEvent(new Event("devicechange")); };
window.hush = (kind, on) => {
  for (const track of live(kind)) {
    Object.defineProperty(track, "muted", { value: on, configurable: true });
    track.dispatchEvent(new Event(on ? "mute" : "unmute"));
  }
};
window.configure = (kind, changed) => {
  for (const track of live(kind)) {
    const before = track.getSettings();
    track.getSettings = () => ({ ...before, ...changed });
    track.dispatchEvent(new Event("configurationchange"));
  }
};
const Processor = window.MediaStreamTrackProcessor;
const retimed = (data, rate) => {
  const from = new Float32Array(data.numberOfFrames);
  data.copyTo(from, { planeIndex: 0, format: "f32-planar" });
  const numberOfFrames = Math.round((from.length * rate) / data.sampleRate);
  const to = Float32Array.from({ length: numberOfFrames }, (_, i) => from[Math.floor((i * from.length) / numberOfFrames)]);
  return new AudioData({ format: "f32-planar", sampleRate: rate, numberOfFrames, numberOfChannels: 1, timestamp: data.timestamp, data: to });
};
window.MediaStreamTrackProcessor = class {
  constructor(init) {
    this.readable = new Processor(init).readable.pipeThrough(new TransformStream({
      transform(data, out) {
        if (!window.rate) return out.enqueue(data);
        out.enqueue(retimed(data, window.rate));
        data.close();
      },
    }));
  }
};
addEventListener("pointerdown", () => { window.clicked = true; }, true);
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  const silent = sessionStorage.noSound && !this.muted && !window.clicked;
  return silent ? Promise.reject(new DOMException("no click yet", "NotAllowedError")) : play.call(this);
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


def of_ada(stage: StageHost, kind: str) -> list[dict[str, str]]:  # noqa: F811
    return [one for one in stage.grants if one["by"] == "/streams/a" and one["kind"] == kind]


def granted(page: Page, stage: StageHost, kind: str, count: int) -> list[str]:  # noqa: F811
    """Ada's streams of a kind, once there are so many."""
    for _ in range(200):
        if len(of_ada(stage, kind)) >= count:
            break
        page.wait_for_timeout(50)
    return [one["stream"] for one in of_ada(stage, kind)]


@pytest.mark.timeout(180)
def test_devices_come_back_in_the_room(
    players: tuple[Page, Page],
    room: Room,  # noqa: F811
    stage: StageHost,  # noqa: F811
    upload_door: DoorProcess,
    microphone: Microphone,
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

    # switched off at the device: one line while it lasts
    ada.evaluate("hush('audio', true)")
    trouble(ada, "stage.mic_muted")
    ada.evaluate("hush('audio', false)")
    trouble(ada, "")

    # the system works on the sound from now on, and devices come and go: noted, nothing is torn
    ada.evaluate("configure('audio', { autoGainControl: true }); plug(); plug()")

    # the camera: a line, the partner sees a picture again, and the recording has a further part
    ada.evaluate("refuses = 'NotFoundError'; unplug('video')")
    trouble(ada, "stage.no_camera")
    assert ada.get_attribute("body", "data-lamp") == "on", "the voice is recorded all the while"
    before = noor.evaluate(FLOW)
    ada.evaluate("plug()")
    trouble(ada, "")
    flows(noor, before, 15)
    assert ada.evaluate("document.querySelector('video[data-self]').srcObject.active")
    cams = granted(ada, stage, "cam", 2)

    # another program gives the microphone another rate: samples of two rates never mix
    assert len(of_ada(stage, "mic")) == 2, "nothing since the first loss broke the sound"
    ada.evaluate("rate = 48000")
    mics = granted(ada, stage, "mic", 3)
    ada.wait_for_selector("body[data-lamp=on]", state="attached")

    # a page that is back in mid-scene and may not play sound: one calm button, wherever it is
    noor.evaluate("sessionStorage.noSound = '1'")
    noor.reload()
    noor.wait_for_selector("body[data-sound=blocked]", state="attached")
    state(noor, "playing")
    assert noor.inner_text("[data-tap]") == "Tap to hear your partner"
    noor.click("[data-tap]")
    noor.wait_for_selector("body[data-sound=on]", state="attached")
    assert noor.locator("[data-tap]").count() == 0

    # no room left on the disk: said in the room, what stands is kept and sent, and it goes on
    line = ada.context.new_cdp_session(ada)
    line.send("Storage.overrideQuotaForOrigin", {"origin": stage.url, "quotaSize": 1000})
    trouble(ada, "stage.storage_full")
    full = time.time()
    ada.wait_for_selector("body[data-lamp=off]", state="attached")
    assert ada.get_attribute("body", "data-state") == "playing"
    line.detach()  # with it goes the limit
    ada.wait_for_selector("body[data-lamp=on]", state="attached")
    trouble(ada, "")
    mics = granted(ada, stage, "mic", 4)
    granted(ada, stage, "cam", 3)

    # a camera lost in a pause waits for the pause's end: nothing of it is written before
    ada.keyboard.press("p")
    state(ada, "paused")
    ada.evaluate("unplug('video')")
    ada.wait_for_function("live('video').length === 1")
    assert len(of_ada(stage, "cam")) == 3
    for page in players:
        state(page, "paused")
        page.keyboard.press("g")
    for page in players:
        state(page, "playing")
    granted(ada, stage, "cam", 4)
    ada.wait_for_function("document.querySelector('video[data-partner]').videoWidth > 0")
    ada.keyboard.press("Enter")
    for page in players:
        page.wait_for_url(f"**/notes/{TAKE}")

    for kind in ("mic", "cam"):
        reasons = [one["reason"] for one in of_ada(stage, kind)]
        assert reasons == ["start", "device", "device", "device"]
    told = [one["camera"] for one in room.kinds("device", "a") if "camera" in one]
    assert told == ["lost", "back"] * 3, "the room's log says so"
    # nobody called anew and nobody was told to load a page
    assert len(room.kinds("present", "a")) == 1

    [line] = granted(noor, stage, "events", 1)
    for stream in (*mics, *cams, line):
        declared(upload_door, stream)
    said = events(upload_door, line)
    stops = {str(one["stream"]): one for one in said if one["type"] == "stream_stop"}
    starts = {str(one["stream"]): one for one in said if one["type"] == "stream_start"}
    sound = [stored(upload_door, stream) for stream in mics]
    assert [one.rate for one in sound] == [RATE, RATE, 48_000, 48_000]
    for stream, one in zip(mics, sound, strict=True):
        assert stops[stream]["samples"] == len(one.samples), "each part is whole"
    for one in sound[:2]:
        place(one.samples, microphone.expected())
    away = [
        (first_sample_us(later.blocks, later.rate) - end_us(early.blocks, early.rate)) / 1000
        for early, later in pairwise(sound)
    ]
    assert any(one.get("autoGainControl") is True for one in said if one["type"] == "settings")
    films = [read_film((upload_door.spool / f"{cam}.bytes").read_bytes(), 60) for cam in cams]
    assert all(one.frames > 5 and not one.torn for one in films)
    dark = float(starts[cams[1]]["t"]) - float(stops[cams[0]]["t"])  # type: ignore[arg-type]
    print(f"microphone blocked for {away[0]:.0f} ms of sound; camera away for {dark:.0f} ms")
    print(f"another rate of the microphone: {away[1]:.0f} ms of sound between the two parts")
    late = full * 1000 - end_us(sound[2].blocks, sound[2].rate) / 1000
    print(
        f"no room left: {max(0, late):.0f} ms of sound lost, {away[2]:.0f} ms until there was room"
    )
    assert away[1] <= 1500 and dark > 0 and late <= 500
