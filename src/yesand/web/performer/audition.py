"""One audition piece: recorded by the stage's recorder, handed in, paid whatever is decided."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yesand.capture import actions as capture
from yesand.casting import actions, reads
from yesand.casting.models import Application
from yesand.kit.errors import Refused, refuse
from yesand.kit.money import Money
from yesand.recording import actions as recording
from yesand.recording.reads import room_for_takes
from yesand.web.access import person_of
from yesand.web.api.bodies import read_body, scripts
from yesand.web.errors import dead_end
from yesand.web.performer.apply import own_application
from yesand.web.performer.room_boot import texts

KINDS = ("mic", "cam", "events")


def _boot(application: Application, piece: int) -> dict[str, Any]:
    """The boot block of browser/README.md, *Audition*."""
    program = application.call.program
    return {
        "streams_url": reverse(
            "performer:audition_streams", kwargs={"application": application.pk, "piece": piece}
        ),
        "encoding": "s24",
        "keep_minutes": 0,
        "camera": {
            "width": program.video_width,
            "height": program.video_height,
            "frame_rate": program.video_fps,
            "bits_per_second": 900_000,
        },
    }


@login_required
@require_safe
def audition(request: HttpRequest, application: uuid.UUID, piece: int) -> HttpResponse:
    """The page of one piece; the microphone is only asked for when Record is pressed."""
    row = own_application(request, application)
    if row.state != "applied":
        return redirect("performer:application", application=row.pk)
    if not 1 <= piece <= len(row.call.pieces):
        raise Http404
    fee = Money(row.call.program.audition_minor, row.call.program.currency)
    if not room_for_takes():
        return dead_end(
            request,
            title=_("We cannot record just now"),
            why=_("Our disk is nearly full, and we never begin what we could lose."),
            next_says=_("Somebody was told. Come back in an hour; your application stands."),
            pays=_("The audition pays %(fee)s, as promised.") % {"fee": fee},
            links=[("/me", _("My home"))],
            status=503,
        )
    opened = actions.open_audition(row, piece)
    pieces = reads.pieces_of(row)
    return render(
        request,
        "performer/audition.html",
        {
            "application": row,
            "program": row.call.program,
            "piece": pieces[piece - 1],
            "audition": opened,
            "pieces": pieces,
            "next": piece + 1 if piece < len(pieces) else None,
            "fee": fee,
            "boot": _boot(row, piece),
            "texts": texts(),
        },
    )


@scripts
@require_POST
def streams(request: HttpRequest, application: uuid.UUID, piece: int) -> HttpResponse:
    """One stream of one piece, for the recorder of the page (browser/README.md, *Streams*)."""
    row = own_application(request, application)
    body = read_body(request)
    reason, kind = str(body.get("reason", "start")), str(body.get("kind", ""))
    person = person_of(request)
    if reason in {"renew", "suspect"}:
        stream = _id(body, "stream")
        again = capture.renew_stream if reason == "renew" else capture.replace_stream
        return JsonResponse(again(person, stream))
    if kind not in KINDS:
        raise refuse("unknown_kind", _("An audition records mic, cam and events."), "kind")
    opened = actions.open_audition(row, piece)
    if _id(body, "take") != opened.pk:
        raise refuse("not_yours", _("That is not this piece."), "take")
    owner = opened.recording or recording.open_recording(
        row.call.program, person, "audition", opened.pk
    )
    return JsonResponse(capture.open_other(owner, kind, reason))


def _id(body: dict[str, Any], key: str) -> uuid.UUID:
    try:
        return uuid.UUID(str(body.get(key, "")))
    except ValueError:
        raise refuse("bad_id", _("That is no id."), key) from None


@login_required
@require_POST
def hand_in(request: HttpRequest, application: uuid.UUID) -> HttpResponse:
    """Both pieces are here: pay them and let a person listen."""
    row = own_application(request, application)
    try:
        actions.hand_in(row)
    except Refused as refused:
        messages.warning(request, refused.problems[0].says)
    return redirect("performer:application", application=row.pk)
