"""Green room, warm-up, stage, live desk and take page in a real browser: axe, policy, phone width.

The pages' scripts run as they are; the room's socket is not served here, so they say that it is
away. What the scripts do with it stands in test_stage.py and in the rehearsal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import served, sign_in, visiting
from playwright.sync_api import Page, Playwright, expect

from tests.fakes.browsers import Browser, close, upload
from tests.fakes.rooms import Room, make_room
from yesand.capture import actions as capture
from yesand.cli.robots.voices import duet
from yesand.post import actions as post
from yesand.stage import actions, room
from yesand.stage.cue_rules import Aim
from yesand.stage.models import Take

AXE = Path(__file__).parents[2] / "browser" / "node_modules" / "axe-core" / "axe.min.js"
SHOTS = Path(__file__).with_name("shots")
GOOD = {"ok": True, "problems": [], "warnings": [], "checks": {}, "devices": {}}


def played(here: Room, monkeypatch: pytest.MonkeyPatch, seconds: float = 24.0) -> Take:
    """A whole take of two generated voices with two offers, sealed and processed."""
    take = here.playing()
    now = [take.opened_at]
    monkeypatch.setattr(room, "stage_now", lambda: now[0])
    voices = duet(seconds)
    browsers = {}
    for role, who in (("a", here.ada), ("b", here.noor)):
        browsers[role] = Browser(take, who, offset_s=1.0)
        browsers[role].ping(take.opened_at, seconds)
        browsers[role].record(voices[role].samples[: round((seconds - 0.4) * 48_000)], now[0] + 0.2)
    for at, role, action, answer in (
        (6.0, "a", "Offer tea", "took"),
        (17.0, "b", "Say no", "bent"),
    ):
        now[0] = take.opened_at + at
        cue = actions.offer_cue(take, role, action, Aim("joy", 2), by="director")
        actions.cue_displayed(cue, browsers[role].client_ms(now[0]), now[0])
        actions.cue_response(cue, answer)
    upload(browsers)
    close(take, now, seconds)
    capture.seal_take(take.pk)
    post.process(take.pk)
    monkeypatch.undo()
    return take


@pytest.fixture
def world(
    committed_database: str, home: Path, settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, Room, Room, dict[str, str]]]:
    """(site, a room being played, a room in its warm-up, addresses by page)."""
    settings.MIN_FREE_BYTES = 0
    done, warm = make_room(), make_room()
    for here in (done, warm):
        here.program.contact = "Marta, 9:00 to 18:00"
        here.program.save()
        for who in (here.ada, here.noor):
            actions.check_in(here.session, who)
    take = played(done, monkeypatch)
    for role in "ab":
        actions.notes_done(done.session, done.place(role), str(take.pk))
        actions.report_green_room(done.session, done.person(role), GOOD)
        actions.report_green_room(warm.session, warm.person(role), GOOD)
        say = {"kind": "present", "role": role, "sender": done.place(role).alias}
        actions.post(done.session, body={"peer": f"p{role}", "page": "stage"}, **say)
    # nobody has read the notes away: the stage would send there first
    from yesand.labels import actions as labels

    for who in (done.ada, done.noor):
        labels.note_scene(take, who, {})
    desk = f"/producer/{done.program.slug}"
    addresses = {
        "warm ada:green-room": f"/room/{warm.session.pk}/check",
        "warm ada:warm-up": f"/room/{warm.session.pk}/warm-up",
        "done ada:cards": f"/room/{done.session.pk}",
        "done ada:leave": f"/room/{done.session.pk}/left",
        "done ada:no microphone": f"/room/{done.session.pk}/stuck/microphone",
        "done ada:resume": "/resume",
        "done mo:live": f"{desk}/live",
        "done mo:director": f"{desk}/live/{done.session.pk}",
        "done mo:takes": f"{desk}/takes",
        "done mo:take": f"{desk}/takes/{take.pk}",
    }
    with served() as site:
        yield site, done, warm, addresses


def serious(page: Page) -> list[str]:
    """axe's serious and critical findings as `rule: where`."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['html'][:160]}"
        for rule in found["violations"]
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


@pytest.mark.timeout(300)
def test_the_rooms_pages_pass_axe_keep_their_policy_and_fit_a_phone(
    world: tuple[str, Room, Room, dict[str, str]], playwright: Playwright
) -> None:
    if not AXE.is_file():
        pytest.skip(f"no axe-core at {AXE}; run npm ci in browser/")
    site, done, warm, addresses = world
    wrong: list[str] = []
    with visiting(playwright, site) as context:
        page = context.new_page()
        page.on(
            "console",
            lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None,
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        for name, address in addresses.items():
            who, _colon, words = name.partition(":")
            where, role = who.split()
            sign_in(context, site, getattr(done if where == "done" else warm, role))
            page.set_viewport_size({"width": 1280, "height": 800})
            answer = page.goto(site + address)
            assert answer is not None and answer.status == 200, (name, answer and answer.status)
            if words == "take":
                page.wait_for_selector("[data-timeline][data-drawn]")
            wrong += [f"{name}: {finding}" for finding in serious(page)]
            shot(page, f"{words}-1280")
            page.set_viewport_size({"width": 390, "height": 844})
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > 390:
                wrong.append(f"{name}: {wide} px wide on a phone")
            shot(page, f"{words}-390")
    assert wrong == [], "\n".join(wrong)


def shot(page: Page, name: str) -> None:
    """A picture in shots/, for people to look at."""
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=str(SHOTS / f"room-{name.replace(' ', '-')}.png"), full_page=True)


def test_a_row_of_the_take_page_jumps_to_its_moment(
    world: tuple[str, Room, Room, dict[str, str]], playwright: Playwright
) -> None:
    site, done, _warm, addresses = world
    with visiting(playwright, site, done.mo) as context:
        page = context.new_page()
        page.goto(site + addresses["done mo:take"])
        page.wait_for_selector("[data-timeline][data-drawn]")
        assert page.locator(".tl-lane").count() == 2
        page.click("#offers [data-seek]")
        expect(page.locator("[data-at]")).to_have_text(re.compile(r"^0:0[6-9]"))
