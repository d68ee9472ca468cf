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
