"""The right to record one stream: of a take, of a green room's check, or of an audition.

POST `{"take", "kind", "reason", "stream"?}` answers `{"stream", "recording", "token", "door_url",
"max_bytes"}`; with "kinds" a list of those under "streams". `take` is the id of a take, of a
session (the check of its green room) or of an audition's recording.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yesand.capture import actions as capture
from yesand.kit.errors import refuse
from yesand.people.models import Person
from yesand.recording import actions as recording
from yesand.recording.models import Recording
from yesand.stage import actions as stage_actions
from yesand.stage import reads as stage
from yesand.stage.access import place_of
from yesand.web import pace
from yesand.web.access import person_of
from yesand.web.api.bodies import read_body, scripts

#: A page asks three times a take and once for each stream left from a crash; a script asks more.
MOST_A_MINUTE = 120
REASONS = ("start", "reload", "device", "suspect", "renew")
#: A check is a few seconds of sound and its events.
CHECK_KINDS = ("mic", "cam", "events")


def _id(body: dict[str, Any], key: str) -> uuid.UUID:
    try:
        return uuid.UUID(str(body.get(key, "")))
    except ValueError:
        raise refuse("bad_id", _("Say which one, by its id."), key) from None


def _kinds(body: dict[str, Any]) -> list[str]:
    kinds = body.get("kinds", [body.get("kind")])
    # Each once: a page asks for a microphone, a camera and events, never for a thousand.
    texts = isinstance(kinds, list) and all(isinstance(k, str) for k in kinds)
    if not texts or not kinds or len(set(kinds)) != len(kinds):
        raise refuse("unknown_kind", _("A stream is mic, cam or events."), "kind")
    return kinds


@scripts
@require_POST
def streams(request: HttpRequest, take: uuid.UUID | None = None) -> HttpResponse:
    """Grant streams; renew a key; take a suspect stream's bytes again under a new id."""
    person = person_of(request)
    pace.check(request, "streams", MOST_A_MINUTE, 60)
    body = read_body(request)
    reason = body.get("reason", "start")
    if reason not in REASONS:
        raise refuse("unknown_reason", _("Say start, reload, device, suspect or renew."), "reason")
    if reason == "renew":
        return JsonResponse(capture.renew_stream(person, _id(body, "stream")))
    if reason == "suspect":
        return JsonResponse(capture.replace_stream(person, _id(body, "stream")))
    grants = _open(person, take or _id(body, "take"), _kinds(body), reason)
    return JsonResponse({"streams": grants} if "kinds" in body else grants[0])


def _open(person: Person, about: uuid.UUID, kinds: list[str], reason: str) -> list[dict[str, Any]]:
    found = stage.take(about)
    if found is not None:
        return capture.open_streams(found, person, kinds, reason)
    owner = _check(person, about, kinds) or _audition(person, about)
    if owner is None:
        raise refuse("not_found", _("There is nothing of yours to record here."), "take")
    return [capture.open_other(owner, kind, reason) for kind in kinds]


def _check(person: Person, about: uuid.UUID, kinds: list[str]) -> Recording | None:
    """The check of a green room: a short recording that is hashed and not kept."""
    session = stage.session(about)
    place = place_of(person, session) if session is not None else None
    if session is None or place is None:
        return None
    if not set(kinds) <= set(CHECK_KINDS):
        raise refuse("unknown_kind", _("A stream is mic, cam or events."), "kind")
    return recording.open_recording(session.program, person, "check", session.pk, place.role)


def _audition(person: Person, about: uuid.UUID) -> Recording | None:
    return Recording.objects.filter(
        pk=about, recorder=person, storage_class="audition", erased_at=None
    ).first()


def check_streams(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """One stream of the green room's few seconds, by the room's address."""
    return streams(request, session)


@scripts
@require_POST
def green_room(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """Keep the green room's report; one without problems opens the way in."""
    row, person = stage.session(session), person_of(request)
    if row is None or place_of(person, row) is None:
        raise Http404
    place = stage_actions.report_green_room(row, person, read_body(request))
    ready = place.ready_at is not None and not place.green_room.get("problems")
    return JsonResponse({"next": f"/room/{row.pk}/warm-up"} if ready else {})
