"""The room's pages: green room, warm-up, stage; and every way in which it is closed, with words."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from yesand.commission.models import Prompt
from yesand.kit.errors import Refused
from yesand.kit.money import Money, for_seconds
from yesand.labels import reads as labels
from yesand.stage import actions, reads
from yesand.stage.access import place_of
from yesand.stage.models import Place, Session
from yesand.web.access import person_of
from yesand.web.errors import dead_end
from yesand.web.performer.closed import closed_page
from yesand.web.performer.room_boot import stage_boot, texts


def _room(session: uuid.UUID) -> Session:
    row = reads.session(session)
    if row is None:
        raise Http404
    return row


def _enter(request: HttpRequest, session: uuid.UUID) -> tuple[Session, Place] | HttpResponse:
    """The session and the person's own place; or the page that says why not."""
    row = _room(session)
    place = place_of(person_of(request), row)
    if place is None:
        return dead_end(
            request,
            title=_("This room belongs to two other people"),
            why=_("A room opens only for the two performers of its booking."),
            next_says=_("Your own bookings are on your home page."),
            pays=_("Nothing is owed or taken for opening a link."),
            links=[("/me", _("My home"))],
            status=404,
        )
    code = reads.why_not(row, place)
    if code:
        return closed_page(request, code, row, place)
    return row, place


def worth(place: Place) -> Money:
    """What the booking pays this performer, locked."""
    seat = place.session.booking.seats.select_related("rate").get(role=place.role)
    hour = Money(seat.rate.hour_minor, seat.rate.currency)
    return for_seconds(hour, place.session.booking.minutes * 60)


@login_required
@never_cache
def check(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """The green room. Coming here checks the performer in: pay runs from now at the latest."""
    found = _enter(request, session)
    if isinstance(found, HttpResponse):
        return found
    row, place = found
    actions.check_in(row, person_of(request))
    partner = reads.partner_of(place)
    return render(
        request,
        "room/check.html",
        {
            "session": row,
            "place": place,
            "partner": partner,
            "robot": partner.person.player_kind != "human",
            "worth": worth(place),
            "now": timezone.now(),
            "boot": {
                "session": str(row.pk),
                "subject": str(row.pk),
                "role": place.role,
                "streams_url": f"/api/room/{row.pk}/check-streams",
                "report_url": f"/api/room/{row.pk}/green-room",
                "socket_url": f"/ws/room/{row.pk}",
                "door_url": settings.DOOR_URL + "/uploads",
                "min_uplink": 300_000,
                "min_storage": 400_000_000,
                "encoding": "s24",
                "leak_limit_db": row.program.leak_limit_db,
            },
            "texts": texts(),
        },
    )


@login_required
@never_cache
def warm_up(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """The warm-up is a state of the stage page; this address leads there."""
    found = _enter(request, session)
    if isinstance(found, HttpResponse):
        return found
    return redirect("performer:stage", session=session)


@login_required
@never_cache
def stage(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """Warm-up and stage. Sends to the green room first, and to open notes after a scene."""
    found = _enter(request, session)
    if isinstance(found, HttpResponse):
        return found
    row, place = found
    if place.ready_at is None:
        return redirect("performer:check", session=session)
    person = person_of(request)
    for take in reads.takes_of(row):
        if take.state == "closed" and not labels.notes_done(take, person):
            return redirect("performer:notes", session=session, take=take.pk)
    partner = reads.partner_of(place)
    take = reads.open_take(row.pk)
    cards = [] if take else actions.deal_cards(row)
    chosen = reads.chosen_scene(row)
    scene = take.scene if take else chosen
    return render(
        request,
        "room/stage.html",
        {
            "session": row,
            "place": place,
            "partner": partner,
            "robot": partner.person.player_kind != "human",
            "cards": [_card(p, place.role) for p in cards],
            "chosen": chosen,
            "scene": scene,
            "card": _card(scene.prompt, place.role) if scene and scene.prompt else None,
            "played": len(reads.takes_of(row)),
            "contact": row.program.contact,
            "boot": stage_boot(row, place, partner, take, person),
            "texts": texts(),
        },
    )


def _card(prompt: Prompt, role: str) -> dict[str, Any]:
    """The public part of a card, and this role's private half."""
    body = prompt.body
    mine = body.get("roles", {}).get(role, {})
    first = body.get("first_line")
    if isinstance(first, dict):
        first = first.get("text") if first.get("role") == role else None
    target = body.get("target_line") or {}
    return {
        "id": str(prompt.pk),
        "title": prompt.title,
        "premise": body.get("premise", ""),
        "alias": mine.get("alias", ""),
        "want": mine.get("want", ""),
        "secret": mine.get("secret", ""),
        "soft_spot": mine.get("soft_spot", ""),
        "way_of_speaking": mine.get("way_of_speaking", ""),
        "first_line": first or "",
        "target_line": target.get("text", "") if target.get("role") == role else "",
        "lines": body.get("lines", []),
        "game": body.get("game", ""),
    }


@login_required
@require_POST
def swap(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """Put one card back. Nobody is told who asked, or why."""
    found = _enter(request, session)
    if isinstance(found, HttpResponse):
        return found
    row, _place = found
    prompt = get_object_or_404(Prompt, pk=request.POST.get("prompt"))
    try:
        actions.swap_card(row, prompt, request.POST.get("why", ""))
    except Refused as e:
        messages.error(request, str(e))
    return redirect("performer:stage", session=session)


@login_required
@require_POST
def last(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """That was the last scene: ends the session and opens the exit page."""
    row = _room(session)
    if place_of(person_of(request), row) is None:
        raise Http404
    if reads.open_take(row.pk) is not None:
        messages.error(request, _("Finish this scene first."))
        return redirect("performer:stage", session=session)
    actions.end_session(row)
    return redirect(f"/room/{session}/exit")


@login_required
@require_POST
def leave(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """Leave now, told to the server after everything local has stopped."""
    row = _room(session)
    person = person_of(request)
    if place_of(person, row) is None:
        raise Http404
    actions.leave(row, person, request.POST.get("reason", ""))
    return redirect("performer:left", session=session)


@login_required
def left(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """You are out. What it pays, and a human to talk to."""
    row = _room(session)
    place = place_of(person_of(request), row)
    if place is None:
        raise Http404
    return closed_page(request, "left", row, place)


@login_required
def resume(request: HttpRequest) -> HttpResponse:
    """Finishes what this browser still has to send, without any room."""
    return render(request, "room/resume.html", {"texts": texts()})
