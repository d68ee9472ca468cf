"""Streams for a browser that is about to record: of a take, or of the green room's check."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from yesand.capture import actions as capture
from yesand.kit.errors import refuse
from yesand.recording import actions as recording
from yesand.recording.reads import recording_of
from yesand.stage import actions as stage
from yesand.stage import reads
from yesand.stage.access import place_of
from yesand.stage.models import Session
from yesand.web.access import own_take, person_of

MOST_BYTES = 20_000
REASONS = ("start", "reload", "device", "suspect", "renew")


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object a script sent; raises Refused where it is none or too large."""
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        raise refuse("too_large", "Send less than 20 kB.", "body")
    try:
        body = json.loads(request.body)
    except ValueError as e:
        raise refuse("bad_json", "Send a JSON object.", "body") from e
    if not isinstance(body, dict):
        raise refuse("bad_json", "Send a JSON object.", "body")
    return body


def _id(body: dict[str, Any], name: str) -> uuid.UUID:
    try:
        return uuid.UUID(str(body.get(name, "")))
    except ValueError as e:
        raise refuse("bad_id", "is not an id.", name) from e


def _reason(body: dict[str, Any]) -> str:
    reason = str(body.get("reason", "start"))
    if reason not in REASONS:
        raise refuse("bad_reason", f"Say one of {', '.join(REASONS)}.", "reason")
    return reason


@login_required
@require_POST
def streams(request: HttpRequest) -> JsonResponse:
    """One stream of the signed-in performer's own take."""
    body = body_of(request)
    reason, kind = _reason(body), str(body.get("kind", ""))
    person = person_of(request)
    if reason == "renew":
        return JsonResponse(capture.renew_stream(person, _id(body, "stream")))
    if reason == "suspect":
        return JsonResponse(capture.replace_stream(person, _id(body, "stream")))
    take, _role = own_take(request, _id(body, "take"))
    return JsonResponse(capture.open_streams(take, person, [kind], reason)[0])


@login_required
@require_POST
def check_streams(request: HttpRequest, session: uuid.UUID) -> JsonResponse:
    """One stream of the green room's five seconds (storage class check)."""
    row = get_object_or_404(Session.objects.select_related("program"), pk=session)
    person = person_of(request)
    place = place_of(person, row)
    if place is None:
        raise Http404
    body = body_of(request)
    reason, kind = _reason(body), str(body.get("kind", ""))
    if kind not in ("mic", "events"):
        raise refuse("unknown_kind", "A check records mic and events.", "kind")
    if reason == "renew":
        return JsonResponse(capture.renew_stream(person, _id(body, "stream")))
    made = recording_of(place_subject(row, place.role), person) or recording.open_recording(
        row.program, person, "check", place_subject(row, place.role), place.role
    )
    return JsonResponse(capture.open_other(made, kind, reason))


def place_subject(session: Session, role: str) -> uuid.UUID:
    """The id under which one player's checks of a session are kept."""
    return uuid.uuid5(session.pk, f"check:{role}")


@login_required
@require_POST
def green_room(request: HttpRequest, session: uuid.UUID) -> JsonResponse:
    """Keep the green room's report; a good one opens the way to the stage."""
    row = reads.session(session)
    person = person_of(request)
    if row is None or place_of(person, row) is None:
        raise Http404
    place = stage.report_green_room(row, person, body_of(request))
    return JsonResponse({"next": f"/room/{row.pk}"} if place.ready_at else {})
