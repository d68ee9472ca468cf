"""Verbs of the ledger. Every row is added once and never changed."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from yesand.infra import facts
from yesand.kit.canonical import digest
from yesand.kit.errors import refuse
from yesand.kit.money import Money
from yesand.pay import rules
from yesand.pay.models import Account, Accrual, Batch, LockedRate, Transfer
from yesand.people.models import Person, Program


def account(program: Program, kind: str, owner: str = "") -> Account:
    """The account of this kind and owner, opened on first use."""
    row, _ = Account.objects.get_or_create(
        program=program, kind=kind, owner=owner, currency=program.currency
    )
    return row


def _budget(program: Program, commission: UUID | None) -> Account:
    return account(program, "budget", str(commission or ""))


def _locked(row: Account) -> Account:
    # One writer at a time per budget: two reservations must not both see the same last dollar.
    return Account.objects.select_for_update().get(pk=row.pk)


def _open_amount(pending: Transfer) -> int:
    used = Transfer.objects.filter(pending=pending).aggregate(s=Sum("amount_minor"))["s"] or 0
    return pending.amount_minor - used


def available(budget: Account) -> int:
    """Minor units a budget can still promise: money in, less money out and money set aside."""
    in_ = Transfer.objects.filter(credit=budget, state="posted").aggregate(s=Sum("amount_minor"))
    out = Transfer.objects.filter(debit=budget, state="posted").aggregate(s=Sum("amount_minor"))
    aside = Transfer.objects.filter(debit=budget, state="pending").aggregate(s=Sum("amount_minor"))
    back = Transfer.objects.filter(pending__debit=budget).aggregate(s=Sum("amount_minor"))
    values = [x["s"] or 0 for x in (in_, out, aside, back)]
    return values[0] - values[1] - (values[2] - values[3])


def _check(program: Program, amount: Money) -> None:
    if amount.currency != program.currency:
        raise refuse(
            "wrong_currency", f"This program pays in {program.currency}.", where="currency"
        )
    if amount.minor <= 0:
        raise refuse("amount_not_positive", "The amount must be more than zero.", where="amount")


@transaction.atomic
def promise_budget(
    program: Program, commission_id: UUID | None, amount: Money, once: str
) -> Transfer:
    """Book money the client promised for a commission (None: for the program's own costs)."""
    _check(program, amount)
    row, made = Transfer.objects.get_or_create(
        once=once,
        defaults={
            "debit": account(program, "client"),
            "credit": _budget(program, commission_id),
            "amount_minor": amount.minor,
            "state": "posted",
            "event_kind": "commission" if commission_id else "program",
            "event": commission_id or program.pk,
            "rule": "budget",
            "at": timezone.now(),
        },
    )
    if made:
        facts.append("pay", "promised", row.pk, amount_minor=amount.minor)
    return row


@transaction.atomic
def reserve(
    program: Program,
    commission_id: UUID,
    amount: Money,
    event_kind: str,
    event: UUID,
    once: str,
) -> Transfer:
    """Set money aside for an event before it is offered; refuses when the budget is short."""
    _check(program, amount)
    budget = _locked(_budget(program, commission_id))
    known = Transfer.objects.filter(once=once).first()
    if known:
        return known
    left = available(budget)
    if left < amount.minor:
        raise refuse(
            "budget_short",
            f"This needs {amount}, and {Money(left, program.currency)} of the budget is free. "
            "Raise the budget or book fewer.",
            where="budget",
        )
    row = Transfer.objects.create(
        debit=budget,
        credit=account(program, "reserved", str(commission_id)),
        amount_minor=amount.minor,
        state="pending",
        event_kind=event_kind,
        event=event,
        rule="reservation",
        once=once,
        at=timezone.now(),
    )
    facts.append("pay", "reserved", event, amount_minor=amount.minor)
    return row


def _void_rest(reservation: Transfer) -> Transfer | None:
    rest = _open_amount(reservation)
    if rest <= 0:
        return None
    return Transfer.objects.create(
        debit=reservation.credit,
        credit=reservation.debit,
        amount_minor=rest,
        state="void",
        event_kind=reservation.event_kind,
        event=reservation.event,
        rule="not_needed",
        pending=reservation,
        once=f"void:{reservation.pk}",
        at=timezone.now(),
    )


@transaction.atomic
def release_reservation(event: UUID) -> None:
    """Give back whatever is still set aside for an event."""
    rows = Transfer.objects.select_for_update(of=("self",)).filter(event=event, state="pending")
    for reservation in rows.select_related("debit", "credit"):
        _void_rest(reservation)


def _hour(program: Program, work: str) -> int:
    full = Money(program.performer_hour_minor, program.currency)
    if work == "booking":
        return full.minor
    if work == "standby":
        return rules.standby_hour(full, program.standby_percent).minor
    if work == "rating":
        return program.rater_hour_minor
    if work == "audition":
        return program.audition_minor
    raise ValueError(f"no rate is known for {work!r}")


@transaction.atomic
def lock_rate(person: Person, program: Program, work: str, event: UUID) -> LockedRate:
    """Freeze the price of a person's time for one event; asking again raises it or keeps it."""
    hour = _hour(program, work)
    row, made = LockedRate.objects.select_for_update(of=("self",)).get_or_create(
        person=person,
        event=event,
        work=work,
        defaults={
            "program": program,
            "hour_minor": hour,
            "currency": program.currency,
            "locked_at": timezone.now(),
        },
    )
    if not made and hour > row.hour_minor:
        # A rate can only rise: nobody is ever paid less than what they were shown.
        row.hour_minor = hour
        row.save(update_fields=["hour_minor"])
    return row


@transaction.atomic
def accrue(
    rate: LockedRate,
    kind: str,
    seconds: int,
    event_kind: str,
    event: UUID,
    rule: str,
    at: dt.datetime | None = None,
) -> Accrual:
    """Note seconds of paid work once per (rate, kind, event); refuses a rule nobody can read."""
    if rule not in rules.RULES:
        raise ValueError(f"unknown pay rule {rule!r}")
    if seconds < 0:
        raise ValueError("seconds must not be negative")
    row, _ = Accrual.objects.get_or_create(
        rate=rate,
        kind=kind,
        event=event,
        defaults={
            "seconds": seconds,
            "event_kind": event_kind,
            "rule": rule,
            "at": at or timezone.now(),
        },
    )
    return row


@transaction.atomic
def settle(event_kind: str, event: UUID) -> list[Transfer]:
    """Turn the accrued seconds of every rate locked for an event into money, rounded once.

    What was reserved is used first; the rest of a booking's reservation goes back to the budget.
    Work that was done is paid even when it exceeds the reservation: a short budget stops new
    bookings, never wages. Running it again books only what accrued since.
    """
    booked: list[Transfer] = []
    rates = LockedRate.objects.select_for_update(of=("self",)).filter(event=event)
    seats = len(rates)
    for rate in rates.select_related("program", "person").order_by("person__pseudonym"):
        program = rate.program
        summed = rate.accruals.aggregate(s=Sum("seconds"))["s"] or 0
        target = rules.earned(rate.work, Money(rate.hour_minor, rate.currency), summed)
        wallet = account(program, "earned", rate.person.pseudonym)
        prefix = f"settle:{rate.pk}:"
        before = (
            Transfer.objects.filter(once__startswith=prefix).aggregate(s=Sum("amount_minor"))["s"]
            or 0
        )
        owed = target.minor - before
        if owed <= 0:
            continue
        accrued = rate.accruals.order_by("-seconds").first()
        rule = accrued.rule if accrued else "whole_booking"
        over = rate.accruals.filter(kind="overtime").exists()
        reservation = (
            Transfer.objects.select_related("debit")
            .filter(event=event, state="pending")
            .order_by("at")
            .first()
        )
        parts: list[tuple[int, Transfer | None]] = []
        if reservation:
            covered = min(owed, _open_amount(reservation))
            if over:
                # What was set aside was for the booking: overtime stands on a line of its own.
                covered = min(covered, reservation.amount_minor // seats)
            if covered > 0:
                parts.append((covered, reservation))
            if owed > covered:
                parts.append((owed - covered, None))
        else:
            parts.append((owed, None))
        source = reservation.debit if reservation else _budget(program, None)
        for number, (amount, pending) in enumerate(parts):
            booked.append(
                Transfer.objects.create(
                    debit=source,
                    credit=wallet,
                    amount_minor=amount,
                    state="posted",
                    event_kind=event_kind,
                    event=event,
                    rule="overtime" if over and pending is None else rule,
                    pending=pending,
                    once=f"{prefix}{summed}:{target.minor}:{number}",
                    at=timezone.now(),
                )
            )
    release_reservation(event)
    if booked:
        facts.append("pay", "settled", event, lines=len(booked))
    return booked


@transaction.atomic
def seal_batch(program: Program) -> Batch | None:
    """Seal every transfer not sealed yet; the seal carries the hash of the seal before."""
    # Locking the program row makes batches of one program a single chain.
    Program.objects.select_for_update().get(pk=program.pk)
    rows = list(Transfer.objects.filter(batch=None, debit__program=program).order_by("at", "id"))
    if not rows:
        return None
    last = Batch.objects.filter(program=program).order_by("-number").first()
    previous = last.sha256 if last else ""
    batch = Batch.objects.create(
        program=program,
        sealed_at=timezone.now(),
        previous_sha256=previous,
        sha256=batch_digest(previous, rows),
    )
    Transfer.objects.filter(pk__in=[row.pk for row in rows]).update(batch=batch)
    return batch


def batch_digest(previous: str, rows: list[Transfer]) -> str:
    """SHA-256 over the hash before and every field of the transfers, in order."""
    return digest(
        {
            "previous": previous,
            "transfers": [
                [
                    str(row.pk),
                    row.debit_id,
                    row.credit_id,
                    row.amount_minor,
                    row.state,
                    row.event_kind,
                    str(row.event),
                    row.rule,
                    str(row.pending_id or ""),
                    row.once,
                    row.at.isoformat(),
                ]
                for row in rows
            ],
        }
    )
