"""A booking of sixty minutes, whole, with two browsers and a server whose clock is moved.

Short scenes stand for long ones: check-in, green room, warm-up, a scene without offers after a
swap, one with an empty and a bent offer, a break with cameras off, a scene with a pause, ninety
seconds of overtime that both wanted, the step-out and the exit page with a struck, a held and a
kept take and a private span. Then half an hour that one leaves. The ledger pays to the cent.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from hour import MovedServer, Player
from playwright.sync_api import Playwright

from yesand.cli.rehearsal.sound import as_fake_microphone
from yesand.cli.robots.voices import RATE, duet
from yesand.kit.money import Money, for_seconds

BUILT = Path(__file__).parents[2] / "src" / "yesand" / "web" / "static" / "built"
HOUR = Money(7400)
Pair = tuple[Player, Player]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MovedServer]:
    if not (BUILT / "stage.js").is_file():
        pytest.skip(f"no bundle at {BUILT}; run npm run build in browser/")
    began = MovedServer(tmp_path)
    try:
        began.start()
        yield began
    finally:
        began.stop()


@pytest.fixture
def players(server: MovedServer, playwright: Playwright, tmp_path: Path) -> Iterator[Pair]:
    pair = []
    try:
        for role, track in duet(8).items():
            voice = tmp_path / f"{role}.wav"
            soundfile.write(voice, track.samples / 2**23, RATE, subtype="PCM_16")
            mic = as_fake_microphone(voice, role, tmp_path / f"mic-{role}.wav", 120)
            pair.append(Player(playwright, tmp_path, role, server.base_url, mic))
        yield pair[0], pair[1]
    finally:
        for player in pair:
            player.close()


def checked(player: Player) -> None:
    """The green room lets the player in; where a busy machine spoiled a check, it is done again."""
    for _attempt in range(2):
        if player.state("ready", "failed") == "ready":
            return
        player.press("again")
    assert player.state("ready", "failed") == "ready", player.page.inner_text("[data-problems]")


def both(players: Pair, act: str) -> None:
    for player in players:
        player.press(act)


def begin(players: Pair) -> None:
    """Both are ready for the scene on the table, and it is recorded on both sides."""
    for player in players:
        player.page.locator('[data-act="ready"][data-scene]').click()
    for player in players:
        player.state("playing")
        assert player.facts()["lamp"] == "on"


def end(players: Pair) -> None:
    """And scene; three seconds; both pages are at their notes and nothing is open any more."""
    players[0].page.keyboard.press("Enter")
    for player in players:
        player.went("/notes/")


def note(players: Pair) -> None:
    """The last page of the notes, as it is: every question is optional."""
    for player in players:
        player.go(player.page.url.split("?")[0] + "?at=99")
        with player.page.expect_response(lambda one: one.request.method == "POST") as answer:
            player.page.locator('form[data-notes] button[type="submit"]').click()
        assert answer.value.status == 302, player.page.inner_text("main")
    for player in players:
        player.went(r"/room/[^/]+$")


def connected(players: Pair) -> None:
    for player in players:
        player.page.wait_for_selector('body[data-call="connected"]', state="attached")


@pytest.mark.timeout(540)
def test_an_hour_on_stage_is_paid_to_the_cent(server: MovedServer, players: Pair) -> None:
    began = time.monotonic()
    a, b = players
    seeded = server.ask("seed")
    server.starts = seeded["starts"]
    booking, second = seeded["bookings"]
    for player in players:
        cookie = {"name": seeded["cookie"], "value": seeded["cookies"][player.role]}
        player.context.add_cookies([{**cookie, "url": server.base_url}])
        player.go(f"/me/bookings/{booking}")
        player.page.locator('a[href$="/enter"]').click()
        player.went("/check$")
        player.press("start")
    for player in players:
        checked(player)

    # 5 to 10: the warm-up, seen and heard, with nothing recorded
    server.at(5)
    for player in players:
        player.page.locator("a[data-go]").click()
        player.went("/warm-up$")
    connected(players)
    assert [player.facts()["lamp"] for player in players] == ["off", "off"]
    assert all(player.live() >= 2 for player in players)
    assert server.ask("room", booking)["streams"] == 0
    server.at(10)
    both(players, "ready")

    # scene 1, without offers, after a swap
    for player in players:
        player.shown("Scene 1 of 5")
    swapped = a.page.locator(".pick h2").first.inner_text()
    a.page.locator('.pick select[name="why"]').first.select_option("not_today")
    a.page.get_by_role("button", name="Swap").first.click()
    a.page.wait_for_function(
        "(title) => ![...document.querySelectorAll('.pick h2')].some(h => h.innerText === title)",
        arg=swapped,
    )
    a.press("choose")
    begin(players)
    end(players)
    server.at(17.5)
    note(players)

    # scene 2, with offers: an empty one and a bent one
    for player in players:
        player.shown("Scene 2 of 5")
    b.press("choose")
    begin(players)
    server.ask("empty_cue", booking, "b")
    b.page.wait_for_selector("[data-cue]:not([hidden])")
    assert b.page.inner_text("[data-cue-text]") == "Carry on"
    b.page.keyboard.press("1")
    a.page.keyboard.press("d")
    a.page.wait_for_selector("[data-cue]:not([hidden])")
    a.page.keyboard.press("2")
    a.page.wait_for_selector("[data-cue]", state="hidden")
    end(players)
    server.at(25)
    note(players)

    # 25 to 30: the break, with nothing live in either page and no stream open on the server
    for player in players:
        player.shown("Cameras off. Back at")
        assert player.live() == 0
        assert player.facts()["lamp"] == "off"
    still = server.until("room", booking, unsealed=0, state="break")
    server.at(29)
    a.press("ready")
    b.shown("Ada is back")
    assert server.ask("room", booking)["streams"] == still["streams"]
    b.press("ready")

    # scene 3, with a pause
    for player in players:
        player.shown("Scene 3 of 5")
    connected(players)
    a.press("choose")
    begin(players)
    b.page.keyboard.press("p")
    for player in players:
        player.state("paused")
        player.page.keyboard.press("g")
    for player in players:
        player.state("playing")
    end(players)
    server.at(52.5)
    note(players)
    for player in players:
        player.shown("Last one, if you like.")

    # the time is up: both stay ninety seconds
    server.at(60.1)
    for player in players:
        player.page.reload()
        player.shown("That is your time")
        player.page.get_by_role("button", name="Stay a little").click()
    for player in players:
        player.shown("Scene 4 of 5")
    connected(players)
    a.page.fill('input[name="own_line"]', "Two lighthouse keepers, one lamp")
    a.page.get_by_role("button", name="Play that").click()
    begin(players)
    end(players)
    note(players)
    a.page.get_by_role("button", name="That was the last one").click()
    for player in players:
        player.shown("Shake out")
    quiet = server.until("room", booking, unsealed=0, state="step_out")
    server.at(61.5)
    both(players, "ready")
    for player in players:
        player.went("/exit$")

    found = server.until("room", booking, state="ended")
    assert found["streams"] == quiet["streams"]
    assert found["cued"][:3] == [False, True, True]
    assert [len(swaps) for swaps in found["swaps"]] == [1, 0, 0, 0]
    assert sorted(found["cues"][1]) == [
        ["a", False, True, "bent", True],
        ["b", True, False, "took", True],
    ]
    assert [len(pauses) for pauses in found["pauses"]] == [0, 0, 1, 0]

    # the exit page: one struck, one held with a private span, one kept
    first, held, kept, _last = found["takes"]
    a.page.reload()
    for take, choice in ((first, "strike"), (held, "hold"), (kept, "keep")):
        a.page.locator(f"#{choice}-{take}").click()
        a.page.wait_for_selector(f'#take-{take}[data-choice="{choice}"]')
    card = a.page.locator(f"#take-{held}")
    card.locator("summary", has_text="something private").first.evaluate(
        "s => s.parentElement.open = true"
    )
    card.locator('input[name="start"]').fill("0:01")
    card.locator('input[name="end"]').fill("0:02")
    card.get_by_role("button", name="Take it out").click()
    card.get_by_text("is out, on both sides").first.wait_for()
    assert server.ask("choices", first)["choices"] == {"a": "strike", "b": ""}
    assert server.ask("choices", held) == {"choices": {"a": "hold", "b": ""}, "private": [[1, 2]]}
    assert server.ask("choices", kept)["choices"] == {"a": "keep", "b": ""}

    # 60 minutes are $74.00, and the overtime is paid by the second, rounded once
    paid = server.until("ledger", booking, state="done")
    over = int(found["over"])
    assert 90 <= over < 120, "the test's own seconds count too"
    hour = for_seconds(HOUR, 3600 + over).minor
    assert for_seconds(HOUR, 3600).minor == 7400
    assert paid["earned"] == [[hour], [hour]]
    assert paid["residual"] == 0
    line = [["overtime", hour - 7400, over], ["whole_booking", 7400, 3600]]
    assert paid["lines"] == [line, line]

    # half an hour later another booking, and one leaves in its first scene
    server.at(91)
    room = "/room/" + server.ask("through_the_green_room", second)["session"]
    for player in players:
        player.go(f"{room}/warm-up")
    connected(players)
    both(players, "ready")
    for player in players:
        player.shown("Scene 1 of 2")
    a.press("choose")
    begin(players)
    b.press("leave")
    b.went("/left$")
    assert b.live() == 0
    a.went("/notes/")
    a.go(f"{room}/exit")
    a.page.get_by_role("button", name="Done for today").click()
    paid = server.until("ledger", second, state="done")
    assert paid["earned"] == [[hour + 3700], [hour + 3700]]
    assert paid["residual"] == 0
    assert paid["lines"][1][0][:2] == ["left_early", 3700]
    print(
        f"an hour and a half in {time.monotonic() - began:.0f} s; overtime {over} s, {hour} cents"
    )
