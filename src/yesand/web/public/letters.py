"""Complaints, and "I may be in a recording": both open a case that a person answers."""

from __future__ import annotations

import datetime as dt
import math

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from yesand.cases import reads as cases
from yesand.cases.actions import open_case
from yesand.kit.errors import Refused
from yesand.people.models import Person, Program
from yesand.people.reads import open_programs, programs_of
from yesand.web import pace
from yesand.web.public.forms import ComplaintForm, InRecordingForm

HOUR = 3600


def _person(request: HttpRequest) -> Person | None:
    return request.user if isinstance(request.user, Person) else None


def _named(form: ComplaintForm | InRecordingForm, error: Refused) -> None:
    """Put a refusal beside the field it names."""
    for problem in error.problems:
        form.add_error(problem.where if problem.where in form.fields else None, problem.says)


@require_http_methods(["GET", "POST"])
def complaints(request: HttpRequest) -> HttpResponse:
    """Anybody may complain; a person answers within two working days."""
    person = _person(request)
    programs = programs_of(person) if person else open_programs()
    form = ComplaintForm(
        request.POST or None,
        programs=[(program.slug, program.name) for program in programs],
        known=person is not None,
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            pace.check(request, "complaint", 5, HOUR)
            about = Program.objects.filter(slug=said["program"]).first()
            case = open_case(
                about,
                "complaint",
                "program" if about else "house",
                about.pk if about else None,
                person,
                said["says"],
                contact=said.get("contact", ""),
            )
            request.session["wrote"] = case.due_at.isoformat()
            return redirect(reverse("public:complaints") + "?sent=1")
        except Refused as error:
            _named(form, error)
    figures = cases.answered_since(timezone.now() - dt.timedelta(days=30))
    slowest = figures.slowest
    return render(
        request,
        "public/complaints.html",
        {
            "form": form,
            "figures": figures,
            "slowest_hours": math.ceil(slowest.total_seconds() / 3600) if slowest else None,
            "own": cases.of_person(person) if person else [],
            "sent": _sent(request),
        },
        status=400 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
def in_a_recording(request: HttpRequest) -> HttpResponse:
    """For bystanders: tell what is remembered, without account."""
    form = InRecordingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        lines = [f"Where: {said['place']}", f"When: {said['day']}"]
        if said["voice"]:
            lines.append(f"Known by: {said['voice']}")
        try:
            pace.check(request, "in_recording", 5, HOUR)
            case = open_case(
                None,
                "in_recording",
                "bystander",
                None,
                _person(request),
                "\n".join(lines),
                contact=said["contact"],
            )
            request.session["wrote"] = case.due_at.isoformat()
            return redirect(reverse("public:in_a_recording") + "?sent=1")
        except Refused as error:
            _named(form, error)
    return render(
        request,
        "public/in_a_recording.html",
        {"form": form, "sent": _sent(request)},
        status=400 if form.errors else 200,
    )


def _sent(request: HttpRequest) -> dt.datetime | None:
    """Until when an answer is due, right after something was written here."""
    said = request.session.get("wrote", "") if request.GET.get("sent") else ""
    return dt.datetime.fromisoformat(said) if said else None
