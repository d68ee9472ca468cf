"""The sound of one item on the bench: a cut of each lane, for the rater it was given to."""

from __future__ import annotations

import uuid
from functools import lru_cache

import numpy as np
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control

from yesand.formats.audio import RATE, encode_flac
from yesand.kit.spans import Span
from yesand.labels.access import may_hear
from yesand.labels.models import Item
from yesand.recording import actions as recording
from yesand.recording.reads import erased, recording_of
from yesand.release.tracks import media_of
from yesand.stage import outs
from yesand.stage.models import Place
from yesand.web.access import person_of

PEAKS_PER_SECOND = 20
CONTEXT_SECONDS = 10.0


def _item(request: HttpRequest, item: uuid.UUID) -> Item:
    row = get_object_or_404(
        Item.objects.select_related(
            "take__scene__session__program", "take__scene__session__commission"
        ),
        pk=item,
    )
    if not may_hear(person_of(request), row):
        raise Http404
    return row


@lru_cache(maxsize=4)
def _lanes(
    take_id: uuid.UUID, item_id: uuid.UUID, private: tuple[Span, ...]
) -> dict[str, np.ndarray]:
    # A bench page asks for two lanes and two pictures of one item: decode the take once. What is
    # private is in the key: a span marked since then is never played from memory.
    item = Item.objects.select_related(
        "take__scene__session__program", "take__scene__session__commission"
    ).get(pk=item_id)
    media = media_of(item.take)
    start = item.start - (CONTEXT_SECONDS if item.context == "with_before" else 0.0)
    first, last = round(max(0.0, start) * RATE), round(item.end * RATE)
    return {"a": media.a[first:last].copy(), "b": media.b[first:last].copy()}


def _lane(request: HttpRequest, item: uuid.UUID, role: str) -> np.ndarray:
    if role not in ("a", "b"):
        raise Http404
    row = _item(request, item)
    if erased(row.take_id):  # also what this process still has in memory
        _lanes.cache_clear()
        raise Http404
    samples = _lanes(row.take_id, row.pk, tuple(outs.silent(row.take_id)))[role]
    if not len(samples):
        raise Http404
    place = Place.objects.filter(session=row.take.scene.session, role=role).first()
    made = recording_of(row.take_id, place.person) if place else None
    if made is not None:
        recording.log_access(made, person_of(request), "rating")
    return samples


@login_required
@cache_control(private=True, no_store=True)
def media(request: HttpRequest, item: uuid.UUID, role: str) -> HttpResponse:
    """FLAC of one lane, 48 kHz, from ten seconds before the moment to its end."""
    return HttpResponse(encode_flac(_lane(request, item, role)), content_type="audio/flac")


@login_required
@cache_control(private=True, no_store=True)
def peaks(request: HttpRequest, item: uuid.UUID, role: str) -> JsonResponse:
    """The lane's picture: largest magnitude per 50 ms, full scale 1."""
    samples = _lane(request, item, role)
    step = RATE // PEAKS_PER_SECOND
    whole = np.pad(np.abs(samples.astype(np.int64)), (0, -len(samples) % step))
    top = whole.reshape(-1, step).max(axis=1) / float(1 << 23)
    return JsonResponse(
        {"per_second": PEAKS_PER_SECOND, "full": 1.0, "peaks": [round(float(v), 4) for v in top]}
    )
