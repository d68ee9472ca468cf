"""A program to start with: texts, deck, order, people. Used by the demo and the rehearsal.

Everything goes through the houses' verbs, as pages would; running it again changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from yesand.casting.models import RosterPlace
from yesand.commission import actions as commission
from yesand.commission import schema
from yesand.commission.models import Commission
from yesand.consent import actions as consent
from yesand.consent.rules import PURPOSES
from yesand.kit.money import Money
from yesand.pay import actions as pay
from yesand.pay.payout import prove_adult
from yesand.people import actions as people
from yesand.people.models import Person, Program

ABOUT = (
    "A speech lab wants its models to hear when somebody means the opposite of what they say. "
    "Short light scenes, two people at a time, played from home."
)
MAY_NOT = "Clone a voice or a face, sell the recordings, or use them to judge people at work."
USES = {
    "recognition_training": "May train models that recognize how a character sounds or looks.",
    "voice_generation": "May train models that speak with a voice of no particular person.",
    "video_generation": "May train models that draw moving faces of no particular person.",
    "likeness_replica": "May make a replica of your voice or face for uses described one by one, "
    "agreed with whoever represents you.",
    "evaluation_only": "May test models. Never trains one.",
    "publication": "May be played in talks and papers, with your alias or without.",
    "derived_features": "May keep numbers measured from your takes (pitch, pauses) "
    "after you withdraw.",
}
SIGNED = {
    "terms": (
        "Terms of the program",
        "EXAMPLE TEXT. You are 18 or older. You are paid for every minute of a booking, whatever "
        "you choose about your takes afterwards. You can leave a scene at any time.",
    ),
    "rater_terms": (
        "Terms for raters",
        "EXAMPLE TEXT. You rate how a character in a take sounds. You are paid for the time it "
        "takes. What you hear stays with you. Your answers are released under a pseudonym.",
    ),
    "solo_use": (
        "Solo use",
        "EXAMPLE TEXT. When your partner withdraws a take, your own track may stay alone.",
    ),
    "own": (
        "What you felt yourself",
        "EXAMPLE TEXT. You may note whether you felt what your character felt. It is optional and "
        "is never shown to a producer.",
    ),
}
ORDER = """\
version: 1
name: Light scenes, English
brief: Everyday scenes in which what is said and what is meant differ a little.
use: train
hours: {hours}
languages: {{en: 1.0}}
feelings: {{joy: 0.1, amusement: 0.15, pride: 0.1, affection: 0.15, relief: 0.1, surprise: 0.1,
  embarrassment: 0.1, frustration: 0.1, anger: 0.05, sadness: 0.05}}
relationships: {{strangers: 0.2, friends: 0.3, family: 0.2, colleagues: 0.2, service: 0.1}}
shapes: {{improvised: 0.8, script: 0.2}}
acquaintance: any
"""


@dataclass(frozen=True)
class Seeded:
    """What stands after seeding."""

    program: Program
    commission: Commission
    producer: Person


def program(
    name: str,
    producer_email: str,
    hours: float = 4,
    client: str = "Example Speech Lab",
    **policy: int,
) -> Seeded:
    """One open program with its texts, deck, approved order and producer; `policy` sets rows."""
    known = Program.objects.filter(name=name).first()
    producer = people.add_person(producer_email, alias="Mo", zone="UTC", languages=["en"])
    if known is not None:
        order = Commission.objects.filter(program=known, state="open").first()
        if order is not None:
            return Seeded(known, order, producer)
    opened = known or people.open_program(
        client,
        name,
        about=ABOUT,
        may_not=MAY_NOT,
        purposes=["recognition_training", "evaluation_only", "voice_generation", "publication"],
        contact="Example: Marta, +00 000 000, 9:00 to 18:00",
        **policy,
    )
    people.join(opened, producer, "producer")
    for purpose, text in USES.items():
        consent.publish_terms(opened, purpose, str(PURPOSES[purpose]), f"EXAMPLE TEXT. {text}")
    for purpose, (title, text) in SIGNED.items():
        consent.publish_terms(opened, purpose, title, text)
    commission.load_deck()
    order = commission.draft(opened, schema.read_order(ORDER.format(hours=hours), "seed"))
    order = commission.approve(order, client)
    # Auditions and rating are paid from the program's own budget.
    pay.promise_budget(opened, None, Money(200_000, opened.currency), once=f"seed:{opened.pk}")
    return Seeded(opened, commission.open_commission(order), producer)


def performer(
    seeded: Seeded, email: str, alias: str, pool: str = "train", **fields: object
) -> Person:
    """A cast performer with proven age; consent stays theirs to give."""
    person = people.add_person(email, alias=alias, languages=["en"], **fields)
    if person.adult_verified_at is None:
        prove_adult(person, f"Example {alias}", dt.date(1990, 5, 17), "document_seen")
        person.refresh_from_db()
    people.join(seeded.program, person, "performer")
    RosterPlace.objects.get_or_create(
        program=seeded.program, person=person, defaults={"split_pool": pool}
    )
    return person


def rater(seeded: Seeded, email: str, alias: str, signed: bool = False, **fields: object) -> Person:
    """A rater; `signed` gives the rater terms too (robots cannot read)."""
    person = people.add_person(email, alias=alias, languages=["en"], **fields)
    people.join(seeded.program, person, "rater")
    if signed:
        consent.grant(person, seeded.program, "rater_terms")
    return person


def engineer(seeded: Seeded, email: str, alias: str) -> Person:
    """An engineer at the lab."""
    person = people.add_person(email, alias=alias, languages=["en"])
    people.join(seeded.program, person, "engineer")
    return person


def agree(person: Person, program_: Program, purposes: Sequence[str]) -> None:
    """Sign what a page would ask: the terms and these purposes."""
    for purpose in ("terms", *purposes):
        consent.grant(person, program_, purpose)
