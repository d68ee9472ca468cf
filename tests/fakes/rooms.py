"""Rooms for tests: a program with a funded commission, two performers, a confirmed booking."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from yesand.commission.models import Cell, Commission, Prompt
from yesand.kit.money import Money
from yesand.matching import actions as matching
from yesand.matching.models import Booking
from yesand.pay import actions as pay
from yesand.people import actions as people
from yesand.people.models import Membership, Person, Program
from yesand.stage import actions as stage
from yesand.stage.models import Place, Session, Take

_numbers = itertools.count(1)


def card(number: int, **body: Any) -> Prompt:
    """A card of the deck with two private halves; `body` adds to it, turns for example."""
    whole = {
        "schema": 1,
        "id": f"card-{number}",
        "version": 1,
        "language": "en",
        "title": f"Card {number}",
        "author": "tests",
        "rights": "ours",
        "shape": "improvised",
        "family": "home",
        "tone": "light",
        "premise": "Two people share one umbrella at a bus stop.",
        "relationship": "friends",
        "power": "equal",
        "roles": {
            "a": {"alias": "Pim", "want": "keep them dry", "secret": "it is borrowed"},
            "b": {"alias": "Wil", "want": "hold it for them", "secret": "it leaks"},
        },
        "turns": [],
        "minutes_hint": 5,
        "session_slot": "any",
        "tags": [],
        **body,
    }
    return Prompt.objects.create(
        slug=whole["id"],
        title=whole["title"],
        shape="improvised",
        family="home",
        relationship="friends",
        tags=whole["tags"],
        body=whole,
    )


@dataclass
class Room:
    """Everything a test of a room needs."""

    program: Program
    commission: Commission
    booking: Booking
    ada: Person
    noor: Person
    mo: Person
    """Produces the program."""
    cards: list[Prompt] = field(default_factory=list)

    @property
    def session(self) -> Session:
        return stage.open_session(self.booking)

    def person(self, role: str) -> Person:
        return self.ada if role == "a" else self.noor

    def place(self, role: str) -> Place:
        return self.session.places.get(role=role)

    def playing(self, prompt: Prompt | None = None) -> Take:
        """Both warm, a card chosen, the lamp on."""
        session = self.session
        for role in "ab":
            stage.ready(session, self.place(role))
        stage.deal_cards(session)
        chosen = prompt or stage.deal_cards(session)[0]
        scene = stage.choose_scene(session, prompt=chosen)
        for role in "ab":
            stage.ready(session, self.place(role), str(scene.pk))
        return Take.objects.get(scene=scene)


def person(alias: str) -> Person:
    found = people.add_person(f"{alias.lower()}-{next(_numbers)}@example.org", alias=alias)
    Person.objects.filter(pk=found.pk).update(adult_verified_at=timezone.now())
    found.refresh_from_db()
    return found


def make_room(minutes: int = 60, cards: int = 4, **body: Any) -> Room:
    """A room whose booking began a minute ago."""
    number = next(_numbers)
    program = people.open_program(f"Lab {number}", f"Light Voices {number}")
    commission = Commission.objects.create(
        program=program,
        name="First",
        use="train",
        hours=1,
        order={
            "version": 1,
            "name": "First",
            "use": "train",
            "hours": 1,
            "languages": {"en": 100},
            "feelings": {"joy": 50, "affection": 50},
            "relationships": {"friends": 100},
        },
        state="open",
        share_token=f"token-{number}",
    )
    for feeling in ("joy", "affection"):
        Cell.objects.create(
            commission=commission,
            feeling=feeling,
            relationship="friends",
            language="en",
            quota=4,
        )
    pay.promise_budget(program, commission.pk, Money(100_000_00), once=f"budget-{number}")
    ada, noor, mo = person("Ada"), person("Noor"), person("Mo")
    for who, role in ((ada, "performer"), (noor, "performer"), (mo, "producer")):
        Membership.objects.create(program=program, person=who, role=role)
    booking = matching.book(
        commission, ada, noor, timezone.now() - dt.timedelta(minutes=1), minutes
    )
    for seat in booking.seats.order_by("role"):
        booking = matching.answer(seat, yes=True)
    made = [card(number * 100 + n, **body) for n in range(cards)]
    return Room(program, commission, booking, ada, noor, mo, made)
