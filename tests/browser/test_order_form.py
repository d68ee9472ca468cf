"""The order form in a real browser: figures follow the typing, and the page holds its own policy."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from pages import served, visiting
from playwright.sync_api import Page, Playwright, expect

from yesand.casting import actions as casting
from yesand.commission.models import Commission
from yesand.people import actions as people
from yesand.people.models import Person


@pytest.fixture
def site(committed_database: str) -> Iterator[str]:
    with served() as address:
        yield address


@pytest.fixture
def desk(site: str, playwright: Playwright) -> Iterator[Page]:
    """A producer of a new program, signed in, with 41 English and 8 Spanish performers."""
    program = people.open_program("Quiet Harbor Lab", "Light Voices")
    mo = people.add_person("mo@example.org", alias="Mo")
    people.join(program, mo, "producer")
    for n in range(41):
        languages = ["en", "es"] if n < 8 else ["en"]
        casting.cast(program, people.add_person(f"p{n}@example.org", languages=languages))
    Person.objects.filter(memberships__role="performer").update(
        adult_verified_at="2026-01-01T00:00Z"
    )
    with visiting(playwright, site, mo) as context:
        page = context.new_page()
        page.goto(f"{site}/producer/{program.slug}/order")
        yield page


def test_figures_follow_the_typing(desk: Page) -> None:
    complaints: list[str] = []
    desk.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    takes = desk.locator("#takes")
    desk.get_by_label("scene hours").fill("100")
    expect(takes).to_contain_text("1200 takes")
    expect(takes).to_contain_text("$45,4")
    assert desk.get_by_label("scene hours").input_value() == "100", "what is typed stays"
    # A second language, first by script-free means: the page comes back with its line.
    desk.get_by_label(re.compile("One more, by its code")).fill("es")
    desk.get_by_role("button", name="Add").click()
    spanish = desk.get_by_label("Spanish, percent")
    spanish.fill("30")
    desk.get_by_label("English, percent").fill("70")
    expect(takes).to_contain_text("12 needed, 8 free")
    bar = desk.locator("#bar-languages-es rect").nth(1)
    expect(bar).to_have_attribute("width", "30.0%")
    # A share that is off is said at once, and the sum beside the margin turns.
    desk.get_by_label("joy, percent").fill("19")
    expect(takes).to_contain_text("The shares add up to 110 %; take away 10 %.")
    expect(desk.locator("#sum-feelings")).to_contain_text("110 %")
    desk.get_by_label("joy, percent").fill("9")
    expect(takes).to_contain_text("12 needed, 8 free")
    desk.get_by_role("button", name="9 weeks").click()
    expect(desk.get_by_label(re.compile("^weeks"))).to_have_value("9")
    expect(takes).not_to_contain_text("too few")
    desk.get_by_label("Name", exact=True).fill("Second part")
    desk.get_by_role("button", name="Save as a draft").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Draft order: Second part")
    expect(desk.get_by_label("Approval link")).to_have_value(re.compile("/order/"))
    assert [word for word in complaints if "Content Security Policy" in word] == []


def test_every_field_is_reached_by_keyboard_and_has_a_name(desk: Page) -> None:
    unnamed = desk.evaluate(
        """() => [...document.querySelectorAll("main :is(input, select, textarea, button)")]
             .filter((e) => e.type !== "hidden")
             .filter((e) => !(e.labels?.length || e.ariaLabel || e.textContent.trim()))
             .map((e) => e.outerHTML)"""
    )
    assert unnamed == []
    desk.get_by_label("scene hours").focus()
    for _ in range(3):
        desk.keyboard.press("Tab")
    assert desk.evaluate("document.activeElement.name") == "acquaintance"
    assert Commission.objects.count() == 0
