"""My takes: the list, one take with where it went, and the exit page of a session."""

from __future__ import annotations

import uuid
from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from yesand.consent import reads as consent
from yesand.kit.money import Money, for_seconds
from yesand.labels import reads as labels
from yesand.matching import blocking
from yesand.matching.models import Seat
from yesand.pay import payout
from yesand.stage import actions as stage_actions
from yesand.stage import reads as stage
from yesand.stage.access import place_of
from yesand.web.access import own_take, person_of
from yesand.web.api.timeline import with_media
from yesand.web.performer import own_takes
from yesand.web.performer.own_takes import OwnTake
from yesand.web.performer.safety import report_form
from yesand.web.performer.went import went
from yesand.web.producer.money import pay_day

#: Takes on one page: about four sessions.
A_PAGE = 20


@login_required
def takes(request: HttpRequest) -> HttpResponse:
    """Every take of the person, one group a session, newest first, a few sessions a page."""
    person = person_of(request)
    page = Paginator(own_takes.takes_of(person), A_PAGE).get_page(request.GET.get("page"))
    found = own_takes.described(person, page.object_list)
    groups = [
        list(group) for _key, group in groupby(found, key=lambda own: own.take.scene.session_id)
    ]
    waiting = [own for own in found if own.tag[0] == "warn" and not own.withdrawn]
    return render(
        request,
        "performer/takes.html",
        {"groups": groups, "waiting": len(waiting), "next": request.path, "page": page},
    )


@login_required
def take(request: HttpRequest, take: uuid.UUID) -> HttpResponse:
    """One take: its strip, its uses, where it went, and the way out."""
    row, _role = own_take(request, take)
    own = own_takes.one(person_of(request), row)
    assert own is not None
    return render(
        request,
        "performer/take.html",
        {"own": own, "went": went(own), "next": request.path, "timeline": both_lanes(own)},
    )


def both_lanes(own: OwnTake) -> dict[str, Any] | None:
    """Both lanes in step for one of the players, or None before there is sound.

    Without findings (they are the desk's) and without what was offered to the partner.
    """
    if own.strip is None:
        return None
    whole = with_media(own.person, own.take, "exit_page")
    whole["findings"] = []
    whole["cues"] = [cue for cue in whole["cues"] if cue["role"] == own.role]
    whole["outs"] = [[span.start, span.end] for span in consent.private_spans(own.take.pk)]
    return whole


def _heading(found: list[OwnTake]) -> str:
    words = [_("One"), _("Two"), _("Three"), _("Four"), _("Five"), _("Six"), _("Seven"), _("Eight")]
    count = words[len(found) - 1] if len(found) <= len(words) else str(len(found))
    return ngettext(
        "%(count)s take with %(name)s. You decide.",
        "%(count)s takes with %(name)s. You decide.",
        len(found),
    ) % {"count": count, "name": found[0].partner}


@login_required
@require_http_methods(["GET", "POST"])
def exit_page(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """The last page of a session. `Done for today` closes this performer's place in it."""
    room = stage.session(session)
    person = person_of(request)
    place = place_of(person, room) if room else None
    if room is None or place is None:
        raise Http404
    if request.method == "POST":
        if room.state != "ended" and place.left_at is None:
            stage_actions.leave(room, person, "done")
        return redirect("/me")
    if stage.open_take(room.pk) is not None and place.left_at is None:
        return redirect(f"/room/{room.pk}")
    seat = Seat.objects.filter(booking=room.booking_id, person=person).select_related("rate")
    rate = seat.get().rate
    paid = for_seconds(Money(rate.hour_minor, rate.currency), room.booking.minutes * 60)
    found = own_takes.of_session(person, room.pk)
    partner = stage.partner_of(place)
    return render(
        request,
        "performer/exit.html",
        {
            "session": room,
            "takes": found,
            "heading": _heading(found) if found else _("No take was recorded."),
            "tally": own_takes.tally(found),
            "notes_done": labels.noted_takes(person, room.pk),
            "partner": partner.alias,
            "may_block": blocking.may_block(person, partner.person),
            "paid": paid,
            "pay_day": pay_day(room.booking.starts_at.date()),
            "account": payout.masked_account(person),
            "next": request.path,
            **report_form(room, [own.take for own in found], request.path),
        },
    )
