"""The performer's home: the next booking first, then money, the week, takes, offers and limits."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yesand.cases.actions import open_case
from yesand.casting import reads as casting
from yesand.consent import reads as consent
from yesand.kit.money import Money, for_seconds
from yesand.matching import reads as matching
from yesand.matching.models import Seat
from yesand.pay import payout
from yesand.pay import reads as pay
from yesand.people.models import Person, Program
from yesand.people.reads import programs_of
from yesand.stage import reads as stage
from yesand.web import pace
from yesand.web.access import performer_in, person_of
from yesand.web.performer import own_takes, week
from yesand.web.performer.limits import grant_lines, limit_line
from yesand.web.performer.went import summary
from yesand.web.producer.money import pay_day

OPENS = dt.timedelta(minutes=15)


@dataclass(frozen=True)
class Step:
    """One thing to do before a first booking."""

    address: str
    says: str
    why: str


def steps(person: Person, programs: list[Program]) -> list[Step]:
    """What still keeps a performer from being booked, the quickest first."""
    found = []
    now = timezone.now()
    for program in programs:
        if consent.granted_purposes(person, program, now):
            continue
        found.append(
            Step(
                f"/me/consent/{program.slug}",
                _("Choose what %(program)s may do") % {"program": program.name},
                _("Each use is a yes of its own. Nothing is ticked for you."),
            )
        )
    if person.adult_verified_at is None:
        found.append(
            Step(
                "/me/identity",
                _("Show that you are 18 or older"),
                _("Your legal name stays sealed. Others see your alias."),
            )
        )
    if not matching.windows(person):
        found.append(
            Step(
                "/me/availability",
                _("Say when you could play"),
                _("A schedule only offers inside these times."),
            )
        )
    return found


@dataclass(frozen=True)
class Booked:
    """The next booking as the page says it."""

    seat: Seat
    partner: str
    pay: Money
    open_now: bool
    free_until: dt.datetime


def booked(seat: Seat | None, now: dt.datetime) -> Booked | None:
    """The words around a seat, or None."""
    if seat is None:
        return None
    row = seat.booking
    met = Seat.objects.filter(
        booking__seats__person=seat.person_id,
        person=matching.partner(seat).person_id,
        booking__state="done",
    ).exists()
    hour = Money(seat.rate.hour_minor, seat.rate.currency)
    ends = row.starts_at + dt.timedelta(minutes=row.minutes)
    return Booked(
        seat,
        matching.partner(seat).person.alias if met else "",
        for_seconds(hour, row.minutes * 60),
        row.starts_at - OPENS <= now <= ends,
        row.starts_at - dt.timedelta(hours=24),
    )


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """One page that says what is next."""
    person = person_of(request)
    now = timezone.now()
    programs = programs_of(person, "performer")
    monday = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    monday -= dt.timedelta(days=monday.weekday())
    lines = pay.statement(person)
    this_week = [line.amount for line in lines if line.at >= monday and line.amount.minor > 0]
    takes = own_takes.of_person(person, limit=12)
    last = [t for t in takes if t.take.scene.session_id == takes[0].take.scene.session_id]
    never, veiled = limit_line(person)
    return render(
        request,
        "performer/home.html",
        {
            "next": booked(matching.next_booking(person), now),
            "room": stage.running_of(person),
            "steps": steps(person, programs) if programs else [],
            "week_money": _sums(this_week) or [Money(0, p.currency) for p in programs[:1]],
            "rates": [r for p in programs if (r := pay.effective_hour(person, p))],
            "pay_day": pay_day(timezone.localdate()),
            "account": payout.masked_account(person),
            "last_line": lines[0] if lines else None,
            "days": week.days(person, monday),
            "last": list(reversed(last)),
            "offers": [(seat, booked(seat, now)) for seat in matching.offers(person)],
            "waiting": matching.waiting(person),
            "went": summary(person),
            "never": never,
            "veiled": veiled,
            "grants": grant_lines(person),
            "programs": programs,
            "applications": [
                a for a in casting.applications_of(person) if a.state in ("applied", "recorded")
            ],
        },
    )


def _sums(amounts: list[Money]) -> list[Money]:
    """One sum per currency."""
    sums: dict[str, Money] = {}
    for amount in amounts:
        sums[amount.currency] = sums.get(amount.currency, Money(0, amount.currency)) + amount
    return list(sums.values())


@login_required
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """A word to a human of a program; answered within a day."""
    program = get_object_or_404(Program, slug=request.POST.get("program", ""))
    person = performer_in(request, program)
    pace.check(request, "ask", 10, 3600)
    case = open_case(program, "help", "person", person.pk, person, request.POST.get("says", ""))
    messages.success(
        request,
        _("A person has it. You hear from us by %(when)s.")
        % {"when": own_takes.moment(case.due_at)},
    )
    return redirect("performer:home")
