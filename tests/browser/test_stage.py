"""Two pages on one stage: the call, the lamp, offers, the end, a pause, a reload, a way out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import ARGUMENTS, CHROMIUM
from playwright.sync_api import Browser, Page, Playwright
from recorder_host import DoorProcess
from recorder_rig import RATE, Microphone, declared, events, place, stored
from stage_room import TAKE, Room, StageHost

from yesand.formats.blocks import first_sample_us


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


@pytest.fixture(scope="module")
def chromium(playwright: Playwright, microphone: Microphone) -> Iterator[Browser]:
    sound = f"--use-file-for-fake-audio-capture={microphone.path}"
    opened = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, sound])
    yield opened
    opened.close()


@pytest.fixture
def players(chromium: Browser, stage: StageHost) -> Iterator[tuple[Page, Page]]:
    """Ada and Noor, each in a browser profile of their own, in the warm-up and connected."""
    with chromium.new_context() as first, chromium.new_context() as second:
        ada, noor = first.new_page(), second.new_page()
        for role, page in (("a", ada), ("b", noor)):
            page.on("pageerror", lambda error: print("page error:", error))
            page.on("console", lambda message: print("console:", message.text))
            page.goto(f"{stage.url}/{role}")
        for page in (ada, noor):
            page.wait_for_selector("body[data-call=connected]", state="attached")
        yield ada, noor


def state(page: Page, name: str) -> None:
    page.wait_for_selector(f"body[data-state={name}]", state="attached")


def heard_reasons(stage: StageHost, role: str) -> list[str]:
    by = [one for one in stage.grants if one["by"] == f"/streams/{role}"]
    return [one["reason"] for one in by if one["kind"] == "heard"]


def play(players: tuple[Page, Page]) -> None:
    for page in players:
        page.click("[data-act=ready]")
    for page in players:
        state(page, "playing")


def test_a_scene_from_warm_up_to_notes(
    players: tuple[Page, Page],
    room: Room,
    stage: StageHost,
    upload_door: DoorProcess,
    microphone: Microphone,
) -> None:
    ada, noor = players
    for page in players:
        assert page.get_attribute("body", "data-state") == "warm_up"
        assert page.get_attribute("body", "data-lamp") == "off"
        page.wait_for_function("document.querySelector('video[data-partner]').videoWidth > 0")
    assert stage.grants == [], "with the lamp off nothing is recorded at all"
    ada.click("[data-act=choose]")
    play(players)
    assert [page.get_attribute("body", "data-lamp") for page in players] == ["on", "on"]
    assert ada.get_attribute("[data-lamp-sign]", "aria-label") == "Recording"

    cue = room.cue("a", "Let them off the hook", "affection 2")
    ada.wait_for_selector("[data-cue]:not([hidden])")
    assert ada.inner_text("[data-cue-text]") == "Let them off the hook"
    assert noor.is_hidden("[data-cue]"), "an offer is seen by one only"
    ada.keyboard.press("2")
    ada.wait_for_selector("[data-cue]", state="hidden")
    ada.wait_for_function("document.querySelector('[data-played]').textContent >= '0:02'")

    ada.keyboard.press("Enter")
    noor.wait_for_selector("[data-objection]:not([hidden])")
    assert "Ada" in noor.inner_text("[data-objection-text]")
    noor.keyboard.press("n")
    ada.wait_for_selector("[data-objection]", state="hidden")
    state(ada, "playing")
    noor.keyboard.press("Enter")
    for page in players:
        page.wait_for_url(f"**/notes/{TAKE}")
    assert room.kinds("take_closed") == [{"take": TAKE, "ended_by": "and_scene"}]

    [shown], [answered] = room.kinds("cue_displayed", "a"), room.kinds("cue_response", "a")
    asked = next(one["at"] for one in room.log if one["kind"] == "cue")
    assert 0 <= shown["displayed_at"] - asked < 1
    assert (shown["cue"], shown["hidden"], answered["response"]) == (cue, False, "bent")
    for role in "ab":
        by = [one for one in stage.grants if one["by"] == f"/streams/{role}"]
        assert {one["kind"]: one["take"] for one in by} == dict.fromkeys(
            ("mic", "cam", "events", "heard"), TAKE
        )
        names = {one["kind"]: one["stream"] for one in by}
        for name in names.values():
            declared(upload_door, name)
        place(stored(upload_door, names["mic"]).samples, microphone.expected())
        # The partner as heard: the page that follows sends the rest of it.
        heard = stored(upload_door, names["heard"])
        assert heard.rate == 16_000
        assert len(heard.samples) > 16_000
        assert heard.samples.any(), "a remote track is silence where nothing plays it"
        said = events(upload_door, names["events"])
        begun = {one["kind"]: one["t"] for one in said if one["type"] == "stream_start"}
        late = first_sample_us(stored(upload_door, names["mic"]).blocks, RATE) / 1e6
        print(f"role {role}: first sample {late - room.opened_at:.3f} s after the take opened")
        assert {"mic", "cam", "heard"} <= set(begun)
        kinds = [one["type"] for one in said]
        assert kinds.count("ping") >= 10
        assert ("cue_displayed" in kinds) == (role == "a")
        assert {"stream_start", "stream_stop", "settings", "partner_state"} <= set(kinds)


def test_a_pause_blanks_both_and_ends_when_both_want(
    players: tuple[Page, Page], room: Room
) -> None:
    ada, noor = players
    play(players)
    noor.keyboard.press("p")
    for page in players:
        state(page, "paused")
        assert page.get_attribute("body", "data-lamp") == "off"
        assert page.locator("video[data-partner]").evaluate("v => v.style.visibility") == "hidden"
    assert [one["role"] for one in room.log if one["kind"] == "pause"] == ["server"]
    ada.keyboard.press("g")
    ada.wait_for_function("document.querySelector('[data-notice]').textContent !== ''")
    assert noor.get_attribute("body", "data-state") == "paused"
    noor.click("[data-act=go-on]")
    for page in players:
        state(page, "playing")


def test_a_reload_and_a_cut_line_keep_the_scene(
    players: tuple[Page, Page], room: Room, stage: StageHost
) -> None:
    ada, noor = players
    play(players)
    room.cut()
    cue = room.cue("b", "Make sure they notice")
    noor.wait_for_selector("[data-cue]:not([hidden])")
    ada.reload()
    state(ada, "playing")
    for page in players:
        page.wait_for_selector("body[data-call=connected]", state="attached")
    by_ada = [one for one in stage.grants if one["by"] == "/streams/a" and one["kind"] == "mic"]
    assert [one["reason"] for one in by_ada] == ["start", "reload"]
    # Each hears a new track now: a further part of what was heard.
    for role, reasons in (("a", ["start", "reload"]), ("b", ["start", "device"])):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and reasons != (found := heard_reasons(stage, role)):
            players[0].wait_for_function("true")
        assert found == reasons
    assert [one["cue"] for one in room.kinds("cue_displayed", "b")] == [cue]
    assert ada.is_hidden("[data-cue]"), "an old offer is not shown again"


def test_leaving_is_local_and_at_once_even_when_the_room_is_down(
    players: tuple[Page, Page], room: Room, stage: StageHost
) -> None:
    ada, _noor = players
    play(players)
    room.stop()
    took = ada.evaluate(
        """() => {
        const own = document.querySelector('video[data-self]').srcObject.getTracks();
        const began = performance.now();
        document.querySelector('[data-act=leave]').click();
        const partner = document.querySelector('video[data-partner]').srcObject;
        const dark = own.every(track => track.readyState === 'ended') && partner === null;
        return dark ? performance.now() - began : -1;
    }"""
    )
    # Within the click itself, before anybody is told; the margin is for a machine that is busy.
    print(f"out after {took:.0f} ms")
    assert 0 <= took < 500
    assert ada.get_attribute("body", "data-lamp") == "off"
    ada.wait_for_url("**/left")
    assert ("/leave", {"take": TAKE}) in stage.posts


def test_a_second_tab_is_turned_away_and_records_nothing(
    players: tuple[Page, Page], stage: StageHost
) -> None:
    ada, _noor = players
    play(players)
    all_of_both = 8  # mic, cam, events and heard; the scene begins before the last is granted
    for _ in range(100):
        if len(stage.grants) == all_of_both:
            break
        ada.wait_for_timeout(100)
    assert len(stage.grants) == all_of_both
    second = ada.context.new_page()
    second.goto(f"{stage.url}/a")
    state(second, "refused")
    assert "another tab" in second.inner_text("[data-trouble]")
    assert len(stage.grants) == all_of_both
    state(ada, "playing")
    # The first tab goes: the other one plays on by itself, as after a reload.
    ada.close()
    state(second, "playing")
    by_ada = [one for one in stage.grants if one["by"] == "/streams/a" and one["kind"] == "mic"]
    assert [one["reason"] for one in by_ada] == ["start", "reload"]


def test_a_director_sees_both_and_offers_without_being_heard(
    players: tuple[Page, Page], chromium: Browser, room: Room, stage: StageHost
) -> None:
    ada, noor = players
    with chromium.new_context() as third:
        desk = third.new_page()
        desk.on("pageerror", lambda error: print("page error:", error))
        desk.goto(f"{stage.url}/director")
        for role in "ab":
            desk.wait_for_function(
                "role => document.querySelector(`video[data-seat=${role}]`).videoWidth > 0",
                arg=role,
            )
        play(players)
        seats = (
            "['a', 'b'].every(role => document.querySelector("
            "`[data-seat-state=${role}]`).textContent === 'connected, recording')"
        )
        desk.wait_for_function(seats)
        desk.select_option("[name=to]", "b")
        desk.fill("[name=action]", "Make sure they notice")
        desk.click("text=Offer it")
        noor.wait_for_selector("[data-cue]:not([hidden])")
        assert noor.inner_text("[data-cue-text]") == "Make sure they notice"
        noor.keyboard.press("3")
        desk.wait_for_function(
            "document.querySelector('[data-notice]').textContent === 'Noor let it go.'"
        )
        # The third connection leaves the call of the two as it is.
        assert [page.get_attribute("body", "data-call") for page in players] == ["connected"] * 2
        tracks = "document.querySelector('video[data-partner]').srcObject.getTracks().length"
        assert [page.evaluate(tracks) for page in players] == [2, 2]
    ada.keyboard.press("d")
    ada.wait_for_selector("[data-cue]:not([hidden])")
    assert ada.inner_text("[data-cue-text]") == "Ask for one thing back"
