"""What the rows say about each take of a program, as `selection` asks it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from yesand.capture.models import Seal
from yesand.casting import reads as casting
from yesand.commission import reads as commission
from yesand.consent import reads as consent
from yesand.kit.spans import Span
from yesand.people.models import Program
from yesand.post.models import Processing
from yesand.release.models import Revocation
from yesand.release.rows import TakeRows, private_at
from yesand.release.selection import TakeFacts
from yesand.stage.models import Place, Take

#: Purposes under which a face may travel.
WITH_VIDEO = ("recognition_training", "evaluation_only", "video_generation")


def takes(program: Program, purpose: str, now: dt.datetime) -> list[TakeFacts]:
    """Facts of every take of a program, oldest first."""
    rows = (
        Take.objects.filter(scene__session__program=program)
        .exclude(state="void")
        .select_related("scene__session__commission")
        .order_by("opened_at", "id")
    )
    return [of(take, program, purpose, now) for take in rows]


def of(take: Take, program: Program, purpose: str, now: dt.datetime) -> TakeFacts:
    """Facts of one take. What the feed has named is withdrawn for good."""
    session = take.scene.session
    persons = [p.person for p in Place.objects.filter(session=session).select_related("person")]
    use = session.commission.use
    choices = [consent.choice_of(person, take.pk) for person in persons]
    done = Processing.objects.filter(take=take, state="done")
    return TakeFacts(
        take=str(take.pk),
        sealed=Seal.objects.filter(take=take).exists(),
        storage_class="take",
        use=use,
        choices=tuple(c.choice if c else "" for c in choices),
        withdrawn=any(consent.withdrawn(p, program, take.pk) for p in persons)
        or Revocation.objects.filter(take=take).exists(),
        purpose_covered=all(
            consent.covers(p, purpose, now, take.pk, use, program) for p in persons
        ),
        processed=done.exists(),
        accepted=commission.accepted(take.pk),
        humans=sum(p.player_kind == "human" for p in persons),
        splits=tuple(casting.split_pool(program, p) or "" for p in persons),
        seconds=max(0.0, (take.closed_at or take.opened_at) - take.opened_at),
    )


def spans(
    gathered: list[TakeRows], private: Mapping[str, Sequence[Span]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of tables segments and turns, as post stored them, without what is private."""
    segments: list[dict[str, Any]] = []
    turns: list[dict[str, Any]] = []
    for take in gathered:
        if take.processing is None:
            continue
        stored = take.processing.segments
        for name, rows in (("segments", segments), ("turns", turns)):
            rows += [
                {**row, "take_id": take.id, "source": take.processing.pipeline_version}
                for row in stored.get(name, ())
                if not private_at(private.get(take.id, ()), row["start"], row["end"])
            ]
    return segments, turns
