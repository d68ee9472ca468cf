"""Something was not right; and not with this partner again. Neither is told to the partner.

A report marks the minute before it was opened, so that a person hears exactly that and no more.
It needs no words. Both forms work without a script; the stage sends the first one with one, so
that the scene goes on unseen behind it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yesand.cases.actions import open_case
from yesand.cases.models import Case
from yesand.kit.errors import Refused
from yesand.matching import blocking
from yesand.matching.models import Block
from yesand.stage import actions as stage
from yesand.stage import reads
from yesand.stage.models import Session, Take
from yesand.web import pace
from yesand.web.access import person_of
from yesand.web.performer.own_takes import moment
from yesand.web.performer.room_entry import Entered, find

#: A report marks so many seconds before it was opened.
MARK_S = 60.0
#: At most so long ago a form can have been opened, seconds.
LONGEST_S = 900.0
#: Whom a report can be about.
ABOUT = ("partner", "desk", "other")


def report_form(session: Session, takes: Sequence[Take], back: str) -> dict[str, Any]:
    """What `room/_report.html` needs. takes: to choose from where there are several."""
    return {
        "session": session,
        "report_takes": list(takes),
        "report_next": back,
        "contact": session.program.contact,
    }


def after_leaving(request: HttpRequest, found: Entered) -> dict[str, Any]:
    """What the page after leaving offers: a report, and never again with this partner."""
    partner = reads.partner_of(found.place).person
    return {
        **report_form(found.session, reads.takes_of(found.session), request.path),
        "may_block": blocking.may_block(found.person, partner),
    }


def marked(take: Take | None, at: float) -> tuple[float, float]:
    """The minute before `at` on the stage clock, inside the take where there is one."""
    if take is None:
        return at - MARK_S, at
    end = max(take.opened_at, min(at, take.closed_at if take.closed_at is not None else at))
    return max(take.opened_at, end - MARK_S), end


def _take(request: HttpRequest, session: Session) -> Take | None:
    """The take that was named, else the one that runs, else the last one of this session."""
    found = reads.takes_of(session)
    named = request.POST.get("take", "")
    if named:
        return next((take for take in found if str(take.pk) == named), None)
    return found[-1] if found else None


def _ago(request: HttpRequest) -> float:
    """Seconds since the form was opened, as the page counted them."""
    try:
        said = float(request.POST.get("ago", "0") or 0)
    except ValueError:
        return 0.0
    return said if 0 <= said <= LONGEST_S else 0.0


@login_required
@require_POST
def report(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """Open a safety case with its minute. Words are optional; nobody in the room is told."""
    found = find(request, session)
    if isinstance(found, HttpResponse):
        return found
    try:
        pace.check(request, "report", 20, 3600)
        case = _open(request, found)
    except Refused as refusal:
        return _answer(request, found, problem=refusal.problems[0].says)
    if request.POST.get("leave"):
        stage.leave(found.session, found.person)
    return _answer(request, found, case=case)


def _open(request: HttpRequest, found: Entered) -> Case:
    about = request.POST.get("about", "partner")
    take = _take(request, found.session)
    partner = reads.partner_of(found.place).person
    program = found.session.program
    says = request.POST.get("says", "").strip()
    if len(says) < 3:
        says = _("Something was not right.") + (f" {says}" if says else "")
    return open_case(
        # What is about the people who answer for the program is the house's to answer.
        None if about == "desk" else program,
        "safety",
        "take" if take is not None else "session",
        take.pk if take is not None else found.session.pk,
        found.person,
        says,
        about=partner if about == "partner" else None,
        marked=marked(take, stage.stage_now() - _ago(request)),
    )


def _answer(
    request: HttpRequest, found: Entered, case: Case | None = None, problem: str = ""
) -> HttpResponse:
    """The sentence for a script; for a plain form the page it came from, with the sentence."""
    says = (
        _("A person has it and answers by %(when)s. Your partner is not told.")
        % {"when": moment(case.due_at)}
        if case is not None
        else problem
    )
    if request.headers.get("X-Report"):
        page = {"says": says, "sent": case is not None, "contact": found.session.program.contact}
        return render(request, "room/_reported.html", page, status=200 if case else 429)
    (messages.success if case is not None else messages.error)(request, says)
    return redirect(_back(request, found))


def _back(request: HttpRequest, found: Entered) -> str:
    if request.POST.get("leave"):
        return f"/room/{found.session.pk}/left"
    to = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(to, {request.get_host()}, request.is_secure())
    if ours and to.startswith("/"):
        return to
    return f"/room/{found.session.pk}/exit"


@login_required
@require_POST
def block(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """Not with this partner again, from now on."""
    found = find(request, session)
    if isinstance(found, HttpResponse):
        return found
    partner = reads.partner_of(found.place)
    blocking.block(found.person, partner.person)
    messages.success(
        request,
        _("You will not be paired with %(name)s again. %(name)s is not told.")
        % {"name": partner.alias},
    )
    return redirect(_back(request, found))


@login_required
@require_POST
def unblock(request: HttpRequest, block: int) -> HttpResponse:
    """Undo one's own block; somebody else's does not exist."""
    person = person_of(request)
    row = get_object_or_404(Block, pk=block, person=person)
    name = row.other.alias
    if not blocking.unblock(person, row.other):
        raise Http404
    messages.success(request, _("%(name)s may be paired with you again.") % {"name": name})
    return redirect("performer:limits")
