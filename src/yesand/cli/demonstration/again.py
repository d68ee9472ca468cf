"""A demo that was killed in mid-scene: what its robots left is ended, so that they play anew."""

from __future__ import annotations

from uuid import UUID

from yesand.capture import actions as capture
from yesand.capture.models import Seal, Track
from yesand.consent import actions as consent
from yesand.consent import reads as consents
from yesand.infra import jobs
from yesand.people.models import Person, Program
from yesand.stage import actions as stage
from yesand.stage.models import Take

Pair = tuple[Person, Person]


def _takes(pair: Pair) -> list[Take]:
    found = Take.objects.select_related("scene__session").filter(
        scene__session__places__person=pair[0], state__in=("open", "closed")
    )
    return list(found.filter(scene__session__places__person=pair[1]).order_by("opened_at"))


def clear_up(pair: Pair) -> None:
    """Seal what this pair of robots left unsealed: what they had not sent went with them."""
    for take in _takes(pair):
        if Seal.objects.filter(take=take).exists():
            continue
        closed = stage.close_take(take, "lost")
        for stream in Track.objects.filter(take=closed).values_list("stream_id", flat=True):
            with jobs.held(jobs.key_of("seal_stream", {"stream": str(stream)})):
                capture.seal_stream(stream, overdue=True)
        with jobs.held(jobs.key_of("seal_take", {"take": str(closed.pk)})):
            capture.seal_take(closed.pk)


def whole_take(pair: Pair) -> UUID | None:
    """The scene this pair played to its end, if there is one."""
    for take in _takes(pair):
        if Seal.objects.filter(take=take).exists() and not (
            Track.objects.filter(take=take).exclude(stream__state="complete").exists()
        ):
            return take.pk
    return None


def choose(pair: Pair, program: Program, whole: UUID) -> None:
    """Robots keep the scene they played and strike what was cut off, each take once."""
    for take in _takes(pair):
        for person in pair:
            if consents.choice_of(person, take.pk) is None:
                choice = "keep" if take.pk == whole else "strike"
                consent.choose(person, program, take.pk, choice)
