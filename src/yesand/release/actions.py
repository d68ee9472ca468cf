"""Verbs: build, publish, take back, confirm, register a model, give a pull token."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets as tokens
import shutil
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from yesand.commission import actions as commission
from yesand.consent import actions as consent
from yesand.consent import rules as purposes
from yesand.formats.parquet import read_table
from yesand.formats.release_content import Contents, TakeMedia
from yesand.formats.release_files import ReleaseInfo
from yesand.formats.release_tables import TAKES
from yesand.formats.release_write import write_release
from yesand.infra import facts
from yesand.infra.jobs import held
from yesand.kit.canonical import sha256_hex
from yesand.kit.errors import Refused, refuse
from yesand.people.models import Person, Program
from yesand.release import facts_of, papers, rows, signer, taking_back, tracks
from yesand.release.models import (
    Confirmation,
    Pull,
    PullToken,
    Release,
    ReleasedTake,
    Revocation,
    TrainedModel,
)
from yesand.release.places import feed_file as feed_file
from yesand.release.places import folder_of as folder_of
from yesand.release.selection import Selection, select
from yesand.stage import outs
from yesand.stage.models import Take

NAME = r"[a-z0-9][a-z0-9-]{0,59}"


@transaction.atomic
def draft(
    program: Program,
    purpose: str,
    use: str,
    name: str,
    robots: bool = False,
    announce: bool = True,
    successor: bool = False,
) -> Release:
    """A further version of a release, not built yet; `flows` builds it from its fact.

    announce: False where the caller writes it itself, so that no job writes beside it.
    successor: it takes the place of a published version that lost a take.
    """
    if purpose not in purposes.PURPOSES:
        raise refuse("unknown_purpose", f"{purpose!r} is not a purpose.", "purpose")
    if use not in ("train", "evaluation"):
        raise refuse("unknown_use", "Choose train or evaluation.", "use")
    if (use == "evaluation") != (purpose == "evaluation_only"):
        raise refuse("use_purpose", "Use evaluation goes with the purpose evaluation only.", "use")
    if not re.fullmatch(NAME, name):
        says = "Use small letters, digits and hyphens, at most 60, a letter or digit first."
        raise refuse("bad_name", says, "name")
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
        # The day is part of the bytes: a rebuild on another day must not change them.
        figures={
            "robots": robots,
            "successor": successor,
            "made_on": timezone.now().date().isoformat(),
        },
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

    Raises Refused when no take may enter, with the counts by reason. Whatever breaks it, the
    release says why.
    """
    try:
        return _write(release_id)
    except Exception as error:
        why = str(error) if isinstance(error, Refused) else f"{type(error).__name__}: {error}"
        _fail(Release.objects.get(pk=release_id), why)
        raise


def _write(release_id: UUID) -> Release:
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
        says = f"No take may enter: {words or 'nothing was recorded yet'}."
        raise refuse("empty_release", says)
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
    private = {t: spans for t in takes if (spans := tuple(outs.silent(takes[t].pk)))}
    # A film cannot be blanked in part without encoding it again: then it stays out whole.
    filmed = ("a", "b") if release.purpose in facts_of.WITH_VIDEO else ()
    video = {t: filmed for t in takes if filmed and not outs.kept_out(takes[t].pk)}

    def media(take_id: str) -> TakeMedia:
        tracks.log_reading(takes[take_id])
        return tracks.media_of(takes[take_id], video.get(take_id, ()))

    before = release.predecessor
    info = write_release(
        out,
        _contents(release, takes, chosen, video, private),
        media,
        signer.key(),
        previous=folder_of(before) if before and folder_of(before).exists() else None,
    )
    return _written(release, info, epoch, now)


def _fail(release: Release, why: str) -> None:
    release.state, release.why_failed = "failed", why
    release.save(update_fields=["state", "why_failed"])


@transaction.atomic
def _written(release: Release, info: ReleaseInfo, epoch: int, as_of: dt.datetime) -> Release:
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
    # Spans marked private from here on are not silent in it: `taking_back.silent_enough`.
    release.figures = {**release.figures, **info.figures, "as_of": as_of.isoformat()}
    release.save()
    facts.append("release", "built", release.pk, takes=info.figures["takes"])
    return release


def _contents(
    release: Release, takes: dict[str, Take], chosen: Selection, video: Any, private: Any
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
    items = rows.item_rows([t.take.pk for t in gathered], private)
    asked = [UUID(item["item_id"]) for item in items]
    now = timezone.now()
    segments, turns = facts_of.spans(gathered, private)
    robots = bool(release.figures.get("robots"))
    feed = feed_file(release.program)
    return Contents(
        name=release.name,
        version=release.version,
        kind="robots" if robots else "people",
        use=release.use,  # type: ignore[arg-type]
        purpose=release.purpose,
        made_on=str(release.figures.get("made_on") or now.date().isoformat()),
        tables={
            "takes": [t.row() for t in gathered],
            "performers": list(performers.values()),
            "prompts": list(prompts.values()),
            "cues": [c for t in gathered for c in t.cue_rows()],
            "segments": segments,
            "turns": turns,
            "items": items,
            "ratings": rows.rating_rows(asked),
            "labels": rows.label_rows(asked),
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
        private=private,
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
    inside = {str(t) for t in release.takes.values_list("take_id", flat=True)}
    standing = select(facts_of.takes(release.program, release.purpose, now), release.use, robots)
    gone = inside - set(standing.takes)
    gone |= {t for t in inside - gone if not taking_back.silent_enough(UUID(t), release)}
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

    Returns the published successor, or None where no published release held the take, where it
    may stay, or where nothing is left to publish (the old release is superseded then). Running it
    again goes on where a crash left it and changes nothing once it is done.
    """
    take = Take.objects.select_related("scene__session__program", "scene__session__commission").get(
        pk=take_id
    )
    # One at a time in a program: two takes withdrawn at once must not write the same version.
    with held(f"take_back:{take.scene.session.program_id}"):
        releases = taking_back.holding(take)
        if not releases:
            return None
        if not taking_back.buried(take):
            if taking_back.may_stay(take, releases):
                return None
            taking_back.bury(take, releases)
        last = None
        for release in releases:
            if release.state == "published":
                last = _succeed(release) or last
        return last


def _succeed(before: Release) -> Release | None:
    """Publish the version that takes the place of `before`; None when nothing is left for it."""
    while True:
        row = taking_back.unfinished_successor(before) or draft(
            before.program,
            before.purpose,
            before.use,
            before.name,
            bool(before.figures.get("robots")),
            announce=False,
            successor=True,
        )
        try:
            return publish(write(row.pk))
        except Refused as refusal:
            if refusal.code == "empty_release":
                taking_back.end(before)
                return None
            if refusal.code != "consent_changed":
                raise
            # One more take was withdrawn while this was built: the same version, once more.
            _fail(row, str(refusal))


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
