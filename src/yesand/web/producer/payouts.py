"""Bank files from the money page: written, downloaded, sent, returned, taken back."""

from __future__ import annotations

import datetime as dt
import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yesand.kit.errors import Refused, refuse
from yesand.pay import payout
from yesand.pay.models import BankFile, Payout
from yesand.people.models import Person, Program
from yesand.web.access import chosen, person_of, program_for


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise refuse("bad_day", _("Give the day the bank sent it."), "sent_on") from None


def _write(request: HttpRequest, program: Program, by: Person) -> str:
    file = chosen(BankFile, request.POST.get("file"), program=program)
    waiting = payout.write(file)
    if waiting:
        return _("Written. Left out, and still owed, for want of an account: %(who)s.") % {
            "who": ", ".join(str(person) for person in waiting)
        }
    return _("Written: its lines are fixed now. Download it and give it to the bank.")


def _send(request: HttpRequest, program: Program, by: Person) -> str:
    file = chosen(BankFile, request.POST.get("file"), program=program)
    payout.send(file, _day(request.POST.get("sent_on", "")), request.POST.get("reference", ""), by)
    return _("Marked as sent. Everybody in it sees it on the own money page.")


def _undo_send(request: HttpRequest, program: Program, by: Person) -> str:
    payout.undo_send(chosen(BankFile, request.POST.get("file"), program=program))
    return _("Taken back: it counts as not sent.")


def _drop(request: HttpRequest, program: Program, by: Person) -> str:
    payout.drop(chosen(BankFile, request.POST.get("file"), program=program))
    return _("Thrown away. Everything in it is owed as before.")


def _returned(request: HttpRequest, program: Program, by: Person) -> str:
    line = chosen(Payout, request.POST.get("line"), program=program)
    payout.returned(line, request.POST.get("reason", ""), by)
    return _("Marked as returned. It is owed again and goes into the next file.")


def _undo_return(request: HttpRequest, program: Program, by: Person) -> str:
    payout.undo_return(chosen(Payout, request.POST.get("line"), program=program))
    return _("Taken back: it counts as sent.")


DOES = {
    "write": _write,
    "send": _send,
    "undo_send": _undo_send,
    "drop": _drop,
    "returned": _returned,
    "undo_return": _undo_return,
}


@login_required
@require_POST
def step(request: HttpRequest, slug: str) -> HttpResponse:
    """One step of a bank file or of one line in it; what is refused is said on the page."""
    program = program_for(request, slug, "producer")
    does = DOES.get(request.POST.get("act", ""))
    if does is None:
        raise Http404
    try:
        messages.success(request, does(request, program, person_of(request)))
    except Refused as refused:
        messages.error(request, str(refused.problems[0].says))
    return redirect("producer:money", slug=slug)


@login_required
@require_safe
def bank_file(request: HttpRequest, slug: str, file: uuid.UUID) -> HttpResponse:
    """The file for the bank, as often as it is needed; each time leaves a fact with who asked."""
    program = program_for(request, slug, "producer")
    row = chosen(BankFile, str(file), program=program)
    try:
        text = payout.bank_file(row, person_of(request).pk)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("producer:money", slug=slug)
    answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
    name = f"{program.slug}-bank-file-{row.number}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer
