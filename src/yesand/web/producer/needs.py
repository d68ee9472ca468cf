"""What needs a producer today: each thing with its minutes and the page that deals with it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yesand.cases import reads as cases
from yesand.cases.access import answers_house
from yesand.casting import reads as casting
from yesand.commission import reads as commission
from yesand.kit.money import Money, for_seconds
from yesand.pay import reads as pay
from yesand.people.models import Person, Program
from yesand.people.reads import members
from yesand.post.models import Processing
from yesand.release import reads as release

TAKE_MINUTES = 4
AUDITION_MINUTES = 5
CASE_MINUTES = 8
LAB_MINUTES = 3
BUDGET_MINUTES = 4
ORDER_MINUTES = 2
CONFIRM_WITHIN = dt.timedelta(days=2)


@dataclass(frozen=True)
class Need:
    """One thing to do. urgent: `says` is shown in red; act: the words of its button."""

    minutes: int
    what: str
    says: str
    act: str
    address: str
    urgent: bool = False


def needs_of(program: Program, now: dt.datetime | None = None) -> list[Need]:
    """Review, auditions, cases, overdue labs, budget, orders: in that order, only what is there."""
    now = now or timezone.now()
    found = [
        _review(program),
        _auditions(program, now),
        _cases(program, now),
        _labs(program, now),
        _budget(program),
        *_orders(program),
    ]
    return [need for need in found if need is not None]


def to_review(program: Program) -> list[Processing]:
    """Takes whose verdict asks for a person and nobody has decided, the oldest first."""
    rows = Processing.objects.filter(
        take__scene__session__program=program, state="done", verdict="review"
    ).select_related("take")
    newest = {row.take_id: row for row in rows.order_by("at", "id")}
    open_ = commission.undecided(list(newest))
    return [row for take, row in newest.items() if take in open_]


def _review(program: Program) -> Need | None:
    rows = to_review(program)
    if not rows:
        return None
    says = str(rows[0].reasons[0]) if rows[0].reasons else ""
    return Need(
        TAKE_MINUTES * len(rows),
        ngettext("Review %(n)d take", "Review %(n)d takes", len(rows)) % {"n": len(rows)},
        says,
        _("Hear the first"),
        f"/producer/{program.slug}/takes/{rows[0].take_id}",
    )


def _auditions(program: Program, now: dt.datetime) -> Need | None:
    waiting = casting.waiting(program)
    if not waiting:
        return None
    days = (now - waiting[0].applied_at).days
    says = ngettext("the oldest has waited %(n)d day", "the oldest has waited %(n)d days", days) % {
        "n": days
    }
    return Need(
        AUDITION_MINUTES * len(waiting),
        ngettext("%(n)d audition", "%(n)d auditions", len(waiting)) % {"n": len(waiting)},
        says if days else _("new today"),
        _("Watch"),
        reverse("producer:audition", args=[program.slug, waiting[0].pk]),
    )


def _cases(program: Program, now: dt.datetime) -> Need | None:
    rows = cases.open_in(program)
    if not rows:
        return None
    due = timezone.localtime(rows[0].due_at)
    late = rows[0].due_at < now
    return Need(
        CASE_MINUTES * len(rows),
        ngettext("%(n)d question or dispute", "%(n)d questions and disputes", len(rows))
        % {"n": len(rows)},
        (_("answer was due %(at)s") if late else _("answer due %(at)s"))
        % {"at": due.strftime("%a %-d %b, %H:%M")},
        _("Answer"),
        reverse("producer:cases", args=[program.slug]),
        urgent=late,
    )


def house_need(person: Person, now: dt.datetime | None = None) -> Need | None:
    """Letters that name no program, for who answers for the house."""
    rows = cases.open_in_house(person) if answers_house(person) else []
    if not rows:
        return None
    late = rows[0].due_at < (now or timezone.now())
    due = timezone.localtime(rows[0].due_at).strftime("%a %-d %b, %H:%M")
    return Need(
        CASE_MINUTES * len(rows),
        ngettext("%(n)d letter to the house", "%(n)d letters to the house", len(rows))
        % {"n": len(rows)},
        (_("answer was due %(at)s") if late else _("answer due %(at)s")) % {"at": due},
        _("Answer"),
        reverse("producer:house"),
        urgent=late,
    )


def _labs(program: Program, now: dt.datetime) -> Need | None:
    late = []
    for engineer in members(program, "engineer"):
        open_ = release.unconfirmed(program, engineer)
        if open_ and now - open_[0].at > CONFIRM_WITHIN:
            late.append((now - open_[0].at).days)
    if not late:
        return None
    return Need(
        LAB_MINUTES * len(late),
        ngettext("%(n)d lab overdue", "%(n)d labs overdue", len(late)) % {"n": len(late)},
        _("a withdrawal, not confirmed for %(n)d days") % {"n": max(late)},
        _("See which"),
        f"/producer/{program.slug}/releases",
        urgent=True,
    )


def _budget(program: Program) -> Need | None:
    row = commission.running(program)
    if row is None or row.state != "open":
        return None
    left = pay.commission_free(program, row.pk)
    hour = Money(program.performer_hour_minor, program.currency)
    booking = for_seconds(hour, 2 * 3600)
    open_cells = any(cell.open for cell in commission.coverage(row).cells)
    if left.minor >= booking.minor or not open_cells:
        return None
    return Need(
        BUDGET_MINUTES,
        _("Budget"),
        _("%(left)s left, one booking is %(price)s, and cells are still open")
        % {"left": left, "price": booking},
        _("Decide"),
        reverse("producer:order", args=[program.slug]),
    )


def _orders(program: Program) -> list[Need]:
    found = []
    for row in commission.commissions_of(program):
        if row.state == "approved":
            says = _("approved by %(by)s, not open for bookings") % {"by": row.approved_by}
            address = reverse("producer:coverage", args=[program.slug, row.pk])
            found.append(Need(ORDER_MINUTES, row.name, says, _("Open it"), address))
        elif row.state == "draft":
            says = _("a draft that waits for approval")
            address = reverse("producer:draft", args=[program.slug, row.pk])
            found.append(Need(ORDER_MINUTES, row.name, says, _("Read it"), address))
    return found
