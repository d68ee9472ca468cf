"""Every job's body: short, idempotent, and each one a verb of a house. Loaded by the workers.

A body takes ids. What it needs it reads; what it changes is one verb. Running it twice is
harmless. Queues: `spool` on the machine that holds the bytes, `work` in a child process, `now`
for what is done at once.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yesand.capture import actions as capture
from yesand.commission import actions as commission
from yesand.consent import reads as consent
from yesand.evaluation import scoring
from yesand.flows import erasure, letters, on_facts, ticks
from yesand.flows.attendance import attendance_of, overtime_of
from yesand.infra import jobs
from yesand.labels import actions as labels
from yesand.matching import actions as matching
from yesand.pay import actions as pay
from yesand.people.models import Person
from yesand.post import actions as post
from yesand.recording.models import Recording
from yesand.release import actions as release
from yesand.release.models import Release
from yesand.stage import reads as stage_reads

__all__ = ["letters", "on_facts", "ticks"]

jobs.preload("yesand.capture.film_reader")

#: Ranks on a busy evening: browsers keep what is not sealed, then two people wait in a room;
#: everything else has until tomorrow.
SEALS, IN_THE_ROOM = 20, 10


# --- a take comes in -------------------------------------------------------------------------


@jobs.body("seal_stream", queue="spool", wall_s=600, rank=SEALS)
def seal_stream(stream: str) -> None:
    """Move one whole stream from the spool to the store."""
    capture.seal_stream(UUID(stream))


@jobs.body("seal_take", queue="spool", wall_s=900, rank=SEALS)
def seal_take(take: str) -> None:
    """Seal a closed take once all its streams have ended."""
    capture.seal_take(UUID(take))


@jobs.body("quick_check", queue="work", wall_s=300, rank=IN_THE_ROOM)
def quick_check(take: str) -> None:
    """Levels, clipping, drop-outs and leak, while both are still in the room."""
    post.quick_check(UUID(take))


@jobs.body("process_take", queue="work", attempts=3, wall_s=3600, cpu_s=3600, memory_gib=6.0)
def process_take(take: str) -> None:
    """Clock, aligned tracks, analysis and verdict. An error is noted where a person sees it."""
    try:
        post.process(UUID(take))
    except Exception as error:
        post.failed(UUID(take), f"{type(error).__name__}: {error}")
        raise


@jobs.body("fill_cells")
def fill_cells(take: str) -> None:
    """Count a take in the cells it was cued for. No rating is asked."""
    row = stage_reads.take(UUID(take))
    if row is None or row.scene.prompt is None:
        return
    session = row.scene.session
    cells = {
        (cue.aim_emotion, row.scene.prompt.relationship, session.booking.language)
        for cue in stage_reads.cues_of(row)
        if cue.displayed_at is not None and cue.aim_emotion and not cue.empty
    }
    commission.record_fill(row.pk, session.commission, sorted(cells), "recorded")


@jobs.body("make_items")
def make_items(take: str) -> None:
    """The moments players and raters are asked about."""
    labels.make_items(UUID(take))


# --- the end of a booking, and pay -----------------------------------------------------------


@jobs.body("settle_booking")
def settle_booking(session: str) -> None:
    """Pay the whole booking by what happened; seconds played over on top."""
    row = stage_reads.session(UUID(session))
    if row is not None and row.state == "ended":
        matching.wrap_up(row.booking, attendance_of(row), overtime_of(row))


@jobs.body("settle_rating_day")
def settle_rating_day(day: str) -> None:
    """Turn a rater's seconds of a day into money. Seconds and ids are all that is known here."""
    pay.settle("rating", UUID(day))


@jobs.body("remind_choices")
def remind_choices(session: str, person: str, hours: int) -> None:
    """Tell a performer which takes of a session are held or untouched; says it stays out."""
    row, who = stage_reads.session(UUID(session)), Person.objects.filter(pk=person).first()
    if row is None or who is None or not who.email:
        return
    open_takes = [
        take
        for take in stage_reads.takes_of(row)
        if (choice := consent.choice_of(who, take.pk)) is None or choice.choice == "hold"
    ]
    if not open_takes:
        return
    link = settings.BASE_URL + reverse("performer:exit", kwargs={"session": row.pk})
    left = timedelta(hours=48) - timedelta(hours=int(hours))
    send_mail(
        _("%(count)d takes wait for your choice") % {"count": len(open_takes)},
        _(
            "Keep, hold or strike them here:\n%(link)s\n\n"
            "Nothing you do not keep is ever released. In %(hours)d hours the hold ends; you may "
            "keep a take at any time after that too. You are paid the same whatever you choose."
        )
        % {"link": link, "hours": int(left.total_seconds() // 3600)},
        None,
        [who.email],
    )


# --- taking back -----------------------------------------------------------------------------


@jobs.body("take_back", queue="work", wall_s=3600, cpu_s=3600)
def take_back(take: str) -> None:
    """A withdrawn or struck take leaves the releases: tombstone and successor."""
    release.take_back(UUID(take))


@jobs.body("take_back_all")
def take_back_all(person: str, program: str) -> None:
    """A person withdrew for every take of a program: each one leaves the releases."""
    for take in on_facts.takes_of(UUID(person), UUID(program)):
        jobs.defer("take_back", take=take)


@jobs.body("erase_take")
def erase_take(take: str) -> None:
    """A strike can no longer be undone, or a rejected take was kept long enough: keys and bytes."""
    erasure.erase_take(UUID(take), "struck")


@jobs.body("erase_own")
def erase_own(take: str, person: str) -> None:
    """A withdrawal of a take was not taken back for 48 hours: one player's recordings of it go."""
    who = Person.objects.get(pk=person)
    erasure.erase_take(UUID(take), "withdrawn", who)


@jobs.body("erase_derived")
def erase_derived(take: str) -> None:
    """A player's recording of a take was erased: what was made of it opens no more, and goes."""
    post.erase(UUID(take))


@jobs.body("erase_recording")
def erase_recording(recording_id: str) -> None:
    """A check or an audition whose time to be kept is over."""
    row = Recording.objects.filter(pk=recording_id, erased_at=None).first()
    if row is not None and row.keep_until is not None and row.keep_until <= timezone.now():
        erasure.erase([row], "retention")


# --- releases --------------------------------------------------------------------------------


@jobs.body("build_release", queue="work", attempts=2, wall_s=3600, cpu_s=3600, memory_gib=6.0)
def build_release(release_id: str) -> None:
    """Write and sign a drafted release."""
    release.write(UUID(release_id))


@jobs.body("publish_release")
def publish_release(release_id: str) -> None:
    """Publish a built release, after asking every consent again."""
    release.publish(Release.objects.get(pk=release_id))


@jobs.body("run_evaluation", queue="work", attempts=2, wall_s=3600, cpu_s=3600, memory_gib=6.0)
def run_evaluation(run: str) -> None:
    """Score a run that was asked for."""
    scoring.score(UUID(run))


@jobs.body("seal_ledger")
def seal_ledger(program: str) -> None:
    """Seal the transfers of a program that are not sealed yet."""
    pay.seal_batch(on_facts.program_of(UUID(program)))
