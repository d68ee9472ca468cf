"""Facts to jobs: what a house said happened, and what is to be done about it.

Each fact is taken once, in the transaction that defers its jobs. A fact nobody waits for is
marked and left. Houses know nothing of this page.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from yesand.capture.models import Track
from yesand.infra import facts, jobs
from yesand.infra.models import Fact
from yesand.people.models import Program
from yesand.recording.models import Recording
from yesand.stage import reads as stage
from yesand.stage.models import Place, Take

#: A rater's seconds are settled at the next full five minutes, so that one job takes many.
SETTLE_EVERY = timedelta(minutes=5)
REMIND_AFTER = (24, 47)


def program_of(program: UUID) -> Program:
    """The program with this id."""
    return Program.objects.get(pk=program)


def takes_of(person: UUID, program: UUID) -> list[UUID]:
    """Every recorded take of a person in a program."""
    sessions = Place.objects.filter(person_id=person, session__program_id=program)
    rows = Take.objects.filter(scene__session__in=sessions.values("session")).exclude(state="void")
    return list(rows.order_by("opened_at").values_list("pk", flat=True))


def _stream_sealed(fact: Fact) -> None:
    assert fact.subject is not None
    track = Track.objects.filter(stream_id=fact.subject).select_related("take", "stream").first()
    if track is not None and track.take.state == "closed":
        jobs.defer("seal_take", node=track.stream.spool_node, take=track.take_id)


def _take_closed(fact: Fact) -> None:
    if not fact.body.get("void"):
        jobs.defer("seal_take", take=fact.subject)


def _sealed(fact: Fact) -> None:
    jobs.defer("quick_check", take=fact.subject)
    jobs.defer("process_take", take=fact.subject)


def _processed(fact: Fact) -> None:
    jobs.defer("fill_cells", take=fact.subject)
    jobs.defer("make_items", take=fact.subject)


def _session_ended(fact: Fact) -> None:
    jobs.defer("settle_booking", session=fact.subject)
    session = stage.session(fact.subject) if fact.subject else None
    if session is None:
        return
    ended = session.ended_at or timezone.now()
    for place in stage.places(session).values():
        for hours in REMIND_AFTER:
            jobs.defer(
                "remind_choices",
                at=ended + timedelta(hours=hours),
                session=session.pk,
                person=place.person_id,
                hours=hours,
            )


def _worked(fact: Fact) -> None:
    jobs.defer("settle_rating_day", at=next_round(timezone.now()), day=fact.subject)


def next_round(now: datetime) -> datetime:
    """The next full five minutes after `now`."""
    step = SETTLE_EVERY.total_seconds()
    return datetime.fromtimestamp((now.timestamp() // step + 1) * step, tz=now.tzinfo)


def _withdrawn(fact: Fact) -> None:
    if fact.body.get("take"):
        jobs.defer("take_back", take=UUID(fact.body["take"]))
    else:
        jobs.defer(
            "take_back_all", person=UUID(fact.body["person"]), program=UUID(fact.body["program"])
        )


def _chose(fact: Fact) -> None:
    # A take that is struck leaves the releases at once, and so does one of which a span became
    # private that can be heard in them; a held one only stays out of new ones.
    if fact.body.get("choice") == "strike" or fact.body.get("more_private"):
        jobs.defer("take_back", take=UUID(fact.body["take"]))


def _erased(fact: Fact) -> None:
    assert fact.subject is not None
    row = Recording.objects.filter(pk=fact.subject, storage_class="take").first()
    # Of a player's own recordings every derived file needs the key; of a shared one none does.
    if row is not None and row.subjects.count() == 1:
        jobs.defer("erase_derived", take=row.about)


def _cancelled(fact: Fact) -> None:
    jobs.defer("tell_changed", booking=fact.subject)


def _drafted(fact: Fact) -> None:
    jobs.defer("build_release", release_id=fact.subject)


def _asked(fact: Fact) -> None:
    jobs.defer("run_evaluation", run=fact.subject)


def _case_opened(fact: Fact) -> None:
    jobs.defer("tell_house", case=fact.subject)


def _case_decided(fact: Fact) -> None:
    jobs.defer("mail_answer", case=fact.subject)


#: (house, kind) of a fact -> what defers its jobs.
DOES: dict[tuple[str, str], Callable[[Fact], None]] = {
    ("recording", "stream_sealed"): _stream_sealed,
    ("stage", "take_closed"): _take_closed,
    ("stage", "session_ended"): _session_ended,
    ("capture", "sealed"): _sealed,
    ("post", "processed"): _processed,
    ("labels", "worked"): _worked,
    ("recording", "erased"): _erased,
    ("consent", "withdrawn"): _withdrawn,
    ("consent", "chose"): _chose,
    ("matching", "cancelled"): _cancelled,
    ("release", "drafted"): _drafted,
    ("evaluation", "asked"): _asked,
    ("cases", "opened"): _case_opened,
    ("cases", "decided"): _case_decided,
}


@jobs.tick("sweep_facts", every=5, wake=facts.CHANNEL)
def sweep_facts() -> None:
    """Turn every open fact into its jobs, oldest first."""
    while True:
        with transaction.atomic():
            found = facts.take_open(100)
            for fact in found:
                does = DOES.get((fact.house, fact.kind))
                if does is not None and fact.subject is not None:
                    does(fact)
                facts.mark(fact)
        if len(found) < 100:
            return
