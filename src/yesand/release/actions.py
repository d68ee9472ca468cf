"""Verbs: build, publish, take back, confirm, register a model, give a pull token."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets as tokens
import shutil
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from yesand.commission import actions as commission
from yesand.consent import actions as consent
from yesand.consent import rules as purposes
from yesand.formats import revocations
from yesand.formats.parquet import read_table
from yesand.formats.release_content import Contents, TakeMedia
from yesand.formats.release_files import ReleaseInfo
from yesand.formats.release_tables import TAKES
from yesand.formats.release_write import write_release
from yesand.infra import facts
from yesand.kit.canonical import sha256_hex
from yesand.kit.errors import refuse
from yesand.people.models import Person, Program
from yesand.release import facts_of, papers, rows, signer, tracks
from yesand.release.models import (
    Confirmation,
    Pull,
    PullToken,
    Release,
    ReleasedTake,
    Revocation,
    TrainedModel,
)
from yesand.release.selection import Selection, select
from yesand.stage.models import Take

DUE_DAYS = 30
"""Days a lab has to remove a withdrawn take from its copies."""


def folder_of(release: Release) -> Path:
    """Where a release lies on this machine."""
    return Path(settings.HOME) / "releases" / release.folder


def feed_file(program: Program) -> Path:
    """The feed of a program: every tombstone, one signed line each."""
    return Path(settings.HOME) / "releases" / program.slug / "feed.jsonl"


@transaction.atomic
def draft(
    program: Program,
    purpose: str,
    use: str,
    name: str,
    robots: bool = False,
    announce: bool = True,
) -> Release:
    """A further version of a release, not built yet; `flows` builds it from its fact.

    announce: False where the caller writes it itself, so that no job writes beside it.
    """
    if purpose not in purposes.PURPOSES:
        raise refuse("unknown_purpose", f"{purpose!r} is not a purpose.", "purpose")
    if use not in ("train", "evaluation"):
        raise refuse("unknown_use", "Choose train or evaluation.", "use")
    if use == "evaluation" and purpose != "evaluation_only":
        raise refuse("use_purpose", "An evaluation release has the purpose evaluation only.", "use")
    Program.objects.select_for_update().get(pk=program.pk)
    numbers = Release.objects.filter(program=program, name=name).values_list("version", flat=True)
    version = 1 + max((int(v) for v in numbers), default=0)
    row = Release.objects.create(
        program=program,
        name=name,
        version=str(version),
        purpose=purpose,
        use=use,
        predecessor=Release.objects.filter(program=program, name=name, state="published")
        .order_by("-published_at")
        .first(),
        figures={"robots": robots},
    )
    row.folder = f"{program.slug}/{name}-{version}"
    row.save(update_fields=["folder"])
    if announce:
        facts.append("release", "drafted", row.pk)
    return row


def build(
    program: Program, purpose: str, use: str = "train", name: str = "", robots: bool = False
) -> Release:
    """Draft and write a release in one go."""
    return write(draft(program, purpose, use, name or program.slug, robots, announce=False).pk)


def write(release_id: UUID) -> Release:
    """Select, write and sign a drafted release. Running it again after a crash starts afresh.

    Raises Refused when no take may enter, with the counts by reason.
    """
    release = Release.objects.select_related("program", "predecessor").get(pk=release_id)
    if release.state not in ("building", "failed"):
        return release
    now = timezone.now()
    robots = bool(release.figures.get("robots"))
    with transaction.atomic():
        # The epoch is read under its lock, with the facts it stands for.
        epoch = consent.lock_epoch(release.program)
        chosen = select(facts_of.takes(release.program, release.purpose, now), release.use, robots)
    if not chosen.takes:
        words = ", ".join(f"{n} {code}" for code, (n, _h) in chosen.left_out.items())
        _fail(release, f"No take may enter: {words or 'nothing was recorded yet'}.")
        raise refuse("empty_release", release.why_failed, "takes")
    takes = {
        str(t.pk): t
        for t in Take.objects.filter(pk__in=chosen.takes).select_related(
            "scene__prompt", "scene__session__program", "scene__session__booking",
            "scene__session__commission",
        )
    }  # fmt: skip
    out = folder_of(release)
    shutil.rmtree(out, ignore_errors=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    video = {t: roles for t in takes if (roles := facts_of.video_roles(takes[t], now))}

    def media(take_id: str) -> TakeMedia:
        tracks.log_reading(takes[take_id])
        return tracks.media_of(takes[take_id], video.get(take_id, ()))

    before = release.predecessor
    info = write_release(
        out,
        _contents(release, takes, chosen, video, now.date().isoformat()),
        media,
        signer.key(),
        previous=folder_of(before) if before and folder_of(before).exists() else None,
    )
    return _written(release, info, epoch)


def _fail(release: Release, why: str) -> None:
    release.state, release.why_failed = "failed", why
    release.save(update_fields=["state", "why_failed"])


@transaction.atomic
def _written(release: Release, info: ReleaseInfo, epoch: int) -> Release:
    folder = folder_of(release)
    release.takes.all().delete()
    for row in read_table(folder / "takes.parquet", TAKES.schema).to_pylist():
        ReleasedTake.objects.create(
            release=release, take_id=row["take_id"], split=row["split"], shard=row["shard"]
        )
    release.state = "built"
    release.built_at = timezone.now()
    release.consent_epoch = epoch
    release.release_sha256 = sha256_hex((folder / "release.json").read_bytes())
    release.figures = {**release.figures, **info.figures}
    release.save()
    facts.append("release", "built", release.pk, takes=info.figures["takes"])
    return release


def _contents(
    release: Release, takes: dict[str, Take], chosen: Selection, video: Any, made_on: str
) -> Contents:
    gathered = [rows.TakeRows(takes[t]) for t in chosen.takes]
    prompts: dict[tuple[str, int], Any] = {}
    performers: dict[str, Any] = {}
    for take in gathered:
        if prompt := take.prompt_row():
            prompts[prompt["prompt_id"], prompt["version"]] = prompt
        for place in take.places.values():
            person = place.person
            performers[person.pseudonym] = {
                "pseudonym": person.pseudonym,
                "kind": person.player_kind,
                "split": take.split(),
                "age_band": person.age_band or None,
                "accent": person.accent or None,
                "arm": rows.arm_word(person.arm),
            }
    ids = [t.take.pk for t in gathered]
    now = timezone.now()
    segments, turns = facts_of.spans(gathered)
    robots = bool(release.figures.get("robots"))
    feed = feed_file(release.program)
    return Contents(
        name=release.name,
        version=release.version,
        kind="robots" if robots else "people",
        use=release.use,  # type: ignore[arg-type]
        purpose=release.purpose,
        made_on=made_on,
        tables={
            "takes": [t.row() for t in gathered],
            "performers": list(performers.values()),
            "prompts": list(prompts.values()),
            "cues": [c for t in gathered for c in t.cue_rows()],
            "segments": segments,
            "turns": turns,
            "items": rows.item_rows(ids),
            "ratings": rows.rating_rows(ids),
            "labels": rows.label_rows(ids),
            "quality": [q for t in gathered for q in t.quality_rows()],
            "consent": [c for t in gathered for c in t.consent_rows(now)],
            "left_out": [
                {"reason": code, "takes": n, "hours": hours}
                for code, (n, hours) in chosen.left_out.items()
            ],
        },
        datasheet=papers.datasheet(release, robots),
        license=papers.license_text(release.program),
        feed=release.program.slug,
        revocations=feed.read_bytes() if feed.exists() else b"",
        video=video,
    )


@transaction.atomic
def publish(release: Release) -> Release:
    """Make a built release visible to labs, after asking every consent again under the lock.

    A withdrawal waits for the same lock: it lands before (and this refuses) or after (and takes
    the take back from the published release). Never both missed.
    """
    consent.lock_epoch(release.program)
    release = Release.objects.select_for_update(of=("self",)).get(pk=release.pk)
    if release.state == "published":
        return release
    if release.state != "built":
        raise refuse("not_built", f"This release is {release.state}.", "release")
    now = timezone.now()
    robots = bool(release.figures.get("robots"))
    held = set(release.takes.values_list("take_id", flat=True))
    standing = select(facts_of.takes(release.program, release.purpose, now), release.use, robots)
    gone = {str(t) for t in held} - set(standing.takes)
    if gone:
        raise refuse(
            "consent_changed",
            f"{len(gone)} takes may not be published any more. Build a new version.",
            "release",
        )
    Release.objects.filter(program=release.program, name=release.name, state="published").update(
        state="superseded"
    )
    release.state, release.published_at = "published", now
    release.save(update_fields=["state", "published_at"])
    for row in release.takes.select_related("take__scene__session__commission"):
        order = row.take.scene.session.commission
        commission.record_fill(row.take_id, order, (), "released")
    facts.append("release", "published", release.pk)
    return release


def take_back(take_id: UUID) -> Release | None:
    """A released take is withdrawn: tombstone into the feed, then a successor without it.

    Returns the published successor, or None where no published release held the take or nothing
    is left to publish. Idempotent.
    """
    take = Take.objects.select_related("scene__session__program").get(pk=take_id)
    held = ReleasedTake.objects.filter(
        take=take, release__state__in=("published", "superseded")
    ).select_related("release")
    if not held:
        return None
    program = take.scene.session.program
    _bury(take, program, [h.release for h in held])
    last = None
    for release in [h.release for h in held if h.release.state == "published"]:
        robots = bool(release.figures.get("robots"))
        successor = draft(
            program, release.purpose, release.use, release.name, robots, announce=False
        )
        try:
            last = publish(write(successor.pk))
        except Exception:
            Release.objects.filter(pk=release.pk).update(state="superseded")
            raise
    return last


@transaction.atomic
def _bury(take: Take, program: Program, releases: list[Release]) -> None:
    Program.objects.select_for_update().get(pk=program.pk)
    if Revocation.objects.filter(take=take).exists():
        return
    path = feed_file(program)
    data = path.read_bytes() if path.exists() else b""
    key = signer.key()
    feed = revocations.read_feed(data, key.public, path.name, program.slug)
    now = timezone.now().date()
    hashes: set[str] = set()
    for release in releases:
        table = read_table(folder_of(release) / "takes.parquet", TAKES.schema).to_pylist()
        for row in table:
            if row["take_id"] == str(take.pk):
                hashes |= {row["sha256_a"], row["sha256_b"]}
    longer = revocations.append(
        key,
        feed,
        program.slug,
        [(str(take.pk), [f"{r.name}-{r.version}" for r in releases], sorted(hashes))],
        reason="withdrawn",
        at=now.isoformat(),
        due=(now + dt.timedelta(days=DUE_DAYS)).isoformat(),
    )
    if longer.data == data:
        stone = next(s for s in feed.tombstones if s.take_id == str(take.pk))
    else:
        _replace(path, longer.data)
        stone = longer.tombstones[-1]
    Revocation.objects.create(
        program=program, take=take, tombstone={"number": stone.number, "due": stone.due}
    )
    facts.append("release", "revoked", take.pk)


def _replace(path: Path, data: bytes) -> None:
    draft_ = path.with_suffix(".new")
    draft_.write_bytes(data)
    draft_.replace(path)


@transaction.atomic
def give_token(program: Program, engineer: Person) -> str:
    """A secret that pulls the program's releases; shown once, stored as a hash."""
    secret = "ya_" + tokens.token_urlsafe(32)
    PullToken.objects.create(
        program=program, engineer=engineer, sha256=hashlib.sha256(secret.encode()).hexdigest()
    )
    return secret


@transaction.atomic
def note_pull(release: Release, engineer: Person) -> Pull:
    """A lab took a release: it will be asked to confirm withdrawals from it."""
    return Pull.objects.create(release=release, engineer=engineer)


@transaction.atomic
def confirm(revocation: Revocation, engineer: Person) -> Confirmation:
    """An engineer says that the lab's copies no longer hold the take."""
    row, _ = Confirmation.objects.get_or_create(revocation=revocation, engineer=engineer)
    facts.append("release", "confirmed", revocation.take_id)
    return row


@transaction.atomic
def register_model(release: Release, name: str, engineer: Person) -> TrainedModel:
    """A model the lab trained on a release; named to performers whose takes it used."""
    if not name.strip():
        raise refuse("name_missing", "Name the model.", "name")
    return TrainedModel.objects.create(
        release=release, name=name.strip()[:120], registered_by=engineer
    )
