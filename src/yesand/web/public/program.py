"""A program's public page: who ordered it, what it may be used for, what it pays and paid."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from yesand.consent import reads as consent
from yesand.consent import rules
from yesand.kit.money import Money
from yesand.people.models import Program
from yesand.release import reads as release
from yesand.release.models import Release
from yesand.web.public import figures


def program(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of one program; a program without terms or calls has one too."""
    found = Program.objects.select_related("client").filter(slug=slug).first()
    if found is None:
        raise Http404
    asked = [
        (consent.title_of(purpose), consent.terms_of(found, purpose))
        for purpose in found.purposes
        if purpose in rules.PURPOSES
    ]
    never = [consent.title_of(p) for p in rules.PURPOSES if p not in found.purposes]
    released = Release.objects.filter(program=found, state__in=("published", "superseded"))
    return render(
        request,
        "public/program.html",
        {
            "program": found,
            "line": figures.program_line(found),
            "calls": [c for c in figures.open_calls(timezone.now()) if c.call.program == found],
            "asked": asked,
            "never": never,
            "performer_hour": Money(found.performer_hour_minor, found.currency),
            "rater_hour": Money(found.rater_hour_minor, found.currency),
            "audition": Money(found.audition_minor, found.currency),
            "releases": released.order_by("-published_at"),
            "models": release.models_of(found),
            "terms": consent.terms_of(found, "terms"),
        },
    )
