"""Queries about calls, applications, auditions and the roster."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone

from yesand.casting.models import Application, Audition, Call, RosterPlace
from yesand.commission.models import Commission
from yesand.people.models import Person, Program
from yesand.recording.models import Stream


def roster(program: Program) -> list[RosterPlace]:
    """Everybody cast for a program and not gone, with their person, by date."""
    places = RosterPlace.objects.filter(program=program, left_at=None)
    return list(places.select_related("person").order_by("joined_at", "id"))


def split_pool(program: Program, person: Person) -> str | None:
    """train, dev or test; None for somebody who was never cast."""
    place = RosterPlace.objects.filter(program=program, person=person).first()
    return place.split_pool if place else None


def free(program: Program, languages: Collection[str] | None = None) -> list[Person]:
    """Performers on the roster who have proven their age and play in one of the languages."""
    return [
        place.person
        for place in roster(program)
        if place.person.adult_verified_at is not None
        and (languages is None or set(languages) & set(place.person.languages))
    ]


def free_by_language(program: Program) -> dict[str, int]:
    """Those performers counted in each language they play; one may count in several."""
    counts: Counter[str] = Counter()
    for person in free(program):
        counts.update(set(person.languages))
    return dict(counts)


def is_open(call: Call, now: dt.datetime | None = None) -> bool:
    """Whether anybody may still apply."""
    now = now or timezone.now()
    if call.withdrawn_at is not None or call.program.closed_at is not None:
        return False
    return call.closes_at is None or now < call.closes_at


def heavy_asked(commission: Commission) -> bool:
    """Whether a call for this order, or for any of its program, says heavy scenes may be offered.

    A call that closed still said it; one that was withdrawn no longer does.
    """
    calls = Call.objects.filter(program=commission.program, heavy=True, withdrawn_at=None)
    return calls.filter(Q(commission=commission) | Q(commission=None)).exists()


def open_calls(program: Program | None = None, now: dt.datetime | None = None) -> list[Call]:
    """Calls that take applications, newest first; of every program where none is named."""
    now = now or timezone.now()
    calls = Call.objects.filter(withdrawn_at=None, program__closed_at=None)
    calls = calls.filter(Q(closes_at=None) | Q(closes_at__gt=now))
    if program is not None:
        calls = calls.filter(program=program)
    return list(calls.select_related("program__client", "commission").order_by("-opens_at"))


def calls_of(program: Program) -> list[Call]:
    """Every call of a program with `applied` and `waiting` counted, newest first."""
    calls = Call.objects.filter(program=program).select_related("program", "commission")
    counted = calls.annotate(
        applied=Count("applications"),
        waiting=Count("applications", filter=Q(applications__state="recorded")),
    )
    return list(counted.order_by("-opens_at"))


def call_by_slug(slug: str) -> Call | None:
    found = Call.objects.select_related("program__client", "commission").filter(slug=slug)
    return found.first()


def application_of(call: Call, person: Person) -> Application | None:
    return Application.objects.filter(call=call, person=person).select_related("call").first()


def applications_of(person: Person) -> list[Application]:
    """A performer's applications, newest first."""
    rows = Application.objects.filter(person=person).select_related("call__program__client")
    return list(rows.order_by("-applied_at"))


def waiting(program: Program) -> list[Application]:
    """Auditions handed in and not decided, the longest waiting first."""
    rows = Application.objects.filter(call__program=program, state="recorded")
    return list(rows.select_related("call", "person").order_by("applied_at", "id"))


def decided(program: Program, limit: int = 20) -> list[Application]:
    """The latest decisions, newest first."""
    rows = Application.objects.filter(call__program=program, state__in=["accepted", "declined"])
    return list(rows.select_related("call", "person").order_by("-decided_at")[:limit])


@dataclass(frozen=True)
class PieceState:
    """One piece of an application: what was asked and what has arrived.

    number: from 1. state: open, sending or sent. mic, cam: the newest sealed streams.
    """

    number: int
    title: str
    ask: str
    seconds: int
    audition: Audition | None
    state: str
    mic: Stream | None
    cam: Stream | None


def pieces_of(application: Application) -> list[PieceState]:
    """Both pieces in order. A piece counts as sent once its sound is sealed."""
    opened = {audition.piece: audition for audition in application.auditions.all()}
    states = []
    for number, piece in enumerate(application.call.pieces, start=1):
        audition = opened.get(number)
        mic, cam, coming = None, None, False
        if audition is not None and audition.recording_id is not None:
            streams = Stream.objects.filter(recording=audition.recording_id)
            mic = _newest(streams.filter(kind="mic"))
            cam = _newest(streams.filter(kind="cam"))
            coming = streams.filter(sealed_at=None).exists()
        states.append(
            PieceState(
                number=number,
                title=piece["title"],
                ask=piece["ask"],
                seconds=piece["seconds"],
                audition=audition,
                state="sent" if mic else "sending" if coming else "open",
                mic=mic,
                cam=cam,
            )
        )
    return states


def _newest(streams: object) -> Stream | None:
    whole = streams.filter(sealed_at__isnull=False, state__in=["complete", "partial"], length__gt=0)  # type: ignore[attr-defined]
    found: Stream | None = whole.order_by("-opened_at", "-pk").first()
    return found
