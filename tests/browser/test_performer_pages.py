"""The performer's and public pages in a real browser: axe, policy, phone width, and the exit page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import served, sign_in, visiting
from playwright.sync_api import Page, Playwright, expect

from tests.fakes.heard import played, with_sound
from tests.fakes.rooms import Room, make_room
from yesand.consent import actions as consent
from yesand.consent import reads
from yesand.people.actions import add_person, join
from yesand.people.models import Program

ROOT = Path(__file__).parents[2]
AXE = ROOT / "browser" / "node_modules" / "axe-core" / "axe.min.js"
BUILT = ROOT / "src" / "yesand" / "web" / "static" / "built"
MOVED = re.compile(r"translate\((?!0 |0\.0 )")
USES = ["recognition_training", "evaluation_only", "derived_features"]


@pytest.fixture
def world(committed_database: str, home: Path) -> Iterator[tuple[str, Room, list[str]]]:
    """(site, room, ids of its takes): one heard, one struck, one still on its way."""
    room = make_room()
    Program.objects.update(purposes=USES, contact="Mo, 9 to 18", may_not="Sell a voice.")
    room.program.refresh_from_db()
    for purpose in ("terms", "solo_use", *USES):
        consent.publish_terms(room.program, purpose, purpose, f"The words of {purpose}.")
    for purpose in USES[:2]:
        consent.grant(room.ada, room.program, purpose)
    takes = [played(room, index=number) for number in (1, 2, 3)]
    with_sound(room, takes[0])
    consent.choose(room.ada, room.program, takes[1].pk, "strike")
    new = add_person("new@example.org", "Nia")
    join(room.program, new, "performer")
    with served() as site:
        yield site, room, [str(take.pk) for take in takes]


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


def test_every_page_passes_axe_keeps_its_policy_and_fits_a_phone(world, playwright: Playwright):
    if not AXE.is_file():
        pytest.skip(f"no axe-core at {AXE}; run npm ci in browser/")
    site, room, takes = world
    own = ["/me", "/me/takes", f"/me/takes/{takes[0]}", f"/room/{room.session.pk}/exit"]
    own += ["/me/limits", f"/me/consent/{room.program.slug}", "/me/money", "/me/account"]
    own += ["/me/identity"]
    public = ["/", f"/programs/{room.program.slug}", "/complaints", "/in-a-recording", "/dev/mail"]
    public += ["/accounts/login/", "/accounts/signup/", "/nothing"]
    wrong: list[str] = []
    with visiting(playwright, site) as context:
        page = context.new_page()
        page.on(
            "console",
            lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None,
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))

        def look(address: str) -> None:
            page.set_viewport_size({"width": 1280, "height": 900})
            answer = page.goto(site + address)
            assert answer is not None and answer.status == (404 if address == "/nothing" else 200)
            page.evaluate("document.querySelectorAll('main details').forEach(d => d.open = true)")
            wrong.extend(f"{address}: {finding}" for finding in serious(page))
            page.set_viewport_size({"width": 390, "height": 844})
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > 390:
                wrong.append(f"{address}: {wide} px wide on a phone")

        for address in public:
            look(address)
        sign_in(context, site, room.ada)
        for address in own:
            look(address)
    assert wrong == [], "\n".join(wrong)


def test_the_exit_page_is_decided_by_ear_by_hand_and_by_key(world, playwright: Playwright):
    if not (BUILT / "exit.js").is_file():
        pytest.skip(f"no bundle at {BUILT}; run npm run build in browser/")
    site, room, takes = world
    with visiting(playwright, site, room.ada) as context:
        page = context.new_page()
        page.goto(f"{site}/room/{room.session.pk}/exit")
        page.evaluate("window.loaded = true")
        card = page.locator(f"#take-{takes[0]}")
        expect(card.locator("[data-strip][data-drawn=yes]")).to_be_visible()
        assert len(card.locator("path.w").get_attribute("d") or "") > 500

        # heard: the sound plays, and goes on while the choice is made
        card.get_by_role("button", name="Play Card").click()
        expect(card.locator(".play")).to_have_attribute("aria-pressed", "true")
        head = card.locator("path.headline")
        expect(head).to_have_attribute("transform", MOVED)
        card.get_by_role("button", name="Keep", exact=True).press("Enter")
        expect(card).to_have_attribute("data-choice", "keep")
        expect(card.locator(".said")).to_contain_text("once Noor keeps it too")
        expect(card.locator("path.headline")).to_have_attribute("transform", MOVED)

        # counted at once, in a place that is read out; and the key stays where it was pressed
        tally = page.get_by_role("status").and_(page.locator("#tally"))
        expect(tally).to_have_text("1 kept, 1 struck, 1 not chosen yet.")
        expect(card.get_by_role("button", name="Keep", exact=True)).to_be_focused()
        again = page.locator(f"#take-{takes[1]}")
        again.get_by_role("button", name="Hold 48 h").press("Enter")
        expect(tally).to_have_text("1 kept, 1 held, 1 not chosen yet.")
        again.get_by_role("button", name="Strike").press("Enter")
        expect(tally).to_have_text("1 kept, 1 struck, 1 not chosen yet.")

        # dragged: a span in the strip fills the form, and is out on both sides
        strip = card.locator("[data-strip]").bounding_box()
        assert strip is not None
        page.mouse.move(strip["x"] + strip["width"] * 0.25, strip["y"] + 20)
        page.mouse.down()
        page.mouse.move(strip["x"] + strip["width"] * 0.5, strip["y"] + 20, steps=5)
        page.mouse.up()
        expect(card.locator("input[name=start]")).to_have_value("6.0")
        card.get_by_role("button", name="Take it out").click()
        expect(card.locator(".span")).to_contain_text("0:06 to 0:12 is out, on both sides.")
        expect(card.locator("[data-strip] rect.out")).to_have_count(1)

        # switched: one use less, for this take alone
        card.locator("summary", has_text="What this take may be used for").click()
        card.get_by_role("switch").first.click()
        expect(card.get_by_role("switch").first).not_to_be_checked()
        expect(card.locator(".use-list")).to_have_attribute("open", "")
        assert page.evaluate("window.loaded"), "the page was loaded again"

        page.get_by_role("button", name="Done for today").click()
        page.wait_for_url(f"{site}/me")
    choice = reads.choice_of(room.ada, takes[0])
    assert choice is not None and choice.choice == "keep"
    assert choice.private_spans == [[6.0, 12.0]]


def test_without_script_every_choice_is_a_form(world, playwright: Playwright):
    site, room, takes = world
    with visiting(playwright, site) as context:
        plain = context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
        sign_in(plain, site, room.ada)
        page = plain.new_page()
        page.goto(f"{site}/room/{room.session.pk}/exit")
        card = page.locator(f"#take-{takes[2]}")
        card.get_by_role("button", name="Hold 48 h").click()
        expect(page.locator(f"#take-{takes[2]}")).to_have_attribute("data-choice", "hold")
        assert page.url.endswith(f"/exit#take-{takes[2]}")
        page.goto(f"{site}/me/consent/{room.program.slug}")
        card = page.locator('[data-purpose="derived_features"]')
        card.locator("summary[data-sign]").click()
        card.get_by_role("button", name="Yes, sign").click()
        expect(page.locator('[data-purpose="derived_features"]')).to_have_attribute(
            "data-granted", "yes"
        )
        card = page.locator('[data-purpose="derived_features"]')
        card.locator("summary", has_text="Withdraw").click()
        card.get_by_role("button", name="Yes, withdraw").click()
        expect(page.locator('[data-purpose="derived_features"]')).to_have_attribute(
            "data-granted", "no"
        )


def test_sign_up_offers_the_browser_s_own_zone(world, playwright: Playwright):
    if not (BUILT / "app.js").is_file():
        pytest.skip(f"no bundle at {BUILT}; run npm run build in browser/")
    site, _room, _takes = world
    with visiting(playwright, site) as context:
        there = context.browser.new_context(timezone_id="Europe/Madrid")  # type: ignore[union-attr]
        page = there.new_page()
        page.goto(f"{site}/accounts/signup/")
        expect(page.locator("select[data-own-zone]")).to_have_value("Europe/Madrid")
        page.goto(f"{site}/")
        page.get_by_role("button", name="Play 20 s").click()
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        expect(page.locator("[data-head]")).to_have_attribute("transform", MOVED)
