"""The recorder where something is not as usual: pauses, other browsers, refusals, two tabs."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Error
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


def test_nothing_is_written_in_a_pause_and_the_span_is_told(
    recorder_browser: Browser, recorder_host: Host, upload_door: DoorProcess, microphone: Microphone
) -> None:
    page = recorder_browser.page(recorder_host)
    start(page)
    written(page, "mic", SECOND)
    page.evaluate("recorderPage.pause()")
    # Once the pause is in the events' file, no microphone byte may come after it.
    written(page, "events", 1)
    length = page.evaluate(
        "new Promise(done => setTimeout(() => done("
        "recorderPage.streams().find(one => one.kind === 'mic').written), 1500))"
    )
    after = page.evaluate(
        "new Promise(done => setTimeout(() => done("
        "recorderPage.streams().find(one => one.kind === 'mic').written), 1100))"
    )
    assert after == length
    page.evaluate("recorderPage.goOn()")
    written(page, "mic", length + SECOND)
    stop_and_seal(page)
    [mic], [line] = recorder_host.streams("mic"), recorder_host.streams("events")
    stream = stored(upload_door, mic)
    said = {one["type"]: one["t"] for one in events(upload_door, line)}
    silent = said["resume"] / 1000 - said["pause"] / 1000
    assert silent >= 1.5
    # Samples stay in one row; the clock shows where nothing was written.
    steps = np.diff(stream.blocks["client_us"]) / 1e6
    cut = int(steps.argmax())
    assert abs(steps[cut] - stream.blocks["count"][cut + 1] / RATE - silent) < 0.25
    at = int(stream.blocks["at"][cut + 1])
    source = microphone.expected()
    first, second = stream.samples[:at], stream.samples[at:]
    assert (place(second, source) - place(first, source)) % len(source) > at


def test_a_browser_without_track_processor_records_by_worklet(
    recorder_browser: Browser, recorder_host: Host, upload_door: DoorProcess, microphone: Microphone
) -> None:
    recorder_host.boot["intake"] = "worklet"
    page = recorder_browser.page(recorder_host)
    start(page)
    written(page, "mic", 2 * SECOND)
    stop_and_seal(page)
    [mic] = recorder_host.streams("mic")
    stream = stored(upload_door, mic)
    assert stream.rate == RATE
    assert (stream.blocks["device_us"] == -(2**63)).all()
    assert len(stream.samples) >= 2 * RATE - 8192


def test_a_refused_take_says_so_and_stores_nothing(
    recorder_browser: Browser, recorder_host: Host
) -> None:
    recorder_host.refuse = "take_closed"
    page = recorder_browser.page(recorder_host)
    try:
        page.evaluate("recorderPage.start()")
    except Error as error:
        assert "This take is closed." in str(error)
    else:
        raise AssertionError("a refused take started")
    assert page.evaluate("recorderPage.kept()") == 0


def test_what_another_tab_still_records_is_left_alone_until_that_tab_dies(
    recorder_browser: Browser, recorder_host: Host, upload_door: DoorProcess, microphone: Microphone
) -> None:
    page = recorder_browser.page(recorder_host)
    start(page)
    written(page, "mic", SECOND)
    other = recorder_browser.page(recorder_host)
    written(page, "mic", 2 * SECOND)
    [mic] = recorder_host.streams("mic")
    assert upload_door.declared(mic) is None, "the other tab may not declare its length"
    page.close()
    nothing_left(other)
    stream = stored(upload_door, mic)
    assert stream.length >= 2 * SECOND
    place(stream.samples, microphone.expected())


def test_page_and_worker_read_the_same_clock(
    recorder_browser: Browser, recorder_host: Host, upload_door: DoorProcess
) -> None:
    page = recorder_browser.page(recorder_host)
    before = page.evaluate("recorderPage.clientMs()")
    start(page)
    after = page.evaluate("recorderPage.clientMs()")
    stop_and_seal(page)
    [mic], [line] = recorder_host.streams("mic"), recorder_host.streams("events")
    [started] = [one for one in events(upload_door, line) if one["type"] == "stream_start"]
    first = stored(upload_door, mic).blocks["client_us"][0] / 1000
    assert before < first <= started["t"] < after
