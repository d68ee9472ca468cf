"""How it feels to play here, and spending against plan. Never a figure of one performer."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Avg, Count, Sum
from django.utils import timezone

from yesand.commission import reads as commission
from yesand.commission.models import Commission, Prompt
from yesand.kit.money import Money
from yesand.labels.models import SceneNote
from yesand.matching.models import Booking
from yesand.matching.reads import rebooked_share
from yesand.pay.models import Transfer
from yesand.pay.reads import Balances
from yesand.people.models import Program
from yesand.stage.models import Scene

FEWEST = 5
"""Performers below whom no figure about play is shown."""
BARS = 10


@dataclass(frozen=True)
class Feel:
    """fun: mean of 1 to 5 over scenes. people: how many answered, at least FEWEST."""

    fun: float
    scenes: int
    people: int
    swaps: float
    most_swapped: Prompt | None
    rebooked: float | None


def feel(program: Program) -> Feel | None:
    """What players say about playing here; None while fewer than five have answered."""
    notes = SceneNote.objects.filter(take__scene__session__program=program, fun__isnull=False)
    sums = notes.aggregate(
        fun=Avg("fun"), scenes=Count("take", distinct=True), people=Count("person", distinct=True)
    )
    if sums["people"] < FEWEST:
        return None
    swapped: Counter[str] = Counter()
    for swaps in Scene.objects.filter(session__program=program).values_list("swaps", flat=True):
        swapped.update(row["prompt"] for row in swaps)
    bookings = Booking.objects.filter(program=program, state="done").count()
    most = swapped.most_common(1)
    return Feel(
        fun=round(sums["fun"], 1),
        scenes=sums["scenes"],
        people=sums["people"],
        swaps=round(sum(swapped.values()) / bookings, 1) if bookings else 0.0,
        most_swapped=Prompt.objects.filter(pk=UUID(most[0][0])).first() if most else None,
        rebooked=rebooked_share(program),
    )


@dataclass(frozen=True)
class SpendBar:
    """One week: percent from the left, height of earned and of set aside, and the plan's line."""

    x: float
    width: float
    y: float
    height: float
    plan_y: float
    aside_y: float
    aside_height: float
    past: bool


@dataclass(frozen=True)
class Spending:
    """Money of one order by week since its approval."""

    bars: list[SpendBar]
    week: int
    weeks: int
    plan_now: Money


def spending(row: Commission, money: Balances, now: dt.datetime) -> Spending | None:
    """Earned so far by week beside an even plan of the order's money; None before approval."""
    promised, earned, set_aside = money.promised, money.earned, money.set_aside
    if row.approved_at is None or not promised:
        return None
    weeks = max(1, commission.order_of(row).weeks)
    begun = timezone.localtime(row.approved_at).date()
    begun -= dt.timedelta(days=begun.weekday())
    week = max(0, (timezone.localtime(now).date() - begun).days // 7)
    shown = max(weeks, week + 1)
    by_week: Counter[int] = Counter()
    rows = Transfer.objects.filter(
        state="posted", debit__program=row.program, credit__kind="earned",
        pending__debit__owner=str(row.pk),
    )  # fmt: skip
    for transfer in rows.values("at__date").annotate(minor=Sum("amount_minor")):
        by_week[(transfer["at__date"] - begun).days // 7] += transfer["minor"]
    top = max(promised.minor, earned.minor + set_aside.minor, 1)
    room = 100.0
    bars = []
    total = 0
    step = 100 / shown
    for number in range(shown):
        total += by_week[number]
        height = room * total / top if number <= week else 0.0
        aside = room * set_aside.minor / top if number == week else 0.0
        plan = room * promised.minor * min(1.0, (number + 1) / weeks) / top
        bars.append(
            SpendBar(
                x=round(step * number + step * 0.1, 2),
                width=round(step * 0.7, 2),
                y=round(10 + room - height, 1),
                height=round(height, 1),
                plan_y=round(10 + room - plan, 1),
                aside_y=round(10 + room - height - aside, 1),
                aside_height=round(aside, 1),
                past=number <= week,
            )
        )
    plan_minor = promised.minor * min(week + 1, weeks) // weeks
    return Spending(bars, week + 1, shown, Money(plan_minor, row.program.currency))
