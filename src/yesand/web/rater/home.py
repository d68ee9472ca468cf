"""The rater's home and statement."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from yesand.kit.money import Money, for_seconds
from yesand.labels import reads as labels
from yesand.pay import reads as pay
from yesand.people.models import Program
from yesand.people.reads import programs_of
from yesand.web.access import person_of
from yesand.web.money import statement_csv

MINUTES_TO_BREAK = 50
SECONDS_AN_ITEM = 20


@dataclass(frozen=True)
class Desk:
    """One program's queue as its rater sees it."""

    program: Program
    waiting: int
    about_minutes: int
    seconds: int
    answers: int
    so_far: Money
    floor: Money
    words: str
    compared: int


def _words(share: float | None) -> str:
    if share is None:
        return ""
    steps = (
        (0.25, _("seldom")),
        (0.45, _("at times")),
        (0.65, _("often")),
        (0.85, _("usually")),
    )
    return next((word for most, word in steps if share < most), _("nearly always"))


def _desk(request: HttpRequest, program: Program) -> Desk:
    rater = person_of(request)
    waiting = labels.waiting(rater, program)
    seconds, answers = labels.worked_today(rater, program)
    floor = Money(program.rater_hour_minor, program.currency)
    compared, _same, share = labels.agreement(rater, program)
    return Desk(
        program=program,
        waiting=waiting,
        about_minutes=-(-waiting * SECONDS_AN_ITEM // 60),
        seconds=seconds,
        answers=answers,
        so_far=for_seconds(floor, seconds),
        floor=floor,
        words=_words(share),
        compared=compared,
    )


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Start first; then today, how you hear beside the others, and the statement."""
    programs = programs_of(person_of(request), "rater")
    desks = [_desk(request, program) for program in programs]
    desks.sort(key=lambda d: -d.waiting)
    return render(
        request,
        "rater/home.html",
        {"queues": desks, "lines": pay.statement(person_of(request))[:6]},
    )


@login_required
def money(request: HttpRequest) -> HttpResponse:
    """Every line with its event and rule."""
    person = person_of(request)
    return render(
        request,
        "rater/money.html",
        {
            "lines": pay.statement(person),
            "earned": pay.earned(person),
            "payouts": pay.payouts(person),
        },
    )


@login_required
def money_csv(request: HttpRequest) -> HttpResponse:
    """The same as a table for a spreadsheet."""
    return statement_csv(pay.statement(person_of(request)))
