"""Sweeps of the worker `now`: what no fact says, because nothing happened."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from yesand.capture import actions as capture_actions
from yesand.capture import reads as capture
from yesand.commission import reads as commission
from yesand.commission.models import Acceptance
from yesand.consent import reads as consent
from yesand.consent.models import Withdrawal
from yesand.infra import jobs
from yesand.matching import actions as matching
from yesand.matching.models import Booking
from yesand.pay.models import Transfer
from yesand.pay.rules import Attendance
from yesand.recording import erasing
from yesand.recording import reads as recording
from yesand.recording.models import Recording
from yesand.stage import actions as stage
from yesand.stage import entry_rules
from yesand.stage.models import Session, Take


@jobs.tick("sweep_spool", every=2)
def sweep_spool() -> None:
    """Streams that are whole at this node's door are sealed; the door itself knows no database."""
    for stream in capture.complete_in_spool(settings.SPOOL_NODE):
        jobs.defer("seal_stream", stream=stream)


@jobs.tick("sweep_takes", every=60)
def sweep_takes() -> None:
    """Takes whose streams are still on their way: the deadline may have passed."""
    for take in capture.waiting():
        jobs.defer("seal_take", take=take)


@jobs.tick("sweep_rooms", every=15)
def sweep_rooms() -> None:
    """Takes that nobody plays any more, and sessions whose time is over."""
    for take in Take.objects.filter(state="open").values_list("pk", flat=True):
        stage.close_abandoned(take)
    late = timezone.now() - entry_rules.LATE
    for session in Session.objects.exclude(state="ended").select_related("booking"):
        ends = session.booking.starts_at + timedelta(minutes=session.booking.minutes)
        if ends < late:
            stage.end_session(session)


@jobs.tick("sweep_bookings", every=60)
def sweep_bookings() -> None:
    """Offers nobody answered, and bookings to which nobody came."""
    now = timezone.now()
    matching.expire(now)
    rooms = Session.objects.values("booking_id")
    for booking in Booking.objects.filter(state="confirmed").exclude(pk__in=rooms):
        if booking.starts_at + timedelta(minutes=booking.minutes) + entry_rules.LATE < now:
            nobody = Attendance(came=False, partner_came=False)
            matching.wrap_up(booking, {"a": nobody, "b": nobody})


@jobs.tick("seal_ledger", every=60)
def seal_ledger() -> None:
    """Programs with transfers that no seal holds yet."""
    open_rows = Transfer.objects.filter(batch=None)
    for program in open_rows.values_list("debit__program_id", flat=True).distinct():
        jobs.defer("seal_ledger", program=program)


@jobs.tick("erase_struck", every=600)
def erase_struck() -> None:
    """Strikes and withdrawals that can no longer be undone, whatever was kept as long as was said,
    and erasures that were cut off or restored over.
    """
    now = timezone.now()
    erasing.finish()
    for choice in consent.strikes_over(now):
        if _has_bytes(choice.take):
            jobs.defer("erase_take", take=choice.take)
    for row in consent.withdrawals_over(now):
        for take in _own_takes(row):
            jobs.defer("erase_own", take=take, person=row.person_id)
    for take in _rejected_long_ago():
        jobs.defer("erase_take", take=take)
    for old in recording.outdated(now):
        jobs.defer("erase_recording", recording_id=old.pk)


def _own_takes(row: Withdrawal) -> list[UUID]:
    """Withdrawn takes of which a player's own recordings still have their keys."""
    mine = Recording.objects.filter(
        subjects__person=row.person, storage_class="take", erased_at=None
    )
    if row.take is not None:
        return [row.take] if mine.filter(about=row.take).exists() else []
    takes = mine.filter(program=row.program).values_list("about", flat=True).distinct()
    return [take for take in takes if consent.withdrawn(row.person, row.program, take)]


def _has_bytes(take: UUID) -> bool:
    rows = Recording.objects.filter(about=take, storage_class="take", erased_at=None)
    return rows.exists()


def _rejected_long_ago() -> list[UUID]:
    """Rejected takes past the program's days, whose bytes are still here."""
    found: set[UUID] = set()
    rows = Acceptance.objects.filter(decision="reject").select_related("commission__program")
    for row in rows:
        days = timedelta(days=row.commission.program.retention_rejected_days)
        standing = commission.decision(row.take)
        stands = standing is not None and standing.pk == row.pk
        if stands and row.at + days < timezone.now() and _has_bytes(row.take):
            found.add(row.take)
    return sorted(found)


@jobs.tick("forget_receipts", every=6 * 3600)
def forget_receipts() -> None:
    """Receipts that no browser will ask for any more."""
    capture_actions.forget_receipts()
