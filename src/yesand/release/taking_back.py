"""A withdrawn take leaves what was published: tombstone first, then a version without it.

Three steps, each of which may be the last one before a crash; running again goes on from there:
1. `may_stay`: does every release that holds the take still have the right to it?
2. `bury`: the signed notice in the program's feed, and its row.
3. `successor_draft`: the one draft that takes the place of a published release.

A notice is for good and for the whole program: consumers skip the take in every release of its
feed, so a take that loses one purpose it was released for leaves the others too. A strike that is
undone later, or a new signature, does not bring it back into a release.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from yesand.commission import actions as commission
from yesand.commission.models import Fill
from yesand.consent import reads as consent
from yesand.formats import revocations
from yesand.formats.parquet import read_table
from yesand.formats.release_tables import TAKES
from yesand.infra import facts
from yesand.kit.spans import merge
from yesand.people.models import Program
from yesand.release import facts_of, signer
from yesand.release.models import Release, ReleasedTake, Revocation
from yesand.release.places import feed_file, folder_of
from yesand.stage.models import Take

DUE_DAYS = 30
"""Days a lab has to remove a withdrawn take from its copies."""


def holding(take: Take) -> list[Release]:
    """Releases a lab may have that hold the take, oldest first."""
    held = ReleasedTake.objects.filter(take=take, release__state__in=("published", "superseded"))
    return [h.release for h in held.select_related("release__program").order_by("release_id")]


def buried(take: Take) -> bool:
    """True where the feed names the take."""
    return Revocation.objects.filter(take=take).exists()


def may_stay(take: Take, releases: list[Release]) -> bool:
    """True where nobody struck the take, every release's purpose is still granted for it and
    nothing was marked private since that can be heard in one of them.

    A withdrawal of another purpose, and a hold, leave published releases as they are.
    """
    now = timezone.now()
    for purpose in sorted({release.purpose for release in releases}):
        known = facts_of.of(take, take.scene.session.program, purpose, now)
        if "strike" in known.choices or known.withdrawn or not known.purpose_covered:
            return False
    return all(silent_enough(take.pk, release) for release in releases)


def silent_enough(take: UUID, release: Release) -> bool:
    """True where all that is private of a take by now was out when the release was written."""
    said = release.figures.get("as_of")
    at = dt.datetime.fromisoformat(said) if said else release.built_at or timezone.now()
    before = consent.private_spans(take, at)
    return merge([*before, *consent.private_spans(take)]) == before


@transaction.atomic
def bury(take: Take, releases: list[Release]) -> None:
    """Name the take in the program's feed, once; what it filled is no longer released."""
    program = take.scene.session.program
    Program.objects.select_for_update().get(pk=program.pk)
    if buried(take):
        return
    path = feed_file(program)
    data = path.read_bytes() if path.exists() else b""
    key = signer.key()
    feed = revocations.read_feed(data, key.public, path.name, program.slug)
    now = timezone.now().date()
    longer = revocations.append(
        key,
        feed,
        program.slug,
        [(str(take.pk), [f"{r.name}-{r.version}" for r in releases], _hashes(take, releases))],
        reason="withdrawn",
        at=now.isoformat(),
        due=(now + dt.timedelta(days=DUE_DAYS)).isoformat(),
    )
    if longer.data != data:
        _replace(path, longer.data)
    # A crash between the file and the row leaves the line; the next run finds it again here.
    stone = next(s for s in longer.tombstones if s.take_id == str(take.pk))
    Revocation.objects.create(
        program=program, take=take, tombstone={"number": stone.number, "due": stone.due}
    )
    if Fill.objects.filter(take=take.pk, state="released").exists():
        commission.record_fill(take.pk, take.scene.session.commission, (), "accepted")
    facts.append("release", "revoked", take.pk)


def _hashes(take: Take, releases: list[Release]) -> list[str]:
    """SHA-256 of the take's tracks as each release holds them."""
    found: set[str] = set()
    for release in releases:
        table = folder_of(release) / "takes.parquet"
        for row in read_table(table, TAKES.schema).to_pylist():
            if row["take_id"] == str(take.pk):
                found |= {row["sha256_a"], row["sha256_b"]}
    return sorted(found)


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def unfinished_successor(release: Release) -> Release | None:
    """The successor an earlier, broken run began for this release, or None."""
    return Release.objects.filter(
        predecessor=release, figures__successor=True, state__in=("building", "failed", "built")
    ).first()


@transaction.atomic
def end(release: Release) -> None:
    """Nothing of a release may be published any more: it stays as a superseded one."""
    Release.objects.filter(pk=release.pk).update(state="superseded")
    facts.append("release", "emptied", release.pk)
