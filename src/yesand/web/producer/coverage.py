"""One commission: how much of it is recorded and released, cell by cell, and what to book next."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from yesand.casting import reads as casting
from yesand.commission import reads
from yesand.commission.models import Commission
from yesand.kit.money import Money, for_seconds
from yesand.pay import reads as pay
from yesand.stage.models import Take
from yesand.web.access import program_for
from yesand.web.producer.grid import Grid, GridCell, grid
from yesand.web.producer.order import commission_for
from yesand.web.producer.order_figures import figures
from yesand.web.public.figures import played_hours

CUED_SCENES = 3
"""Scenes with cues in one booking of shorts (PLAY): each may be cued for the same cell."""
BOOKING_SECONDS = 3600


@dataclass(frozen=True)
class Booking:
    """What filling one pair would take. price: both performers of all bookings."""

    bookings: int
    each: Money
    price: Money


def bookings_for(commission: Commission, cell: GridCell | None) -> Booking | None:
    """Bookings that could fill what is open in a pair; None where it is full."""
    if cell is None or not cell.count.open:
        return None
    count = -(-cell.count.open // CUED_SCENES)
    program = commission.program
    each = for_seconds(Money(program.performer_hour_minor, program.currency), BOOKING_SECONDS)
    return Booking(count, each, Money(each.minor * 2 * count, program.currency))


def picture(request: HttpRequest, commission: Commission) -> dict[str, object]:
    """Context of the coverage picture, for this page and the program's home."""
    drawn: Grid = grid(reads.coverage(commission), request.GET.get("cell", ""))
    chosen = drawn.selected.key.split(":") if drawn.selected else ["", ""]
    languages = list(reads.order_of(commission).languages)
    takes = reads.takes_in(commission, *chosen)
    played = Take.objects.filter(pk__in=takes).select_related("scene__prompt")
    return {
        "grid": drawn,
        "book": bookings_for(commission, drawn.selected),
        "free": len(casting.free(commission.program, languages)),
        "cell_takes": sorted(played, key=lambda take: -take.opened_at),
        "cell_takes_count": len(takes),
    }


def hours_of(commission: Commission) -> float:
    """Scene hours played for a commission; counted apart from its quotas."""
    return played_hours(Q(scene__session__commission=commission))


@login_required
@require_safe
def coverage(request: HttpRequest, slug: str, commission: uuid.UUID) -> HttpResponse:
    """The grid of an approved order, its state and its money."""
    program = program_for(request, slug, "producer")
    row = commission_for(program, commission)
    if row.state == "draft":
        return redirect("producer:draft", slug=slug, commission=row.pk)
    order = reads.order_of(row)
    context = {
        "program": program,
        "commission": row,
        "order": order,
        "hours_played": hours_of(row),
        "money": pay.balances(program, row.pk),
        **picture(request, row),
    }
    if getattr(request, "htmx", False):
        return render(request, "producer/_coverage.html", context)
    return render(request, "producer/coverage.html", context | figures(program, order))
