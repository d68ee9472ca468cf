"""My account: profile, proof of age, where money goes, and everything we hold about a person."""

from __future__ import annotations

import json

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from yesand.kit.errors import Refused
from yesand.pay import payout
from yesand.people.actions import set_profile
from yesand.web import pace
from yesand.web.access import person_of
from yesand.web.performer.forms import IdentityForm, PayoutForm, ProfileForm
from yesand.web.performer.own_data import own_data


def say_beside(form: forms.Form, error: Refused) -> None:
    """Put each problem of a refusal beside the field it names."""
    for problem in error.problems:
        form.add_error(problem.where if problem.where in form.fields else None, problem.says)


@login_required
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """What a person says about themselves."""
    person = person_of(request)
    form = ProfileForm(person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            set_profile(person, **form.cleaned_data)
        except Refused as error:
            say_beside(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("performer:account")
    return render(
        request,
        "performer/account.html",
        {"form": form, "account": payout.masked_account(person)},
        status=400 if form.errors else 200,
    )


@sensitive_post_parameters("legal_name", "born", "account")
@login_required
@require_http_methods(["GET", "POST"])
def identity(request: HttpRequest) -> HttpResponse:
    """18 or older, before the first booking; and the account that money goes to."""
    person = person_of(request)
    which = request.POST.get("form", "") if request.method == "POST" else ""
    age = IdentityForm(request.POST if which == "identity" else None)
    money = PayoutForm(request.POST if which == "payout" else None)
    try:
        if which:
            pace.check(request, "identity", 10, 3600)
        if which == "identity" and age.is_valid():
            payout.prove_adult(person, age.cleaned_data["legal_name"], age.cleaned_data["born"])
            messages.success(request, _("Thank you. You can be booked now."))
            return redirect("performer:identity")
        if which == "payout" and money.is_valid():
            payout.set_payout(person, money.cleaned_data["account"])
            messages.success(request, _("Saved. Money goes there from the next payout on."))
            return redirect("performer:identity")
    except Refused as error:
        say_beside(age if which == "identity" else money, error)
    return render(
        request,
        "performer/identity.html",
        {"age": age, "money": money, "account": payout.masked_account(person)},
        status=400 if age.errors or money.errors else 200,
    )


@login_required
@require_GET
def data(request: HttpRequest) -> HttpResponse:
    """Everything the houses hold about a person, as one JSON file."""
    text = json.dumps(own_data(person_of(request)), indent=2, ensure_ascii=False, default=str)
    answer = HttpResponse(text, content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return answer
