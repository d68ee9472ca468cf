"""Answering a call: who you play as, 18 or older, the terms signed before the first second."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from yesand.casting import actions, reads
from yesand.casting.models import Application, Call
from yesand.consent import reads as consent
from yesand.kit.errors import Refused
from yesand.kit.money import Money
from yesand.people import actions as people
from yesand.people.models import Person
from yesand.web.access import person_of
from yesand.web.errors import dead_end


class ApplyForm(forms.Form):
    """What an application needs beside an account."""

    alias = forms.CharField(
        label=gettext_lazy("The name you play under"),
        help_text=gettext_lazy("Partners see this one, never your own."),
        max_length=40,
    )
    languages = forms.CharField(
        label=gettext_lazy("Languages you play in"),
        help_text=gettext_lazy("Codes with commas between them, best first: en, es"),
        max_length=80,
    )
    says = forms.CharField(
        label=gettext_lazy("What should we know?"),
        help_text=gettext_lazy(
            "If you like: where you have played, what you love to play. Nobody counts credits."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        required=False,
    )
    adult = forms.BooleanField(
        label=gettext_lazy("I am 18 or older"),
        error_messages={"required": gettext_lazy("Only people of 18 or older may play here.")},
    )
    terms = forms.BooleanField(
        label=gettext_lazy("I have read and sign these terms"),
        error_messages={
            "required": gettext_lazy("Read and sign them first: an audition is a recording.")
        },
    )

    def __init__(self, signs: bool, *args: Any, **kwargs: Any) -> None:
        """signs: whether the program has terms that must be signed."""
        super().__init__(*args, **kwargs)
        self.fields["terms"].required = signs


@login_required
@require_http_methods(["GET", "POST"])
def apply(request: HttpRequest, slug: str) -> HttpResponse:
    """The application; a second one leads to the first."""
    call = reads.call_by_slug(slug)
    if call is None:
        raise Http404
    person = person_of(request)
    known = reads.application_of(call, person)
    if known is not None:
        return redirect("performer:application", application=known.pk)
    if not reads.is_open(call):
        return _used_up(request, call)
    terms = consent.terms_of(call.program, "terms")
    start = {"alias": person.alias, "languages": ", ".join(person.languages)}
    form = ApplyForm(terms is not None, request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            made = _apply(call, person, form.cleaned_data)
        except Refused as refused:
            for problem in refused.problems:
                place = problem.where if problem.where in form.fields else None
                form.add_error(place, problem.says)
        else:
            return redirect("performer:audition", application=made.pk, piece=1)
    return render(
        request,
        "performer/apply.html",
        {
            "call": call,
            "program": call.program,
            "form": form,
            "terms": terms,
            "fee": Money(call.program.audition_minor, call.program.currency),
        },
        status=400 if form.errors else 200,
    )


@transaction.atomic
def _apply(call: Call, person: Person, values: dict[str, Any]) -> Application:
    """Profile and application together, or neither."""
    languages = [code for code in re.split(r"[\s,]+", values["languages"]) if code]
    if values["alias"] != person.alias or languages != person.languages:
        people.set_profile(person, alias=values["alias"], languages=languages)
    return actions.apply(call, person, values["says"], adult=values["adult"], terms=values["terms"])


def _used_up(request: HttpRequest, call: Call) -> HttpResponse:
    """A call that takes nobody more says why, what is open and that nothing was owed."""
    others = [row for row in reads.open_calls() if row.pk != call.pk][:3]
    links = [(f"/calls/{row.slug}", row.title) for row in others]
    why = _("The producer closed it, or its last day is over.")
    if call.program.closed_at is not None:
        why = _("Its program is closed.")
    return dead_end(
        request,
        title=_("%(title)s takes no more applications") % {"title": call.title},
        why=why,
        next_says=_("These calls are open now:") if others else _("No other call is open today."),
        pays=_("Auditions that were begun are heard, answered and paid."),
        links=[*links, ("/me", _("My home"))],
        status=409,
    )


def own_application(request: HttpRequest, application: uuid.UUID) -> Application:
    """The signed-in performer's application; anybody else's does not exist here."""
    found = (
        Application.objects.select_related("call__program__client", "person", "decided_by")
        .filter(pk=application, person=person_of(request))
        .first()
    )
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def application(request: HttpRequest, application: uuid.UUID) -> HttpResponse:
    """Where an application stands: pieces left, waiting with its pay, or the answer."""
    row = own_application(request, application)
    return render(
        request,
        "performer/application.html",
        {
            "application": row,
            "program": row.call.program,
            "pieces": reads.pieces_of(row),
            "fee": Money(row.call.program.audition_minor, row.call.program.currency),
        },
    )
