"""Money: what was earned line by line, what comes when, and the same as a table."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from yesand.pay import payout, reads
from yesand.people.reads import programs_of
from yesand.web.access import person_of
from yesand.web.money import statement_csv
from yesand.web.producer.money import pay_day


@login_required
def money(request: HttpRequest) -> HttpResponse:
    """Every line with its event and rule, the open balance and its day."""
    person = person_of(request)
    programs = programs_of(person)
    return render(
        request,
        "performer/money.html",
        {
            "lines": reads.statement(person),
            "earned": reads.earned(person),
            "owed": [(p, due) for p in programs if (due := reads.owed(person, p))],
            "rates": [(p, rate) for p in programs if (rate := reads.effective_hour(person, p))],
            "payouts": reads.payouts(person),
            "pay_day": pay_day(timezone.localdate()),
            "account": payout.masked_account(person),
        },
    )


@login_required
def money_csv(request: HttpRequest) -> HttpResponse:
    """The same lines for a spreadsheet."""
    return statement_csv(reads.statement(person_of(request)))
