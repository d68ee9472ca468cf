"""A process beside the server of the whole booking, in its time: one JSON request a line.

It seeds the program and two bookings, offers what only the house can offer, and says what the rows
say. One process for all, because Django takes seconds to load.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 - Django must stand first
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from yesand.cli import seeding  # noqa: E402
from yesand.cli.rehearsal.seed_words import PERFORMERS, PRODUCER  # noqa: E402
from yesand.consent import reads as consent  # noqa: E402
from yesand.matching import actions as matching  # noqa: E402
from yesand.matching.models import Booking  # noqa: E402
from yesand.pay import reads as pay  # noqa: E402
from yesand.people.models import Person, Program  # noqa: E402
from yesand.recording.models import Stream  # noqa: E402
from yesand.stage import actions, reads  # noqa: E402
from yesand.stage.models import Session, Take  # noqa: E402

GOOD = {"ok": True, "problems": [], "warnings": [], "checks": {}, "devices": {}}


def seed() -> dict[str, Any]:
    """A program with two performers, an hour from now on and half an hour after it."""
    made = seeding.program(
        "Whole", PRODUCER, hours=4, video_width=320, video_height=180, video_fps=10
    )
    people, cookies = {}, {}
    for (role, email), alias in zip(PERFORMERS.items(), ("Ada", "Noor"), strict=True):
        people[role] = seeding.performer(made, email, alias)
        seeding.agree(people[role], made.program, ["recognition_training", "evaluation_only"])
        client = Client()
        client.force_login(people[role])
        cookies[role] = client.cookies[settings.SESSION_COOKIE_NAME].value
    starts = timezone.now().replace(microsecond=0)
    bookings = []
    for at, minutes in ((starts, 60), (starts + dt.timedelta(minutes=90), 30)):
        pair = (people["a"], people["b"])
        row = matching.book(made.commission, *pair, at, minutes, shape="shorts")
        for seat in row.seats.all():
            row = matching.answer(seat, True)
        bookings.append(str(row.pk))
    return {
        "starts": starts.timestamp(),
        "bookings": bookings,
        "cookies": cookies,
        "cookie": settings.SESSION_COOKIE_NAME,
    }


def session_of(booking: str) -> Session:
    return Session.objects.select_related("booking", "program").get(booking=booking)


def room(booking: str) -> dict[str, Any]:
    """What the rows say of a booking's room."""
    session = session_of(booking)
    takes = reads.takes_of(session)
    streams = Stream.objects.filter(recording__storage_class="take")
    ends = session.booking.starts_at + dt.timedelta(minutes=session.booking.minutes)
    return {
        "now": time.time(),
        "session": str(session.pk),
        "state": session.state,
        "where": reads.where(session).number,
        "streams": streams.count(),
        "unsealed": streams.filter(sealed_at=None).count(),
        "takes": [str(take.pk) for take in takes],
        "cued": [take.scene.cues_allowed for take in takes],
        "swaps": [take.scene.swaps for take in takes],
        "pauses": [[p.ended_at - p.started_at for p in take.pauses.all()] for take in takes],
        "cues": [
            [[c.role, c.empty, c.pulled, c.response, c.displayed_at is not None] for c in cues]
            for cues in (take.cues.order_by("asked_at") for take in takes)
        ],
        "over": (session.ended_at - ends).total_seconds() if session.ended_at else None,
    }


def empty_cue(booking: str, role: str) -> dict[str, Any]:
    """The engine's control, now: an offer to carry on. Waiting for its minute would take one."""
    take = reads.open_take(session_of(booking).pk)
    assert take is not None
    cue = actions.offer_cue(take, role, "Carry on", None, empty=True)
    return {"cue": str(cue.pk)}


def through_the_green_room(booking: str) -> dict[str, Any]:
    """Both are checked in and ready, as on a device that is known."""
    session = actions.open_session(Booking.objects.get(pk=booking))
    for place in session.places.select_related("person"):
        actions.check_in(session, place.person)
        actions.report_green_room(session, place.person, GOOD)
    return {"session": str(session.pk)}


def choices(take: str) -> dict[str, Any]:
    """What each role chose for a take, and what is private of it."""
    row = Take.objects.get(pk=take)
    found = {p.role: consent.choice_of(p.person, row.pk) for p in row.scene.session.places.all()}
    return {
        "choices": {role: choice.choice if choice else "" for role, choice in found.items()},
        "private": [[s.start, s.end] for s in consent.private_spans(row.pk)],
    }


def ledger(booking: str) -> dict[str, Any]:
    """What was earned, and whether the ledger adds up."""
    people = [Person.objects.get(email=email) for email in PERFORMERS.values()]
    return {
        "state": Booking.objects.get(pk=booking).state,
        "earned": [[m.minor for m in pay.earned(person)] for person in people],
        "residual": pay.residual(Program.objects.get(name="Whole")),
        "lines": [
            [[line.rule, line.amount.minor, line.seconds] for line in pay.statement(person)]
            for person in people
        ],
    }


VERBS = {
    verb.__name__: verb for verb in (seed, room, empty_cue, through_the_green_room, choices, ledger)
}


def main() -> None:
    """Answer until the pipe closes."""
    for line in sys.stdin:
        verb, *words = json.loads(line)
        print("=" + json.dumps(VERBS[verb](*words)), flush=True)


if __name__ == "__main__":
    main()
