"""Where the client's money is, and what goes out next."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yesand.commission.models import Commission
from yesand.pay import payout, reads
from yesand.pay.models import Payout
from yesand.web.access import program_for


def pay_day(today: dt.date) -> dt.date:
    """The Friday after a date: the day payouts leave."""
    return today + dt.timedelta(days=(4 - today.weekday()) % 7 or 7)


@login_required
@require_http_methods(["GET", "POST"])
def money(request: HttpRequest, slug: str) -> HttpResponse:
    """Balances per order, the ledger's residual, and payouts to prepare."""
    program = program_for(request, slug, "producer")
    if request.method == "POST":
        due = payout.prepare(program, pay_day(timezone.localdate()))
        messages.success(request, _("%(n)s payouts prepared.") % {"n": len(due)})
        return redirect("producer:money", slug=slug)
    orders = Commission.objects.filter(program=program).exclude(state="draft")
    return render(
        request,
        "producer/money.html",
        {
            "program": program,
            "total": reads.balances(program),
            "orders": [(c, reads.balances(program, c.pk)) for c in orders],
            "residual": reads.residual(program),
            "payouts": Payout.objects.filter(program=program)
            .select_related("person")
            .order_by("sent_at", "pay_on")[:100],
            "pay_day": pay_day(timezone.localdate()),
        },
    )
