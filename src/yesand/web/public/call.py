"""One call: what a booking pays, who asks, what they may and may not do, hours, the audition."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from statistics import median_low

from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yesand.casting import reads
from yesand.casting.models import Call
from yesand.commission.models import Commission
from yesand.consent import reads as consent
from yesand.consent import rules
from yesand.kit.money import Money, for_seconds
from yesand.pay.models import Transfer
from yesand.people.models import Program
from yesand.web.producer.order_form import language_name
from yesand.web.public.figures import hours_open

FEWEST = 5
"""Performers below whom nobody's earnings are shown."""
BOOKING_MINUTES = 60
DOT = 7


@dataclass(frozen=True)
class Block:
    """A stretch of a booking. tone: rec (scenes and notes in turn), last (one scene) or ""."""

    minutes: int
    words: object
    tone: str = ""


BLOCKS = (
    Block(5, gettext_lazy("check")),
    Block(5, gettext_lazy("warm-up")),
    Block(15, gettext_lazy("scenes 1 and 2, notes"), "rec"),
    Block(5, gettext_lazy("break")),
    Block(15, gettext_lazy("scenes 3 and 4, notes"), "rec"),
    Block(7, gettext_lazy("your choice"), "rec last"),
    Block(8, gettext_lazy("step-out, exit page")),
)
"""A booking of shorts, as PLAY has it."""


@dataclass(frozen=True)
class Use:
    """One purpose the program asks for, in the words of its newest text."""

    code: str
    title: str
    says: str
    preexplained: bool


@dataclass(frozen=True)
class Earned:
    """Last month's earnings: one dot per performer, (x in percent, y in pixels, marked)."""

    month: dt.date
    people: int
    lowest: Money
    middle: Money
    most: Money
    dots: list[tuple[float, int, bool]]
    middle_x: float
    height: int


@dataclass(frozen=True)
class Open:
    """Hours still to be played, by what they need."""

    hours: float
    recognition: float
    evaluation: float

    @property
    def recognition_width(self) -> float:
        return round(100 * self.recognition / self.hours, 1) if self.hours else 0.0


@require_safe
def call(request: HttpRequest, slug: str) -> HttpResponse:
    """A call anybody may read, open or closed."""
    found = reads.call_by_slug(slug)
    if found is None:
        raise Http404
    program = found.program
    now = timezone.now()
    hour = Money(program.performer_hour_minor, program.currency)
    application = None
    if request.user.is_authenticated:
        application = reads.application_of(found, request.user)  # type: ignore[arg-type]
    return render(
        request,
        "public/call.html",
        {
            "call": found,
            "program": program,
            "is_open": reads.is_open(found, now),
            "others": [row for row in reads.open_calls(now=now) if row.pk != found.pk][:3],
            "application": application,
            "languages": [language_name(code) for code in found.languages],
            "minutes": BOOKING_MINUTES,
            "pay": for_seconds(hour, BOOKING_MINUTES * 60),
            "per_minute": for_seconds(hour, 60),
            "standby": Money(hour.minor * program.standby_percent // 100, program.currency),
            "fee": Money(program.audition_minor, program.currency),
            "blocks": BLOCKS,
            "uses": uses(program),
            "never": [
                consent.title_of(code) for code in rules.PURPOSES if code not in program.purposes
            ],
            "open": open_hours(found),
            "earned": earned(program, now),
            "last_day": found.closes_at - dt.timedelta(minutes=1) if found.closes_at else None,
        },
    )


def uses(program: Program) -> list[Use]:
    """What the program asks for, each with the first paragraph of its text."""
    found = []
    for code in program.purposes:
        if code not in rules.PURPOSES:
            continue
        terms = consent.terms_of(program, code)
        says = terms.text.strip().split("\n\n")[0] if terms else ""
        found.append(Use(code, consent.title_of(code), says, code in rules.PREEXPLAINED))
    return found


def open_hours(call: Call) -> Open:
    """Hours of the call's order, or of every open order of its program, by use."""
    if call.commission is not None:
        orders = [call.commission] if call.commission.state in {"open", "approved"} else []
    else:
        orders = list(
            Commission.objects.filter(program=call.program, state__in=["open", "approved"])
        )
    by_use = {"train": 0.0, "evaluation": 0.0}
    for order in orders:
        by_use[order.use] += hours_open(order)
    return Open(sum(by_use.values()), by_use["train"], by_use["evaluation"])


def earned(program: Program, now: dt.datetime) -> Earned | None:
    """What performers earned in the last whole month; None below five of them."""
    first = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    before = (first - dt.timedelta(days=1)).replace(day=1)
    rows = (
        Transfer.objects.filter(
            state="posted",
            credit__kind="earned",
            credit__program=program,
            event_kind__in=["booking", "audition", "standby"],
            at__gte=before,
            at__lt=first,
        )
        .values("credit__owner")
        .annotate(minor=Sum("amount_minor"))
    )
    sums = sorted(row["minor"] for row in rows)
    if len(sums) < FEWEST:
        return None
    most = sums[-1]
    middle = median_low(sums)
    marked = {sums[0], middle}
    stacks: dict[int, int] = {}
    dots = []
    for minor in sums:
        column = round(100 * minor / most / 4)
        stacks[column] = stacks.get(column, 0) + 1
        dots.append((4.0 * column * 0.97, stacks[column], minor in marked))
        marked.discard(minor)
    height = 17 * max(stacks.values()) + 16
    return Earned(
        month=before.date(),
        people=len(sums),
        lowest=Money(sums[0], program.currency),
        middle=Money(middle, program.currency),
        most=Money(most, program.currency),
        dots=[(round(x, 1), height + 3 - 17 * level, mark) for x, level, mark in dots],
        middle_x=round(4.0 * round(25 * middle / most) * 0.97, 1),
        height=height,
    )
