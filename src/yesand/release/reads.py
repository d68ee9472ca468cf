"""What pages and labs ask about releases."""

from __future__ import annotations

import hashlib
from uuid import UUID

from django.utils import timezone

from yesand.people.access import is_member
from yesand.people.models import Person, Program
from yesand.release import facts_of
from yesand.release.models import (
    Confirmation,
    Pull,
    PullToken,
    Release,
    ReleasedTake,
    Revocation,
    TrainedModel,
)
from yesand.release.places import feed_file
from yesand.release.selection import Selection, select


def dry_run(program: Program, purpose: str, use: str = "train", robots: bool = False) -> Selection:
    """What a build would take in now, and what it would leave out and why."""
    return select(facts_of.takes(program, purpose, timezone.now()), use, robots)


def releases(program: Program, published: bool = False) -> list[Release]:
    """Releases of a program, newest first; published and superseded ones only for a lab."""
    rows = Release.objects.filter(program=program).select_related("program", "predecessor")
    if published:
        rows = rows.filter(state__in=("published", "superseded"))
    return list(rows.order_by("-id"))


def feed(program: Program) -> bytes:
    """The signed feed of withdrawals, one line each, oldest first."""
    path = feed_file(program)
    return path.read_bytes() if path.exists() else b""


def holder(token: str) -> PullToken | None:
    """The pull token with this secret, or None; a token ends with its holder's membership."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    found = (
        PullToken.objects.filter(sha256=digest, ended_at=None)
        .select_related("program", "engineer")
        .first()
    )
    if found is None or not is_member(found.engineer, found.program, "engineer", "producer"):
        return None
    return found


def withdrawn_from(release: Release) -> int:
    """How many takes of a release the feed names."""
    return Revocation.objects.filter(take__in=release.takes.values("take")).count()


def unconfirmed(program: Program, engineer: Person) -> list[Revocation]:
    """Withdrawals from releases this engineer pulled that are not confirmed yet."""
    pulled = Pull.objects.filter(engineer=engineer, release__program=program).values("release")
    takes = ReleasedTake.objects.filter(release__in=pulled).values("take")
    done = Confirmation.objects.filter(engineer=engineer).values("revocation")
    return list(
        Revocation.objects.filter(program=program, take__in=takes)
        .exclude(pk__in=done)
        .order_by("number")
    )


def where(take_id: UUID) -> list[Release]:
    """Published or superseded releases that hold a take, newest first."""
    held = ReleasedTake.objects.filter(take=take_id).values("release")
    return list(
        Release.objects.filter(pk__in=held, state__in=("published", "superseded")).order_by("-id")
    )


def models_trained(take_id: UUID) -> list[TrainedModel]:
    """Models registered as trained on a release that held the take."""
    return list(TrainedModel.objects.filter(release__in=where(take_id)).order_by("at"))


def models_of(program: Program) -> list[TrainedModel]:
    """Every model registered on releases of a program."""
    return list(
        TrainedModel.objects.filter(release__program=program)
        .select_related("release", "registered_by")
        .order_by("-at")
    )
