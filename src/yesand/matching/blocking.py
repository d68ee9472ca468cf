"""Never again with this partner: a block, what it ends at once, and how it is undone.

The other is never told. What they had booked together ends like any booking the house changes:
the same words, the same pay, the same fact, so that nothing about it points at a person.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from yesand.infra import facts
from yesand.kit.errors import refuse
from yesand.matching import actions
from yesand.matching.models import Block, Booking
from yesand.people.models import Person

#: What both read about a booking that ends here; translated where it is shown.
CHANGED = gettext_noop("Booking changed.")


@transaction.atomic
def block(person: Person, other: Person) -> Block:
    """Never pair these two again. Offers and bookings of both that have not begun end at once.

    A late change pays both in full, as every change by the house does. Again changes nothing.
    """
    if person.pk == other.pk:
        raise refuse("not_yourself", "You cannot block yourself.")
    row, made = Block.objects.get_or_create(person=person, other=other)
    if made:
        # Whom it is about stands in the row alone: facts are read more widely.
        facts.append("matching", "blocked", None)
    for booking in between(person, other):
        actions.cancel(booking, "producer", CHANGED)
    return row


@transaction.atomic
def unblock(person: Person, other: Person) -> bool:
    """Undo one's own block; what it ended stays ended. True where there was one."""
    gone, _rows = Block.objects.filter(person=person, other=other).delete()
    return gone > 0


def between(person: Person, other: Person) -> list[Booking]:
    """Offers and confirmed bookings of exactly these two that have not begun."""
    rows = Booking.objects.filter(state__in=("offered", "confirmed"))
    rows = rows.filter(seats__person=person).filter(seats__person=other)
    return list(rows.order_by("starts_at"))


def blocked_by(person: Person) -> list[Block]:
    """Whom this person blocked, newest first; for their own page alone."""
    return list(Block.objects.filter(person=person).select_related("other").order_by("-at"))


def may_block(person: Person, other: Person) -> bool:
    """True where a page offers it: the other is a human, and not blocked already."""
    known = Block.objects.filter(person=person, other=other).exists()
    return other.player_kind == "human" and not known


def apart(person: Person, other: Person) -> bool:
    """True where either blocked the other. For booking and for the desk that answers a report."""
    pair = Q(person=person, other=other) | Q(person=other, other=person)
    return Block.objects.filter(pair).exists()
