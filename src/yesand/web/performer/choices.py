"""What a performer decides about one take: keep, hold, strike, private, bystander, use, withdraw.

Each is a plain form post. An htmx post answers with the take's card drawn anew, a plain one goes
back to the page it came from.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yesand.cases import actions as cases
from yesand.consent import actions as consent
from yesand.consent import rules
from yesand.kit.errors import Refused, refuse
from yesand.web.access import own_take, person_of
from yesand.web.errors import status_of
from yesand.web.performer import own_takes
from yesand.web.performer.own_takes import OwnTake, clock
from yesand.web.sent import whole


def own_of(request: HttpRequest, take: uuid.UUID) -> OwnTake:
    row, _role = own_take(request, take)
    found = own_takes.one(person_of(request), row)
    assert found is not None
    return found


def _back(request: HttpRequest, own: OwnTake) -> str:
    to = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(to, {request.get_host()}, request.is_secure())
    if ours and to.startswith("/"):  # a bare word would be looked up as a page's name
        return to
    return f"/me/takes/{own.take.pk}"


def _card(request: HttpRequest, own: OwnTake) -> dict[str, Any]:
    """What a card drawn anew shows; for the exit page also the count of all its takes."""
    back, session = _back(request, own), own.take.scene.session_id
    tally = ""
    if back == f"/room/{session}/exit":
        tally = own_takes.tally(own_takes.of_session(own.person, session))
    return {"own": own, "next": back, "tally": tally}


View = Callable[[HttpRequest, uuid.UUID], HttpResponse]


def deciding(view: View) -> View:
    """A post about one's own take. What cannot be is said inside the take's card."""

    @login_required
    @require_POST
    @wraps(view)
    def inner(request: HttpRequest, take: uuid.UUID) -> HttpResponse:
        try:
            return view(request, take)
        except Refused as error:
            own = own_of(request, take)
            if getattr(request, "htmx", False):
                return render(
                    request,
                    "performer/_chosen.html",
                    _card(request, own) | {"problems": error.problems},
                    status=status_of(error.code),
                )
            messages.error(request, error.problems[0].says)
            return redirect(_back(request, own) + f"#take-{take}")

    return inner


def answer(request: HttpRequest, own: OwnTake, says: str = "") -> HttpResponse:
    fresh = own_of(request, own.take.pk)
    if getattr(request, "htmx", False):
        return render(request, "performer/_chosen.html", _card(request, fresh) | {"open": says})
    if says:
        messages.success(request, says)
    return redirect(_back(request, own) + f"#take-{own.take.pk}")


@deciding
def choose(request: HttpRequest, take: uuid.UUID) -> HttpResponse:
    """Keep, hold or strike."""
    own = own_of(request, take)
    choice = request.POST.get("choice", "")
    if choice == "keep" and own.bystander:
        raise refuse(
            "take_held",
            _("You said somebody else is in it. A person listens first; or undo that."),
            "choice",
        )
    if own.withdrawn:
        raise refuse("take_closed", _("You withdrew this take. It stays out."), "choice")
    consent.choose(own.person, own.program, own.take.pk, choice)
    return answer(request, own)


SPAN_TIME = re.compile(r"\A(?:(\d{1,3}):)?(\d{1,5}(?:\.\d{1,3})?)\Z")


def seconds_from(text: str, where: str) -> float:
    """Seconds from 151.2 or 2:31; raises Refused naming the field."""
    match = SPAN_TIME.match(text.strip())
    if match is None:
        raise refuse("bad_span", _("Write a time like 2:31, or seconds."), where)
    return 60 * int(match.group(1) or 0) + float(match.group(2))


@deciding
def private(request: HttpRequest, take: uuid.UUID) -> HttpResponse:
    """Mark a span private (start, end), or put one back (back: its number)."""
    own = own_of(request, take)
    spans = [list(span) for span in own.spans]
    back = request.POST.get("back", "")
    if back:
        number = whole(back)
        if number is None or number >= len(spans):
            raise refuse("unknown_span", _("This span is not marked any more."), "back")
        del spans[number]
    else:
        start = seconds_from(request.POST.get("start", ""), "start")
        end = seconds_from(request.POST.get("end", ""), "end")
        if not 0 <= start < end or start >= own.seconds:
            raise refuse(
                "bad_span",
                _("A span starts before it ends, inside the take (0:00 to %(length)s).")
                % {"length": clock(own.seconds)},
                "end",
            )
        spans.append([start, min(end, own.seconds)])
    consent.mark_private(own.person, own.program, own.take.pk, spans)
    return answer(request, own)


@deciding
def bystander(request: HttpRequest, take: uuid.UUID) -> HttpResponse:
    """Someone else is in it: the take is held until a person has listened; or undo that."""
    own = own_of(request, take)
    if request.POST.get("undo"):
        if own.bystander:
            cases.take_back(own.bystander, own.person)
        return answer(request, own)
    if not own.bystander:
        at = request.POST.get("at", "").strip()
        where = clock(seconds_from(at, "at")) if at else ""
        said = (
            f"A player says that somebody else is in this take, from {where}."
            if where
            else "A player says that somebody else is in this take."
        )
        cases.open_case(own.program, "finding", "take", own.take.pk, own.person, said)
        if own.picked in ("", "keep"):
            consent.choose(own.person, own.program, own.take.pk, "hold")
    return answer(request, own)


@deciding
def use(request: HttpRequest, take: uuid.UUID) -> HttpResponse:
    """Switch one signed purpose off for this take, or on again."""
    own = own_of(request, take)
    purpose = request.POST.get("purpose", "")
    signed = {use.purpose: use for use in own.uses()}
    if purpose not in signed:
        raise refuse(
            "not_signed", _("You have not signed this use, so it is off already."), "purpose"
        )
    wanted = request.POST.get("on") == "1"
    if wanted != signed[purpose].on:
        if wanted:
            consent.grant(own.person, own.program, purpose, take=own.take.pk)
        else:
            consent.withdraw(own.person, own.program, purpose, take=own.take.pk)
    return answer(request, own, says=_("Saved."))


@deciding
def withdraw(request: HttpRequest, take: uuid.UUID) -> HttpResponse:
    """The second of the two clicks: take everything back for this take."""
    own = own_of(request, take)
    if not own.withdrawn:
        consent.withdraw(own.person, own.program, rules.ALL, take=own.take.pk)
    return answer(
        request,
        own,
        says=_("Withdrawn. We take it out of releases and tell every lab. You keep the money."),
    )
