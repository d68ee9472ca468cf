"""Calls: what is announced, who answered, and the form for a new one."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from yesand.casting import actions, reads
from yesand.casting.models import Call
from yesand.casting.rules import DEFAULT_PIECES, Piece
from yesand.commission.models import Commission
from yesand.kit.errors import Refused
from yesand.kit.money import Money
from yesand.people.models import Program
from yesand.web.access import program_for
from yesand.web.sent import whole


class CallForm(forms.Form):
    """A new call. Pay, client and uses are the program's own and are not typed here."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    about = forms.CharField(
        label=gettext_lazy("What is played"),
        help_text=gettext_lazy("Two or three sentences a performer reads first."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    languages = forms.CharField(
        label=gettext_lazy("Languages played in"),
        help_text=gettext_lazy("Codes with commas between them: en, es"),
        max_length=120,
    )
    commission = forms.ModelChoiceField(
        Commission.objects.none(),
        label=gettext_lazy("For the order"),
        required=False,
        empty_label=gettext_lazy("any order of this program"),
    )
    heavy = forms.BooleanField(
        label=gettext_lazy("Heavy scenes may be offered"),
        help_text=gettext_lazy(
            "At most one a booking, only where both say yes to it for that booking, never better "
            "paid than a light one."
        ),
        required=False,
    )
    closes_on = forms.DateField(
        label=gettext_lazy("Open until and including"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    audition_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes the audition takes, all counted"), initial=15
    )
    title_1 = forms.CharField(label=gettext_lazy("First piece"), max_length=80)
    ask_1 = forms.CharField(
        label=gettext_lazy("What to do in it"), widget=forms.Textarea(attrs={"rows": 2})
    )
    seconds_1 = forms.IntegerField(label=gettext_lazy("At most so many seconds"))
    title_2 = forms.CharField(label=gettext_lazy("Second piece"), max_length=80)
    ask_2 = forms.CharField(
        label=gettext_lazy("What to do in it"), widget=forms.Textarea(attrs={"rows": 2})
    )
    seconds_2 = forms.IntegerField(label=gettext_lazy("At most so many seconds"))

    def __init__(self, program: Program, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Commission.objects.filter(program=program).exclude(state="closed")
        self.fields["commission"].queryset = mine  # type: ignore[attr-defined]
        self.fields["commission"].label_from_instance = lambda row: row.name  # type: ignore[attr-defined]

    def pieces(self) -> list[Piece]:
        """Both pieces as typed."""
        values = self.cleaned_data
        return [
            {
                "title": values[f"title_{n}"],
                "ask": values[f"ask_{n}"],
                "seconds": values[f"seconds_{n}"],
            }
            for n in (1, 2)
        ]


PLACES = {"closes_at": "closes_on", "piece_1": "ask_1", "piece_2": "ask_2"}


def _initial(program: Program, request: HttpRequest) -> dict[str, Any]:
    people = whole(request.GET.get("people"))
    language = request.GET.get("language", "")
    title = program.name
    if people is not None:
        asked = ngettext("%(n)d player for %(name)s", "%(n)d players for %(name)s", people)
        title = asked % {"n": people, "name": program.name}
    start: dict[str, Any] = {
        "title": title,
        "about": program.about,
        "languages": language,
        "audition_minutes": 15,
    }
    for number, piece in enumerate(DEFAULT_PIECES, start=1):
        start |= {
            f"title_{number}": piece["title"],
            f"ask_{number}": piece["ask"],
            f"seconds_{number}": piece["seconds"],
        }
    return start


@login_required
@require_http_methods(["GET", "POST"])
def calls(request: HttpRequest, slug: str) -> HttpResponse:
    """Every call of the program, and a new one."""
    program = program_for(request, slug, "producer")
    form = CallForm(program, request.POST or None, initial=_initial(program, request))
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        closes = None
        if values["closes_on"]:
            # The whole last day counts, in the zone of whoever opened the call.
            midnight = dt.datetime.combine(values["closes_on"] + dt.timedelta(days=1), dt.time(0))
            closes = timezone.make_aware(midnight)
        try:
            call = actions.open_call(
                program,
                values["title"],
                values["about"],
                [code for code in re.split(r"[\s,]+", values["languages"]) if code],
                commission=values["commission"],
                pieces=form.pieces(),
                audition_minutes=values["audition_minutes"],
                closes_at=closes,
                heavy=values["heavy"],
            )
        except Refused as refused:
            for problem in refused.problems:
                place = PLACES.get(problem.where, problem.where)
                form.add_error(place if place in form.fields else None, problem.says)
        else:
            messages.success(request, _("The call is public now: /calls/%s") % call.slug)
            return redirect("producer:calls", slug=slug)
    rows = reads.calls_of(program)
    now = timezone.now()
    return render(
        request,
        "producer/calls.html",
        {
            "program": program,
            "form": form,
            "rows": [{"call": call, "open": reads.is_open(call, now)} for call in rows],
            "waiting": reads.waiting(program),
            "roster": reads.roster(program),
            "free": len(reads.free(program)),
            "fee": Money(program.audition_minor, program.currency),
            "wrong": bool(form.errors),
        },
        status=400 if form.errors else 200,
    )


@login_required
@require_POST
def withdraw(request: HttpRequest, slug: str, call: uuid.UUID) -> HttpResponse:
    """Take no further applications; what was begun is heard, answered and paid."""
    program = program_for(request, slug, "producer")
    row = Call.objects.filter(pk=call, program=program).first()
    if row is None:
        raise Http404
    actions.withdraw_call(row)
    messages.success(request, _("No further applications. Auditions begun are heard and paid."))
    return redirect("producer:calls", slug=slug)
