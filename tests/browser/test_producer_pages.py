"""Every page of orders and casting in a real browser: axe, the page's own policy, phone width."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import served, sign_in, visiting
from playwright.sync_api import Page, Playwright

from yesand.cases import actions as cases
from yesand.casting import actions as casting
from yesand.commission import actions, reads
from yesand.commission.models import Prompt
from yesand.commission.schema import read_order
from yesand.consent import actions as consent
from yesand.people import actions as people
from yesand.people.models import Person
from yesand.recording import actions as recording

AXE = Path(__file__).parents[2] / "browser" / "node_modules" / "axe-core" / "axe.min.js"
ORDER = """\
version: 1
name: Light Voices
brief: Talk over each other, gladly.
use: train
hours: 12
languages: {en: 70, es: 30}
feelings: {joy: 20, embarrassment: 30, frustration: 30, fear: 20}
relationships: {strangers: 25, friends: 25, family: 25, colleagues: 25}
"""


@pytest.fixture
def world(committed_database: str) -> Iterator[tuple[str, dict[str, Person], dict[str, str]]]:
    """(site, people by role, addresses by page) of one program in the middle of its work."""
    program = people.open_program(
        "Quiet Harbor Lab",
        "Light Voices",
        purposes=["recognition_training", "evaluation_only"],
        about="Voices that take part in conversation.",
        may_not="Tell an employer how you feel.",
        contact="Marta, 9:00 to 18:00",
    )
    consent.publish_terms(program, "terms", "Terms", "EXAMPLE TEXT. Every minute is paid.")
    mo = people.add_person("mo@example.org", alias="Mo")
    people.join(program, mo, "producer")
    ada = people.add_person("ada@example.org", alias="Ada", languages=["en"])
    bo = people.add_person("bo@example.org", alias="Bo", languages=["en"])
    actions.load_deck()
    draft = actions.draft(program, read_order(ORDER.replace("name: L", "name: More l"), "x"))
    order = actions.draft(program, read_order(ORDER, "x"))
    actions.open_commission(actions.approve(order, "Dr. Ames"))
    for at, cell in enumerate(order.cells.order_by("id")):
        for _ in range(min(at, cell.quota)):
            key = (cell.feeling, cell.relationship, cell.language)
            actions.record_fill(uuid.uuid4(), order, [key], "released" if at % 2 else "recorded")
    call = casting.open_call(program, "Players wanted", "Five short scenes.", ["en"])
    handed = casting.apply(call, ada, "Hello.", adult=True, terms=True)
    for piece in (1, 2):
        audition = casting.open_audition(handed, piece)
        stream, _token, _door = recording.open_stream(audition.recording, "mic")
        recording.sealed(stream, 10, "h", "s", f"auditions/{audition.pk}/mic.pcm")
    casting.hand_in(handed)
    cases.open_case(program, "dispute", "booking", None, ada, "You canceled late.")
    begun = casting.apply(call, bo, adult=True, terms=True)
    home = f"/producer/{program.slug}"
    addresses = {
        "home": home,
        "order": f"{home}/order/{draft.pk}",
        "coverage": f"{home}/commissions/{order.pk}",
        "deck": f"{home}/deck",
        "card": f"{home}/deck/{Prompt.objects.get(slug='the-toast').pk}",
        "calls": f"{home}/calls/",
        "auditions": f"{home}/auditions/",
        "audition": f"{home}/auditions/{handed.pk}",
        "cases": f"{home}/cases",
        "share": f"/order/{draft.share_token}",
        "call": f"/calls/{call.slug}",
        "bo:piece": f"/me/audition/{begun.pk}/1",
        "bo:pieces": f"/me/audition/{begun.pk}",
        "ada:handed in": f"/me/audition/{handed.pk}",
        "mo:apply": f"/me/apply/{call.slug}",
    }
    assert reads.coverage(order).total.released
    with served() as site:
        yield site, {"mo": mo, "ada": ada, "bo": bo}, addresses


def serious(page: Page) -> list[str]:
    """axe's serious and critical findings as `rule: where`."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in found["violations"]
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


@pytest.mark.timeout(300)
def test_every_page_passes_axe_keeps_its_policy_and_fits_a_phone(world, playwright: Playwright):
    if not AXE.is_file():
        pytest.skip(f"no axe-core at {AXE}; run npm ci in browser/")
    site, persons, addresses = world
    wrong: list[str] = []
    with visiting(playwright, site) as context:
        page = context.new_page()
        page.on(
            "console",
            lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None,
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        for name, address in addresses.items():
            who, _colon, _rest = name.rpartition(":")
            sign_in(context, site, persons[who.partition(":")[0] or "mo"])
            page.set_viewport_size({"width": 1280, "height": 900})
            answer = page.goto(site + address)
            assert answer is not None and answer.status == 200, (name, answer and answer.status)
            wrong += [f"{name}: {finding}" for finding in serious(page)]
            page.set_viewport_size({"width": 390, "height": 844})
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > 390:
                wrong.append(f"{name}: {wide} px wide on a phone")
    assert wrong == [], "\n".join(wrong)
