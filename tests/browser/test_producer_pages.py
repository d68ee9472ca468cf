"""Every page of orders and casting in a real browser: axe, the page's own policy, phone width."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from pages import served, sign_in, visiting
from playwright.sync_api import Page, Playwright

from yesand.cases import actions as cases
from yesand.casting import actions as casting
from yesand.commission import actions, reads
from yesand.commission.models import Prompt
from yesand.commission.schema import read_order
from yesand.consent import actions as consent
from yesand.pay import actions as pay
from yesand.pay import payout
from yesand.people import actions as people
from yesand.people.models import Person, Program
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


def pay_out(program: Program, *persons: Person) -> None:
    """Three bank files: sent with one payout returned, written, prepared."""
    for person in persons:
        payout.prove_adult(person, f"{person} Example", dt.date(1990, 1, 2))
        payout.set_payout(person, "DE89 3704 0044 0532 0130 00")
    for step in (2, 1, 0):
        for person in persons:
            event = uuid.uuid4()
            rate = pay.lock_rate(person, program, "booking", event)
            pay.accrue(rate, "booking", 3600, "booking", event, "whole_booking")
            pay.settle("booking", event)
        file = payout.prepare(program, dt.date(2026, 12, 4))[0].file
        assert file is not None
        if step:
            payout.write(file)
        if step == 2:
            payout.send(file, timezone.localdate(), "2026-12-04 / 0017", None)
            payout.returned(file.payouts.all()[0], "Account closed")


@pytest.fixture
def world(
    committed_database: str, home: Path
) -> Iterator[tuple[str, dict[str, Person], dict[str, str]]]:
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
    pay_out(program, ada, bo)
    cases.open_case(
        None, "in_recording", "bystander", None, None, "A cafe.", contact="x@example.org"
    )
    desk = f"/producer/{program.slug}"
    addresses = {
        "home": desk,
        "order": f"{desk}/order/{draft.pk}",
        "coverage": f"{desk}/commissions/{order.pk}",
        "deck": f"{desk}/deck",
        "card": f"{desk}/deck/{Prompt.objects.get(slug='the-toast').pk}",
        "calls": f"{desk}/calls/",
        "auditions": f"{desk}/auditions/",
        "audition": f"{desk}/auditions/{handed.pk}",
        "cases": f"{desk}/cases",
        "letters": "/house/letters",
        "money": f"{desk}/money",
        "schedule": f"{desk}/schedule?commission={order.pk}&bookings=4",
        "schedule, wrong": f"{desk}/schedule?commission=x&bookings=x",
        "ada:money": "/me/money",
        "ada:account": "/me/account",
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
