"""Where the client's money is, and what goes out next."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from yesand.commission.models import Commission
from yesand.pay import payout, reads
from yesand.web.access import person_of, program_for


def pay_day(today: dt.date) -> dt.date:
    """The Friday after a date: the day payouts leave."""
    return today + dt.timedelta(days=(4 - today.weekday()) % 7 or 7)


@login_required
@require_http_methods(["GET", "POST"])
def money(request: HttpRequest, slug: str) -> HttpResponse:
    """Balances per order, the ledger's residual, and the bank files with their payouts."""
    program = program_for(request, slug, "producer")
    if request.method == "POST":
        due = payout.prepare(program, pay_day(timezone.localdate()), person_of(request))
        messages.success(
            request,
            ngettext("%(n)d payout prepared.", "%(n)d payouts prepared.", len(due))
            % {"n": len(due)}
            if due
            else _("Nothing is owed that is not in a file already."),
        )
        return redirect("producer:money", slug=slug)
    files = reads.bank_files(program)
    orders = Commission.objects.filter(program=program).exclude(state="draft")
    return render(
        request,
        "producer/money.html",
        {
            "program": program,
            "total": reads.balances(program),
            "orders": [(c, reads.balances(program, c.pk)) for c in orders],
            "residual": reads.residual(program),
            "files": files,
            "waiting": {
                line.pk
                for view in files
                if view.file.state == "prepared"
                for line in payout.without_account(view.lines)
            },
            "undoable": {
                line.pk for view in files for line in view.lines if reads.undoable(line.returned_at)
            },
            "today": timezone.localdate(),
            "pay_day": pay_day(timezone.localdate()),
        },
    )
