"""Where a person lands after signing in: at their own desk."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from yesand.matching.reads import next_booking
from yesand.web.access import person_of
from yesand.web.frame import desks_of


@login_required
def desk(request: HttpRequest) -> HttpResponse:
    """The only desk at once, a choice where there are several, the calls where there is none."""
    person = person_of(request)
    desks = desks_of(person)
    if len(desks) == 1:
        return redirect(desks[0][1])
    if not desks:
        return redirect("/me" if next_booking(person) else "/#calls")
    return render(request, "public/desk.html", {"desks": desks})
