"""The room's pages: green room, warm-up, stage, and the way out. The table: `room_table`."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from yesand.labels import reads as labels
from yesand.recording.models import Stream
from yesand.stage import actions, reads
from yesand.web.access import person_of
from yesand.web.performer.closed import STUCK, closed_page, stuck_page
from yesand.web.performer.room_boot import check_boot, stage_boot, texts
from yesand.web.performer.room_entry import Entered, enter, find, on_a_phone, worth
from yesand.web.performer.room_table import BEFORE, drawn
from yesand.web.performer.safety import after_leaving


def _page(found: Entered) -> dict[str, Any]:
    """What every page of the room shows: the partner, and what the booking pays."""
    partner = reads.partner_of(found.place)
    return {
        "session": found.session,
        "place": found.place,
        "partner": partner,
        "robot": partner.person.player_kind != "human",
        "worth": worth(found.place),
        "contact": found.session.program.contact,
        "texts": texts(),
    }


@login_required
@never_cache
@require_safe
def check(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """The green room. Coming here checks the performer in: pay runs from now at the latest."""
    found = enter(request, session)
    if isinstance(found, HttpResponse):
        return found
    actions.check_in(found.session, found.person)
    found.place.refresh_from_db()
    if phone := on_a_phone(request, found):
        return phone
    starts = found.session.booking.starts_at
    return render(
        request,
        "room/check.html",
        {
            **_page(found),
            "now": timezone.now(),
            "warm_up_at": starts + timedelta(minutes=5),
            "pay_since": min(starts, found.place.checked_in_at or starts),
            "boot": check_boot(found.session, found.place),
        },
    )


def _over(request: HttpRequest, session: uuid.UUID) -> HttpResponse | None:
    """Who was in the room when the session ended goes on to the exit page.

    Whoever opens the link later reads that the slot is used up.
    """
    row = reads.session(session)
    if row is None or row.state != "ended" or "X-Room-Refresh" not in request.headers:
        return None
    return redirect("performer:exit", session=session)


def _ready(request: HttpRequest, session: uuid.UUID) -> Entered | HttpResponse:
    """Who has passed the green room; else where to go instead."""
    if over := _over(request, session):
        return over
    found = enter(request, session)
    if isinstance(found, Entered) and found.place.ready_at is None:
        return redirect("performer:check", session=session)
    return found


@login_required
@never_cache
@require_safe
def warm_up(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """Names, and one small true thing. The lamp is off; nothing is recorded."""
    found = _ready(request, session)
    if isinstance(found, HttpResponse):
        return found
    if found.session.state not in BEFORE:
        return redirect("performer:stage", session=session)
    return _stage(request, found)


@login_required
@never_cache
@require_safe
def stage(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """The stage. Sends to the green room or the warm-up first, and to open notes after a scene."""
    found = _ready(request, session)
    if isinstance(found, HttpResponse):
        return found
    if found.session.state in BEFORE:
        return redirect("performer:warm_up", session=session)
    for take in reads.takes_of(found.session):
        if take.state == "closed" and not labels.notes_done(take, found.person):
            return redirect("performer:notes", session=session, take=take.pk)
    return _stage(request, found)


def _stage(request: HttpRequest, found: Entered) -> HttpResponse:
    take = reads.open_take(found.session.pk)
    page = _page(found)
    rehearsal = found.person.email.endswith("@rehearsal.example")
    return render(
        request,
        "room/stage.html",
        {
            **page,
            **drawn(found),
            "boot": stage_boot(found.session, found.place, page["partner"], take, rehearsal),
            "notes_done": labels.noted_takes(found.person, found.session.pk),
        },
    )


@login_required
@never_cache
@require_safe
def table(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """The table as a fragment, after each message of the room that changes it."""
    found = find(request, session)
    if isinstance(found, HttpResponse):
        return found
    state, warm = found.session.state, request.GET.get("page") == "warm-up"
    if state == "ended" and found.place.left_at is None:
        return _go(reverse("performer:exit", kwargs={"session": session}))
    if warm and state not in BEFORE:
        return _go(reverse("performer:stage", kwargs={"session": session}))
    return render(request, "room/_table.html", drawn(found))


@login_required
@never_cache
@require_safe
def prompt(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """The prompt beside the partner while a scene is played, as a fragment."""
    found = find(request, session)
    if isinstance(found, HttpResponse):
        return found
    return render(request, "room/_prompt.html", drawn(found))


@login_required
@never_cache
@require_safe
def said(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """The newest line of a director to this player, as a fragment; older ones are gone."""
    found = find(request, session)
    if isinstance(found, HttpResponse):
        return found
    message = reads.last_said(found.session, found.place.role)
    return render(request, "room/_said.html", {"message": message})


def _go(where: str) -> HttpResponse:
    """Sends the whole page somewhere, from a fragment."""
    answer = HttpResponse(status=200)
    answer["HX-Redirect"] = where
    return answer


@login_required
@require_POST
def leave(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """Leave now, told to the server after everything local has stopped. Never punished."""
    found = find(request, session)
    if isinstance(found, HttpResponse):
        return found
    actions.leave(found.session, found.person, request.POST.get("reason", ""))
    return redirect("performer:left", session=session)


@login_required
@never_cache
def left(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """You are out: what it pays, a human to talk to, and one line about why, if wanted."""
    found = find(request, session)
    if isinstance(found, HttpResponse):
        return found
    if request.method == "POST":
        actions.leave(found.session, found.person, request.POST.get("reason", ""))
        messages.success(request, _("Thank you. Only the people of this program read it."))
        return redirect("performer:exit", session=session)
    if found.place.left_at is None and found.session.state != "ended":
        return render(request, "room/leaving.html", _page(found))
    if found.place.leave_reason:
        return closed_page(request, "left", found.session, found.place)
    return render(request, "room/left.html", {**_page(found), **after_leaving(request, found)})


@login_required
@never_cache
@require_safe
def stuck(request: HttpRequest, session: uuid.UUID, why: str) -> HttpResponse:
    """A page that cannot play, in words: a second tab, no microphone, no storage, no headphones."""
    found = find(request, session)
    if isinstance(found, HttpResponse):
        return found
    if why not in STUCK:
        raise Http404
    return stuck_page(request, why, found.session, found.place)


@login_required
@never_cache
@require_safe
def resume(request: HttpRequest) -> HttpResponse:
    """Finishes what this browser still has to send, without any room."""
    open_streams = Stream.objects.filter(
        recording__recorder=person_of(request), recording__storage_class="take", sealed_at=None
    )
    return render(
        request,
        "room/resume.html",
        {
            "texts": texts(),
            "waiting": open_streams.count(),
            "place": reads.running_of(person_of(request)),
        },
    )
