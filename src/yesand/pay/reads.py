"""What statements and money pages ask of the ledger."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone

from yesand.kit.money import Money
from yesand.pay import rules
from yesand.pay.actions import available, batch_digest
from yesand.pay.models import Account, Accrual, BankFile, Batch, LockedRate, Payout, Transfer
from yesand.people.models import Person, Program


@dataclass(frozen=True)
class Part:
    """Seconds behind a line: what kind of work, how long, under which rule."""

    kind: str
    seconds: int
    rule: str
    event_kind: str
    event: UUID


@dataclass(frozen=True)
class Line:
    """One line of a statement; `amount` is what reached the person's account."""

    at: dt.datetime
    event_kind: str
    event: UUID
    rule: str
    seconds: int
    amount: Money
    says: str
    program: str
    parts: list[Part] = field(default_factory=list)


def statement(person: Person, program: Program | None = None) -> list[Line]:
    """Every line a person earned or was sent, newest first, each naming event and rule."""
    accounts = Account.objects.filter(kind="earned", owner=person.pseudonym)
    if program:
        accounts = accounts.filter(program=program)
    rows = (
        Transfer.objects.filter(state="posted", credit__in=accounts)
        | Transfer.objects.filter(state="posted", debit__in=accounts)
    ).select_related("credit__program", "debit__program")
    parts: dict[UUID, list[tuple[dt.datetime, Part]]] = defaultdict(list)
    accrued = Accrual.objects.filter(rate__person=person).select_related("rate").order_by("at")
    for a in accrued:
        part = Part(a.kind, a.seconds, a.rule, a.event_kind, a.event)
        parts[a.rate.event].append((a.at, part))
    lines = []
    apart = set(rows.filter(rule="overtime").values_list("event", flat=True))
    for row in rows.order_by("at", "id"):
        inward = row.credit.owner == person.pseudonym and row.credit.kind == "earned"
        minor = row.amount_minor if inward else -row.amount_minor
        # Work settled in several rounds stands on several lines, every second on one of them.
        waiting = parts[row.event] if inward else []
        # Overtime has a line of its own where the booking's money did not cover it.
        later = "overtime" if row.event in apart and row.rule != "overtime" else ""
        mine = [at <= row.at and part.kind != later for at, part in waiting]
        behind = [part for (_at, part), of_row in zip(waiting, mine, strict=True) if of_row]
        parts[row.event] = [one for one, of_row in zip(waiting, mine, strict=True) if not of_row]
        lines.append(
            Line(
                at=row.at,
                event_kind=row.event_kind,
                event=row.event,
                rule=row.rule,
                seconds=sum(p.seconds for p in behind),
                amount=Money(minor, row.credit.currency),
                says=rules.RULES.get(row.rule, row.rule),
                program=row.credit.program.name,
                parts=behind,
            )
        )
    return lines[::-1]


def earned(person: Person) -> list[Money]:
    """Everything a person ever earned, one sum per currency; a returned payout earns nothing."""
    sums = (
        Transfer.objects.filter(
            state="posted", credit__kind="earned", credit__owner=person.pseudonym
        )
        .exclude(debit__kind="paid")
        .values("credit__currency")
        .annotate(s=Sum("amount_minor"))
        .order_by("credit__currency")
    )
    return [Money(row["s"], row["credit__currency"]) for row in sums]


def owed(person: Person, program: Program) -> Money:
    """Earned and not sent yet."""
    wallet = Account.objects.filter(
        program=program, kind="earned", owner=person.pseudonym, currency=program.currency
    ).first()
    if wallet is None:
        return Money(0, program.currency)
    inward = Transfer.objects.filter(credit=wallet, state="posted").aggregate(s=Sum("amount_minor"))
    outward = Transfer.objects.filter(debit=wallet, state="posted").aggregate(s=Sum("amount_minor"))
    return Money((inward["s"] or 0) - (outward["s"] or 0), program.currency)


def effective_hour(person: Person, program: Program) -> Money | None:
    """What an hour of this person's work really earned, or None before the first line."""
    rates = LockedRate.objects.filter(person=person, program=program)
    seconds = Accrual.objects.filter(rate__in=rates).aggregate(s=Sum("seconds"))["s"] or 0
    minor = (
        Transfer.objects.filter(
            state="posted",
            credit__kind="earned",
            credit__owner=person.pseudonym,
            credit__program=program,
        )
        .exclude(debit__kind="paid")
        .aggregate(s=Sum("amount_minor"))["s"]
        or 0
    )
    return Money(round(minor * 3600 / seconds), program.currency) if seconds else None


@dataclass(frozen=True)
class Balances:
    """Money of one program, or of one commission in it, in its currency."""

    promised: Money
    free: Money
    set_aside: Money
    earned: Money
    sent: Money


