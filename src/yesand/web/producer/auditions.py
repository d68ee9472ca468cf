"""The queue of auditions: hear both pieces, decide with a reason the performer reads."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yesand.casting import access, actions, reads
from yesand.casting.models import Application
from yesand.casting.reads import PieceState
from yesand.formats.audio import encode_flac, to_int24
from yesand.formats.blocks import BlockStream, read_stream
from yesand.infra import objects
from yesand.kit.errors import Refused
from yesand.kit.money import Money
from yesand.people.models import Program
from yesand.recording import actions as recording
from yesand.recording.models import Stream
from yesand.web.access import person_of, program_for
from yesand.web.api.media import media_url

PEAKS = 240
"""Bars of the drawn lane."""


def application_for(program: Program, application: uuid.UUID) -> Application:
    """An application to a call of this program; anybody else's does not exist here."""
    rows = Application.objects.select_related("call__program", "person", "decided_by")
    found = rows.filter(pk=application, call__program=program).first()
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def auditions(request: HttpRequest, slug: str) -> HttpResponse:
    """Who waits, the longest first, and the latest answers."""
    program = program_for(request, slug, "producer")
    return render(
        request,
        "producer/auditions.html",
        {
            "program": program,
            "waiting": reads.waiting(program),
            "decided": reads.decided(program),
            "fee": Money(program.audition_minor, program.currency),
        },
    )


@dataclass(frozen=True)
class Heard:
    """One piece as the page plays it. bars: (x in percent, top, height) of a lane 44 high;
    sound and film: addresses.
    """

    piece: PieceState
    sound: str
    film: str
    seconds: float
    bars: list[tuple[float, float, float]]


@login_required
@require_http_methods(["GET", "POST"])
def audition(request: HttpRequest, slug: str, application: uuid.UUID) -> HttpResponse:
    """Both pieces and the decision. No model takes part and feelings are not scored."""
    program = program_for(request, slug, "producer")
    row = application_for(program, application)
    person = person_of(request)
    problems: list[str] = []
    reason = request.POST.get("reason", "")
    if request.method == "POST":
        try:
            actions.decide(row, person, request.POST.get("decision") == "accept", reason)
        except Refused as refused:
            problems = [problem.says for problem in refused.problems]
            row.refresh_from_db()
        else:
            messages.success(request, _("Sent. The performer reads your reason now."))
            waiting = reads.waiting(program)
            if waiting:
                return redirect("producer:audition", slug=slug, application=waiting[0].pk)
            return redirect("producer:auditions", slug=slug)
    return render(
        request,
        "producer/audition.html",
        {
            "program": program,
            "application": row,
            "heard": [_heard(request, program, row, piece) for piece in reads.pieces_of(row)],
            "may_decide": access.may_decide(person, row) and row.state == "recorded",
            "problems": problems,
            "reason": reason,
            "left": len(reads.waiting(program)),
            "fee": Money(program.audition_minor, program.currency),
        },
        status=409 if problems else 200,
    )


def _heard(request: HttpRequest, program: Program, row: Application, piece: PieceState) -> Heard:
    found = _sound(piece.mic) if piece.mic else None
    if found is None or piece.mic is None:
        return Heard(piece, "", "", 0.0, [])
    address = reverse(
        "producer:audition_sound",
        kwargs={"slug": program.slug, "application": row.pk, "piece": piece.number},
    )
    film = media_url(person_of(request), "stream", piece.cam.pk, "", "review") if piece.cam else ""
    return Heard(piece, address, film, found.seconds, _bars(found.floats()))


def _sound(stream: Stream) -> BlockStream | None:
    """The decoded microphone of a piece; None where it is erased or not in the store."""
    if not stream.object_key or stream.recording.erased_at is not None or stream.finding:
        return None
    try:
        found = read_stream(objects.default().get(stream.object_key))
    except objects.Missing:
        return None
    return found if found.rate else None


def _bars(samples: np.ndarray) -> list[tuple[float, float, float]]:
    """The largest magnitude in each part of the piece, drawn around the middle of the lane."""
    if not len(samples):
        return []
    edges = np.linspace(0, len(samples), PEAKS + 1).astype(int)
    bars = []
    for at, (start, end) in enumerate(pairwise(edges)):
        top = float(np.abs(samples[start:end]).max()) if end > start else 0.0
        height = max(1.0, 40 * min(1.0, top))
        bars.append((round(100 * at / PEAKS, 2), round(22 - height / 2, 1), round(height, 1)))
    return bars


@login_required
@require_safe
def sound(request: HttpRequest, slug: str, application: uuid.UUID, piece: int) -> HttpResponse:
    """The sound of one piece as FLAC, for the producers who decide on it; each reading logged."""
    program = program_for(request, slug, "producer")
    row = application_for(program, application)
    found = next((p for p in reads.pieces_of(row) if p.number == piece), None)
    if found is None or found.mic is None:
        raise Http404
    heard = _sound(found.mic)
    if heard is None:
        raise Http404
    recording.log_access(found.mic.recording, person_of(request), "review")
    answer = HttpResponse(
        encode_flac(to_int24(heard.floats()), heard.rate), content_type="audio/flac"
    )
    answer["Cache-Control"] = "private, no-store"
    return answer
