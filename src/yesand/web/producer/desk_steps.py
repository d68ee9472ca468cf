"""What the desk can do for a room besides talking: ask both to stay, find somebody else."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yesand.kit.errors import Refused
from yesand.matching import instead
from yesand.people.models import Person
from yesand.stage import actions, reads
from yesand.stage.models import Place, Session
from yesand.web.access import person_of
from yesand.web.producer.live_rooms import Tile, room_of


@dataclass(frozen=True)
class Anew:
    """Who waits for a partner that is not there, and who could play instead."""

    waiting: Place
    missing: Place
    starts_at: datetime
    minutes: int
    people: list[Person]


def anew_of(tile: Tile) -> Anew | None:
    """The choice of somebody else, where one player is there and the other is not."""
    if tile.take is not None:
        return None
    places = reads.places(tile.session)
    there = {seat.role: seat.connected for seat in tile.seats}
    missing = [
        place
        for role, place in places.items()
        if place.left_at is not None or (not there[role] and tile.grave > 0)
    ]
    if len(missing) != 1:
        return None
    waiting = places["b" if missing[0].role == "a" else "a"]
    starts_at = instead.next_start(timezone.now())
    people = instead.free_for(tile.session.booking, waiting.person, starts_at)
    return Anew(waiting, missing[0], starts_at, instead.MINUTES, people)


def may_ask_to_stay(session: Session) -> bool:
    """Whether asking both to stay longer still means something."""
    playing = session.state in ("playing", "notes", "break")
    return playing and not reads.invited(session) and not reads.stay_closed(session)


@login_required
@require_POST
def stay(request: HttpRequest, slug: str, session: uuid.UUID) -> HttpResponse:
    """Ask both to stay a little after their time; each answers alone."""
    row = room_of(request, slug, session)
    try:
        actions.invite(row, person_of(request).alias or _("Director"))
        messages.success(request, _("Both are asked. Nobody is told who says no."))
    except Refused as refusal:
        messages.error(request, refusal.problems[0].says)
    return redirect("producer:room", slug=slug, session=session)


@login_required
@require_POST
def pair_anew(request: HttpRequest, slug: str, session: uuid.UUID) -> HttpResponse:
    """Offer who waits and somebody else the next quarter hour; this booking is paid in full."""
    row = room_of(request, slug, session)
    back = redirect("producer:room", slug=slug, session=session)
    waiting = reads.places(row).get(request.POST.get("role", ""))
    other = _person(request.POST.get("other", ""))
    if waiting is None or other is None:
        messages.error(request, _("Choose who plays instead."))
        return back
    try:
        with transaction.atomic():
            made = instead.book_instead(row.booking, waiting.person, other)
            actions.end_session(row)
    except Refused as refusal:
        messages.error(request, refusal.problems[0].says)
        return back
    messages.success(
        request,
        _("%(a)s and %(b)s are asked for %(at)s. This booking is paid in full.")
        % {
            "a": waiting.alias,
            "b": other.alias or _("the other"),
            "at": timezone.localtime(made.starts_at).strftime("%H:%M"),
        },
    )
    return redirect("producer:live", slug=slug)


def _person(text: str) -> Person | None:
    try:
        return Person.objects.filter(pk=uuid.UUID(text)).first()
    except ValueError:
        return None
