"""The takes of a program, and the page of one: two lanes in step, findings, verdict, decision.

Decided on physical and completeness grounds alone; nothing here has read a rating. Both players
are paid the same whatever is decided.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yesand.capture import reads as capture
from yesand.commission import actions as commission
from yesand.commission import reads as commissions
from yesand.consent import reads as consent
from yesand.kit.errors import Refused
from yesand.people.models import Program
from yesand.post import reads as post
from yesand.post.models import Finding, Processing
from yesand.stage import reads as stage
from yesand.stage.models import Take
from yesand.web.access import person_of, program_for
from yesand.web.api.timeline import films_of, with_media
from yesand.web.producer.take_words import (
    clock_words,
    finding_words,
    heading,
    minutes_seconds,
    state_of,
    why_words,
)

A_PAGE = 30


@login_required
@require_safe
def takes(request: HttpRequest, slug: str) -> HttpResponse:
    """Newest first, or only those that wait for a person."""
    program = program_for(request, slug, "producer")
    rows = stage.takes_in(program)
    wanted = request.GET.get("show", "")
    if wanted == "review":
        rows = rows.filter(pk__in=to_review(program))
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    listed = [_row(take) for take in page]
    return render(
        request,
        "producer/takes.html",
        {
            "program": program,
            "takes": listed,
            "page": page,
            "show": wanted,
            "review": len(to_review(program)),
        },
    )


def to_review(program: Program) -> list[uuid.UUID]:
    """Takes whose verdict asks for a person and nobody has decided, the oldest first."""
    rows = Processing.objects.filter(
        take__scene__session__program=program, verdict__in=("review", "retake")
    ).order_by("take__opened_at")
    found = list(rows.values_list("take_id", flat=True))
    open_ = commissions.undecided(found)
    return [take for take in found if take in open_]


def _row(take: Take) -> dict[str, Any]:
    row = post.processing_of(take.pk)
    places = stage.places(take.scene.session)
    return {
        "take": take,
        "title": heading(take),
        "names": f"{places['a'].alias}, {places['b'].alias}",
        "at": datetime.fromtimestamp(take.opened_at, tz=UTC),
        "seconds": minutes_seconds(stage.seconds_of(take)),
        "state": state_of(take, row, commissions.decision(take.pk)),
    }


def _take(request: HttpRequest, slug: str, take: uuid.UUID) -> tuple[Program, Take]:
    program = program_for(request, slug, "producer")
    row = stage.take(take)
    if row is None or row.scene.session.program_id != program.pk or row.state == "void":
        raise Http404
    return program, row


@login_required
@require_http_methods(["GET", "POST"])
def take(request: HttpRequest, slug: str, take: uuid.UUID) -> HttpResponse:
    """See and hear one take; POST decides it with a reason that both players read."""
    program, row = _take(request, slug, take)
    if request.method == "POST":
        return _decide(request, program, row)
    done = post.processing_of(row.pk)
    places = stage.places(row.scene.session)
    found = post.findings(row.pk)
    standing = commissions.decision(row.pk)
    choices = {r: consent.choice_of(p.person, row.pk) for r, p in places.items()}
    waiting = to_review(program)
    return render(
        request,
        "producer/take.html",
        {
            "program": program,
            "take": row,
            "title": heading(row),
            "at": datetime.fromtimestamp(row.opened_at, tz=UTC),
            "length": minutes_seconds(stage.seconds_of(row)),
            "places": places,
            "kept": sum(c is not None and c.choice == "keep" for c in choices.values()),
            "processing": done,
            "state": state_of(row, done, standing),
            "timeline": with_media(person_of(request), row, "review"),
            "films": films_of(person_of(request), row, "review"),
            "findings": list(_findings(found, done, places)),
            "reasons": why_words(done, places) if done is not None else [],
            "cues": _cues(row, places),
            "clock": clock_words(done, places),
            "gaps": capture.gaps(row.pk),
            "streams": capture.states(row),
            "seal": capture.seal_of(row.pk),
            "standing": standing,
            "waiting": len(waiting),
            "after": _after(waiting, row.pk),
        },
    )


def _findings(
    found: list[Finding], done: Processing | None, places: dict[str, Any]
) -> Iterable[dict[str, Any]]:
    for number, one in enumerate(found, start=1):
        yield {
            "number": number,
            "needs_you": done is not None and post.needs_person(one, done),
            "who": places[one.role].alias if one.role in places else _("Both"),
            "says": finding_words(one),
            "from": minutes_seconds(one.start, 1),
            "to": minutes_seconds(one.end, 1),
            "start": round(one.start, 3),
            "end": round(one.end, 3),
        }


def _cues(take: Take, places: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "at": minutes_seconds(cue.displayed_at - take.opened_at, 1),
            "seconds": round(cue.displayed_at - take.opened_at, 2),
            "to": places[cue.role].alias,
            "action": cue.action,
            "empty": cue.empty,
            "pulled": cue.pulled,
            "became": post.answer_words(cue),
        }
        for cue in stage.cues_of(take)
        if cue.displayed_at is not None
    ]


def _after(waiting: list[uuid.UUID], this: uuid.UUID) -> uuid.UUID | None:
    """The next take to review, after this one."""
    others = [take for take in waiting if take != this]
    return others[0] if others else None


def _decide(request: HttpRequest, program: Program, take: Take) -> HttpResponse:
    decision, reason = request.POST.get("decision", ""), request.POST.get("reason", "")
    order, person = take.scene.session.commission, person_of(request)
    try:
        if decision == "accept":
            commission.accept(take.pk, order, person, reason or _("Heard and found whole."))
            messages.success(request, _("Accepted. Both players see it."))
        elif decision == "reject":
            commission.reject(take.pk, order, person, reason)
            messages.success(request, _("Kept out. Both players read your reason; pay stands."))
        else:
            messages.error(request, _("Accept it, or keep it out with a reason."))
    except Refused as refusal:
        messages.error(request, refusal.problems[0].says)
    return redirect("producer:take", slug=program.slug, take=take.pk)
