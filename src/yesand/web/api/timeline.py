"""GET /api/take/<id>/timeline and the peaks of its lanes, for whoever may see the take."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from yesand.people.models import Person
from yesand.post import reads as post
from yesand.stage import reads as stage
from yesand.stage.models import Take
from yesand.web.access import person_of, role_in_take, take_for
from yesand.web.api.bodies import scripts
from yesand.web.api.media import media_url, still_open


def with_media(person: Person, take: Take, reason: str) -> dict[str, Any]:
    """The timeline of post with names and, for each lane the person may hear, its addresses."""
    whole = post.timeline(take)
    places = stage.places(take.scene.session)
    for lane in whole["lanes"]:
        role = lane["role"]
        lane["name"] = places[role].alias
        if post.track_key(take, role) and still_open(person, take, role):
            lane["media"] = media_url(person, "track", take.pk, role, reason)
            lane["peaks"] = reverse("api:peaks", kwargs={"take": take.pk, "role": role})
        else:
            lane["media"], lane["peaks"] = "", ""
    return whole


@scripts
@require_GET
def timeline(request: HttpRequest, take: uuid.UUID) -> HttpResponse:
    """Lanes, turns, overlaps, cues, findings and gaps of a take; times in its own seconds."""
    row, person = take_for(request, take), person_of(request)
    reason = "own_copy" if role_in_take(person, row) else "review"
    return JsonResponse(with_media(person, row, reason))


@scripts
@require_GET
def peaks(request: HttpRequest, take: uuid.UUID, role: str) -> HttpResponse:
    """Largest magnitude per 50 ms of one lane, 1 is full scale."""
    row = take_for(request, take)
    if role not in ("a", "b") or not still_open(person_of(request), row, role):
        raise Http404
    found = post.peaks_of(row, role)
    if found is None:
        raise Http404
    return JsonResponse(found)
