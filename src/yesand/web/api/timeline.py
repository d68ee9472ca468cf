"""GET /api/take/<id>/timeline and the peaks of its lanes, for whoever may see the take."""

from __future__ import annotations

import math
import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from yesand.capture import reads as capture
from yesand.people.models import Person
from yesand.post import reads as post
from yesand.post.films import films
from yesand.stage import outs
from yesand.stage import reads as stage
from yesand.stage.models import Take
from yesand.web.access import person_of, role_in_take, take_for
from yesand.web.api.bodies import scripts
from yesand.web.api.media import media_url, still_open


def with_media(person: Person, take: Take, reason: str) -> dict[str, Any]:
    """The timeline of post with names and, for each lane the person may hear, its addresses."""
    whole = post.timeline(take)
    places = stage.places(take.scene.session)
    own, pauses = role_in_take(person, take), outs.pauses(take.pk)
    hidden = outs.silent(take.pk)
    for lane in whole["lanes"]:
        role = lane["role"]
        lane["name"] = places[role].alias
        if post.track_key(take, role) and still_open(person, take, role):
            lane["media"] = media_url(person, "track", take.pk, role, reason)
            lane["peaks"] = reverse("api:peaks", kwargs={"take": take.pk, "role": role})
        else:
            lane["media"], lane["peaks"] = "", ""
        # The pause begins and ends alike on both lanes, whoever asked for it.
        lane["gaps"] = outs.without(lane["gaps"], pauses) + [[s.start, s.end] for s in pauses]
        if role != own:
            lane["turns"] = outs.without(lane["turns"], hidden)
            lane["backchannels"] = outs.without(lane["backchannels"], hidden)
    whole["overlaps"] = outs.without(whole["overlaps"], hidden)
    return whole


def films_of(person: Person, take: Take, reason: str) -> list[dict[str, Any]]:
    """Per role with a film: the name, its parts in order of their start with an address each, and
    the spans without a picture. Nothing where something is private: a film is not cut.
    """
    found: list[dict[str, Any]] = []
    for role, place in stage.places(take.scene.session).items():
        own = role_in_take(person, take) == role
        if not still_open(person, take, role) or (outs.kept_out(take.pk) and not own):
            continue
        parts = [
            {
                "media": media_url(person, "film", take.pk, role, reason, film.stream.pk),
                "start": film.start_s,
                "end": film.end_s,
            }
            for film in films(take.pk, role)
        ]
        dark = [
            {"start": gap.start, "end": gap.end, "cause": gap.cause}
            for gap in capture.gaps(take.pk)
            if (gap.role, gap.kind) == (role, "cam")
        ]
        if parts:
            found.append({"role": role, "name": place.alias, "parts": parts, "dark": dark})
    return found


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
    if role_in_take(person_of(request), row) != role:
        found = {**found, "peaks": _flat(found["peaks"], found["per_second"], row)}
    return JsonResponse(found)


def _flat(peaks: list[float], per_second: float, take: Take) -> list[float]:
    """A lane's picture as anybody but its player sees it: nothing where something is kept out."""
    drawn = list(peaks)
    for span in outs.silent(take.pk):
        first = max(0, math.floor(span.start * per_second))
        last = min(len(drawn), math.ceil(span.end * per_second))
        drawn[first:last] = [0.0] * max(0, last - first)
    return drawn
