"""Fills a throw-away server with rooms that can be entered now; prints one JSON object.

python -m yesand.cli.crowd.seed ROOMS
"""

from __future__ import annotations

import json
import secrets
import sys
from importlib import import_module
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 - Django must stand first
from django.contrib.auth import (  # noqa: E402
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
)
from django.utils import timezone  # noqa: E402

from yesand.cli import seeding  # noqa: E402
from yesand.matching import actions as matching  # noqa: E402
from yesand.people.models import Person  # noqa: E402
from yesand.stage import actions as stage  # noqa: E402

PASSED = {"ok": True, "problems": [], "warnings": [], "checks": {"bench": {"generated": 1}}}


def signed_in(person: Person) -> str:
    """The key of a session of this person, as a sign-in by code leaves it."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def make(rooms: int) -> dict[str, Any]:
    """`rooms` rooms after the green room: two performers each, checked in, cards dealt."""
    name = f"crowd-{secrets.token_hex(3)}"  # a second crowd of the same house has its own people
    seeded = seeding.program(name, f"mo@{name}.example", hours=2 * rooms)
    found = []
    for number in range(rooms):
        two = [
            seeding.performer(seeded, f"{role}{number}@{name}.example", f"{role.upper()}{number}")
            for role in "ab"
        ]
        booking = matching.book(seeded.commission, two[0], two[1], timezone.now(), 60)
        for seat in booking.seats.all():
            booking = matching.answer(seat, True)
        session = stage.open_session(booking)
        cookies = {}
        for person in two:
            seeding.agree(person, seeded.program, ["recognition_training", "evaluation_only"])
            place = stage.check_in(session, person)
            stage.report_green_room(session, person, PASSED)
            cookies[place.role] = signed_in(person)
        cards = stage.deal_cards(session)
        found.append({"session": str(session.pk), "card": str(cards[0].pk), "cookies": cookies})
    return {"cookie": settings.SESSION_COOKIE_NAME, "rooms": found}


if __name__ == "__main__":
    print(json.dumps(make(int(sys.argv[1]))))