def balances(program: Program, commission_id: UUID | None = None) -> Balances:
    """Where the promised money is now; promised = free + set aside + earned."""
    budgets = Account.objects.filter(program=program, kind="budget")
    if commission_id:
        budgets = budgets.filter(owner=str(commission_id))

    def money(minor: int | None) -> Money:
        return Money(minor or 0, program.currency)

    def summed(**where: object) -> int:
        return Transfer.objects.filter(**where).aggregate(s=Sum("amount_minor"))["s"] or 0

    free = sum(available(b) for b in budgets)
    promised = summed(credit__in=budgets, debit__kind="client", state="posted")
    out = summed(debit__in=budgets, state="posted")
    sent = summed(debit__program=program, credit__kind="paid", state="posted")
    sent -= summed(debit__program=program, debit__kind="paid", state="posted")
    return Balances(
        money(promised), money(free), money(promised - free - out), money(out), money(sent)
    )


def commission_free(program: Program, commission_id: UUID) -> Money:
    """Budget of one commission that is neither earned nor set aside."""
    return balances(program, commission_id).free


def residual(program: Program) -> int:
    """Minor units the ledger cannot explain; 0 when every invariant holds.

    Counts: transfers across programs or currencies, reservations used beyond their amount,
    earned lines that differ from what the accrued seconds are worth, payouts whose transfers say
    something else than their state, persons who were sent more than they earned, and a broken
    seal chain (as one unit each).
    """
    wrong = 0
    for row in Transfer.objects.filter(debit__program=program).select_related("debit", "credit"):
        if (
            row.debit.program_id != row.credit.program_id
            or row.debit.currency != row.credit.currency
        ):
            wrong += row.amount_minor
    for row in Transfer.objects.filter(debit__program=program, state="pending"):
        used = Transfer.objects.filter(pending=row).aggregate(s=Sum("amount_minor"))["s"] or 0
        wrong += max(0, used - row.amount_minor)
    for rate in LockedRate.objects.filter(program=program):
        lines = Transfer.objects.filter(once__startswith=f"settle:{rate.pk}:")
        if not lines.exists():
            continue
        seconds = rate.accruals.aggregate(s=Sum("seconds"))["s"] or 0
        due = rules.earned(rate.work, Money(rate.hour_minor, rate.currency), seconds).minor
        wrong += abs(due - (lines.aggregate(s=Sum("amount_minor"))["s"] or 0))
    wrong += _payouts_wrong(program)
    previous = ""
    for batch in Batch.objects.filter(program=program).order_by("number"):
        rows = list(batch.transfers.order_by("at", "id"))
        if batch.previous_sha256 != previous or batch.sha256 != batch_digest(previous, rows):
            wrong += 1
        previous = batch.sha256
    return wrong


def _payouts_wrong(program: Program) -> int:
    """Minor units by which payouts and the ledger disagree."""
    net: dict[UUID, int] = defaultdict(int)
    moved = Transfer.objects.filter(debit__program=program, event_kind="payout", state="posted")
    for event, kind, minor in moved.values_list("event", "credit__kind", "amount_minor"):
        net[event] += minor if kind == "paid" else -minor
    wrong = 0
    for row in Payout.objects.filter(program=program):
        due = row.amount_minor if row.sent_at and not row.returned_at else 0
        wrong += abs(due - net.pop(row.pk, 0))
    wrong += sum(abs(minor) for minor in net.values())
    balance: dict[int, int] = defaultdict(int)
    posted = Transfer.objects.filter(debit__program=program, state="posted")
    for wallet, minor in posted.filter(credit__kind="earned").values_list(
        "credit_id", "amount_minor"
    ):
        balance[wallet] += minor
    for wallet, minor in posted.filter(debit__kind="earned").values_list(
        "debit_id", "amount_minor"
    ):
        balance[wallet] -= minor
    return wrong + sum(-minor for minor in balance.values() if minor < 0)


def payouts(person: Person) -> list[Payout]:
    """Money sent, returned or about to be sent, newest first."""
    rows = Payout.objects.filter(person=person).exclude(file__dropped_at__isnull=False)
    return list(rows.select_related("file", "program").order_by("-pay_on", "-id"))


@dataclass(frozen=True)
class FileView:
    """A bank file with its lines, as the money page shows it."""

    file: BankFile
    lines: list[Payout]
    total: Money
    may_undo: bool
    """Marking it as sent can still be taken back."""


def bank_files(program: Program, now: dt.datetime | None = None) -> list[FileView]:
    """Every bank file of a program, newest first; its lines by pseudonym."""
    now = now or timezone.now()
    found = []
    files = BankFile.objects.filter(program=program).select_related("prepared_by", "sent_by")
    for file in files.order_by("-number"):
        lines = list(file.payouts.select_related("person").order_by("person__pseudonym"))
        total = Money(sum(line.amount_minor for line in lines), program.currency)
        none_back = not any(line.returned_at for line in lines)
        found.append(FileView(file, lines, total, none_back and undoable(file.sent_at, now)))
    return found


def undoable(at: dt.datetime | None, now: dt.datetime | None = None) -> bool:
    """True while a click made at `at` can be taken back."""
    if at is None:
        return False
    return (now or timezone.now()) - at <= dt.timedelta(hours=rules.UNDO_HOURS)
