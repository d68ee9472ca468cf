"""Verbs of commissions: draft, approve, open, close; the deck; fill and acceptance of takes."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yesand.commission import reads, schema
from yesand.commission.cards import (
    DECK,
    import_cards,
    load_deck,
    save_card,
    set_status,
    undo_status,
)
from yesand.commission.models import Acceptance, Cell, Commission, Fill
from yesand.commission.order import Order, problems_of
from yesand.commission.rules import balanced_cells
from yesand.infra import facts
from yesand.kit.errors import Refused, refuse
from yesand.kit.money import Money
from yesand.pay import actions as pay
from yesand.people.models import Person, Program

__all__ = [
    "DECK",
    "accept",
    "approve",
    "close_commission",
    "draft",
    "import_cards",
    "load_deck",
    "open_commission",
    "record_fill",
    "redraft",
    "reject",
    "save_card",
    "set_status",
    "undo_status",
]

MAX_REASON = 2000
PLAYED = ("performers", "standby")
"""Lines of a forecast that are paid from the order's own budget; the rest is the program's."""
FILL_STATES = ("recorded", "accepted", "released", "rejected")


@transaction.atomic
def draft(program: Program, order: Order) -> Commission:
    """A commission with its cells, open to change until it is approved.

    Raises Refused with every wrong field, or where the program is closed.
    """
    _check(program, order)
    commission = Commission.objects.create(
        program=program,
        name=order.name,
        brief=order.brief,
        use=order.use,
        hours=order.hours,
        order=schema.as_mapping(order),
        acquaintance=order.acquaintance,
        share_token=secrets.token_urlsafe(24),
    )
    _lay_cells(commission, order)
    facts.append("commission", "drafted", commission.pk)
    return commission


@transaction.atomic
def redraft(commission: Commission, order: Order) -> Commission:
    """Change a draft. What is approved stays as it was approved: refuses it."""
    commission = _locked(commission)
    if commission.state != "draft":
        raise refuse(
            "already_approved", _("An approved order is fixed; draft a further one."), "order"
        )
    _check(commission.program, order)
    commission.name, commission.brief, commission.use = order.name, order.brief, order.use
    commission.hours, commission.acquaintance = order.hours, order.acquaintance  # type: ignore[assignment]
    commission.order = schema.as_mapping(order)
    commission.save()
    commission.cells.all().delete()
    _lay_cells(commission, order)
    facts.append("commission", "drafted", commission.pk)
    return commission


def _check(program: Program, order: Order) -> None:
    if program.closed_at is not None:
        raise refuse("program_closed", _("This program is closed; it takes no orders."), "program")
    problems = problems_of(order)
    if problems:
        raise Refused(*problems)


def _locked(commission: Commission) -> Commission:
    return (
        Commission.objects.select_for_update(of=("self",))
        .select_related("program")
        .get(pk=commission.pk)
    )


def _lay_cells(commission: Commission, order: Order) -> None:
    Cell.objects.bulk_create(
        Cell(
            commission=commission,
            feeling=cell.feeling,
            relationship=cell.relationship,
            language=cell.language,
            quota=cell.takes,
        )
        for cell in balanced_cells(order)
    )


@transaction.atomic
def approve(commission: Commission, by: str, shown_minor: int | None = None) -> Commission:
    """The client says yes: the forecast's cost becomes the budget, and the order is fixed.

    What is played is promised to the order, what is rated and stored to the program.
    by: who said it, as they write their name. shown_minor: the cost they were shown; refuses
    when the program's rates have changed it since. Approving twice is refused.
    """
    commission = _locked(commission)
    name = " ".join(by.split())
    if not name:
        raise refuse("no_name", _("Write your name, so that we know who approved."), "by")
    if len(name) > 120:
        raise refuse("long_name", _("Shorten the name to 120 characters."), "by")
    if commission.state != "draft":
        raise refuse("already_approved", _("This order is approved already."), "order")
    if commission.program.closed_at is not None:
        raise refuse("program_closed", _("This program is closed; it takes no orders."), "program")
    cost = reads.forecast_of(commission, {})
    total = cost["total_minor"]
    if shown_minor is not None and shown_minor != total:
        raise refuse(
            "cost_changed", _("The cost has changed since you saw it. Look again."), "total"
        )
    played = sum(line["minor"] for line in cost["lines"] if line["key"] in PLAYED)
    for owner, minor, what in (
        (commission.pk, played, "played"),
        # Raters hear takes of every order, so what they cost goes where they are paid from.
        (None, total - played, "shared"),
    ):
        if minor:
            pay.promise_budget(
                commission.program,
                owner,
                Money(minor, commission.program.currency),
                once=f"commission:{commission.pk}:{what}",
            )
    commission.state, commission.budget_minor = "approved", total
    commission.approved_at, commission.approved_by = timezone.now(), name
    commission.save()
    facts.append("commission", "approved", commission.pk, budget_minor=total)
    return commission


@transaction.atomic
def open_commission(commission: Commission) -> Commission:
    """Scenes may be booked for it from now on. Opening twice is opening once."""
    commission = _locked(commission)
    if commission.state == "open":
        return commission
    if commission.state != "approved":
        raise refuse("not_approved", _("The client has not approved this order yet."), "order")
    commission.state = "open"
    commission.save(update_fields=["state"])
    facts.append("commission", "opened", commission.pk)
    return commission


@transaction.atomic
def close_commission(commission: Commission) -> Commission:
    """No further bookings; what was booked is played and paid."""
    commission = _locked(commission)
    if commission.state != "closed":
        commission.state = "closed"
        commission.save(update_fields=["state"])
        facts.append("commission", "closed", commission.pk)
    return commission


@transaction.atomic
def record_fill(
    take_id: UUID,
    commission: Commission,
    cells: Iterable[tuple[str, str, str]],
    state: str,
) -> list[Fill]:
    """Count a take in the cells it was cued for; written by flows, never by a rating.

    cells: (feeling, relationship, language) of its cues; those that were not ordered count
    nowhere. Without cells, the state of every cell the take is in already changes. Saying
    `recorded` again never takes a decision back; saying anything twice is saying it once.
    """
    if state not in FILL_STATES:
        raise ValueError(f"no such state of a fill: {state!r}")
    wanted = set(cells)
    # One writer per commission: two jobs of one take must not both make its fills.
    _locked(commission)
    standing = reads.decision(take_id)
    for cell in commission.cells.all() if wanted else ():
        if (cell.feeling, cell.relationship, cell.language) in wanted:
            first = "recorded" if standing is None else _fill_state(standing)
            Fill.objects.get_or_create(cell=cell, take=take_id, defaults={"state": first})
    fills = Fill.objects.filter(cell__commission=commission, take=take_id)
    if state != "recorded":
        changed = fills.exclude(state=state)
        if changed.update(state=state, at=timezone.now()):
            facts.append("commission", "filled", take_id, state=state)
    return list(fills.order_by("cell_id"))


def _fill_state(standing: Acceptance) -> str:
    return "accepted" if standing.decision == "accept" else "rejected"


@transaction.atomic
def accept(
    take_id: UUID, commission: Commission, by: Person | None = None, reason: str = ""
) -> Acceptance:
    """Accept a take on physical and completeness grounds; by None is the verdict alone."""
    return _decide(take_id, commission, "accept", by, reason or _("Whole and clean."))


@transaction.atomic
def reject(take_id: UUID, commission: Commission, by: Person, reason: str) -> Acceptance:
    """Keep a take out, with a reason its players read and may appeal. Their pay stands."""
    if not reason.strip():
        raise refuse("no_reason", _("Write the reason; both players will read it."), "reason")
    released = Fill.objects.filter(
        cell__commission=commission, take=take_id, state="released"
    ).exists()
    if released:
        raise refuse("take_released", _("It is in a release. Take it back there first."), "take")
    return _decide(take_id, commission, "reject", by, reason)


def _decide(
    take_id: UUID, commission: Commission, word: str, by: Person | None, reason: str
) -> Acceptance:
    _locked(commission)
    reason = " ".join(reason.split())
    if len(reason) > MAX_REASON:
        raise refuse("long_reason", _("Shorten the reason to 2,000 characters."), "reason")
    standing = reads.decision(take_id)
    same = standing is not None and (standing.decision, standing.by_id) == (word, by and by.pk)
    if standing is not None and same and standing.reason == reason:
        return standing
    if by is None and standing is not None and standing.by_id is not None:
        return standing  # a verdict never overrules a person
    row = Acceptance.objects.create(
        commission=commission, take=take_id, decision=word, by=by, reason=reason
    )
    fills = Fill.objects.filter(cell__commission=commission, take=take_id)
    fills.exclude(state="released").update(state=_fill_state(row), at=timezone.now())
    facts.append("commission", f"{word}ed", take_id, commission=str(commission.pk))
    return row
