"""The recorder in a real browser: what the microphone hears is what the door keeps."""

from __future__ import annotations

import uuid

from recorder_host import DoorProcess, Host
from recorder_rig import (
    RATE,
    SECOND,
    Browser,
    Microphone,
    events,
    nothing_left,
    place,
    start,
    stop_and_seal,
    stored,
    written,
)

from yesand.formats.blocks import HEADER_BYTES


def test_three_seconds_arrive_sample_by_sample(
    recorder_browser: Browser, recorder_host: Host, upload_door: DoorProcess, microphone: Microphone
) -> None:
    recorder_host.boot["camera"] = True
    page = recorder_browser.page(recorder_host)
    start(page)
    written(page, "mic", 3 * SECOND)
    page.evaluate("recorderPage.event('glitch', {kind: 'of the test'})")
    stop_and_seal(page)

    [mic], [cam], [line] = (recorder_host.streams(kind) for kind in ("mic", "cam", "events"))
    stream = stored(upload_door, mic)
    assert stream.torn_tail_bytes == 0
    assert stream.stream == uuid.UUID(mic)
    assert stream.rate == RATE
    assert len(stream.samples) >= 3 * RATE - 4410
    place(stream.samples, microphone.expected())
    # About 100 ms a block: ten of the browser's 10 ms pieces.
    assert set(stream.blocks["count"][:-1]) == {4410}
    assert stream.blocks["first_sample"].tolist() == stream.blocks["at"].tolist()

    said = events(upload_door, line)
    kinds = [event["type"] for event in said]
    assert kinds.count("stream_start") == 2
    assert "glitch" in kinds
    [end] = [one for one in said if one["type"] == "stream_stop" and one["stream"] == mic]
    assert end["samples"] == len(stream.samples)
    [mono] = [one for one in said if one.get("kind") == "mic_channels"]
    assert mono["mono"] == "identical"
    settings = [one for one in said if one["type"] == "settings" and one["kind"] == "mic"]
    assert settings[0]["echoCancellation"] is False
    assert all("deviceId" not in one for one in said)

    picture = (upload_door.spool / f"{cam}.bytes").read_bytes()
    assert picture.startswith(b"\x1a\x45\xdf\xa3"), "WebM begins with its EBML header"
    # Sealed and nothing to keep it for: no byte is left in the browser.
    nothing_left(page)


def test_a_reload_in_mid_scene_loses_nothing_before_it(
    recorder_browser: Browser, recorder_host: Host, upload_door: DoorProcess, microphone: Microphone
) -> None:
    page = recorder_browser.page(recorder_host)
    start(page)
    written(page, "mic", 2 * SECOND)
    before = page.evaluate("recorderPage.streams().find(one => one.kind === 'mic').written")
    recorder_host.boot["reason"] = "reload"
    page.reload()
    page.wait_for_selector("body[data-state=idle]")
    start(page)
    written(page, "mic", SECOND)
    stop_and_seal(page)
    assert [one["reason"] for one in recorder_host.grants if one["kind"] == "mic"] == [
        "start",
        "reload",
    ]
    # What the first page left is sent by the second, and then removed.
    nothing_left(page)
    first, second = (stored(upload_door, name) for name in recorder_host.streams("mic"))
    for stream in (first, second):
        place(stream.samples, microphone.expected())
        assert upload_door.declared(str(stream.stream)) == stream.length
    assert first.length >= before
    assert len(recorder_host.streams("events")) == 2


def test_a_killed_door_costs_nothing(
    recorder_browser: Browser, recorder_host: Host, upload_door: DoorProcess, microphone: Microphone
) -> None:
    page = recorder_browser.page(recorder_host)
    start(page)
    written(page, "mic", SECOND)
    upload_door.kill()
    written(page, "mic", 3 * SECOND)
    upload_door.start()
    written(page, "mic", 4 * SECOND)
    stop_and_seal(page)
    [mic] = recorder_host.streams("mic")
    stream = stored(upload_door, mic)
    assert len(stream.samples) >= 4 * RATE - 4410
    place(stream.samples, microphone.expected())


def test_a_blocked_page_loses_no_sample_and_holds_at_most_half_a_second(
    recorder_browser: Browser, recorder_host: Host, upload_door: DoorProcess, microphone: Microphone
) -> None:
    page = recorder_browser.page(recorder_host)
    start(page)
    written(page, "mic", SECOND // 2)
    page.evaluate("recorderPage.block(3000)")
    written(page, "mic", 4 * SECOND)
    stop_and_seal(page)
    [mic] = recorder_host.streams("mic")
    stream = stored(upload_door, mic)
    place(stream.samples, microphone.expected())
    blocks = stream.blocks
    assert stream.length == 3 * len(stream.samples) + HEADER_BYTES * len(blocks)
    # When a block was complete, against when its last sample was due by the sample clock.
    late = blocks["client_us"] / 1e6 - (blocks["first_sample"] + blocks["count"]) / RATE
    held = late - late.min() + blocks["count"] / RATE
    print(f"longest time in memory only: {held.max() * 1000:.0f} ms")
    assert held.max() <= 0.5


def test_a_killed_browser_keeps_what_it_wrote_and_sends_it_on_the_next_visit(
    recorder_browser: Browser, recorder_host: Host, upload_door: DoorProcess, microphone: Microphone
) -> None:
    page = recorder_browser.page(recorder_host)
    start(page)
    written(page, "mic", SECOND)
    upload_door.kill()
    written(page, "mic", 3 * SECOND)
    recorder_browser.kill()
    upload_door.start()
    [mic] = recorder_host.streams("mic")
    assert stored(upload_door, mic).length < 3 * SECOND, "the rest must be what the browser kept"
    # Another page of ours is enough; nobody records again.
    page = recorder_browser.page(recorder_host)
    nothing_left(page)
    stream = stored(upload_door, mic)
    assert stream.length >= 3 * SECOND
    place(stream.samples, microphone.expected())
