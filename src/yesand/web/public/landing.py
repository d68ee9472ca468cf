"""The start page: what this is, who may come in, and figures counted from the books."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from yesand.cases import reads as cases
from yesand.people.reads import open_programs
from yesand.web.public import figures, wheel
from yesand.web.public.picture import picture


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """The landing page."""
    now = timezone.now()
    calls = figures.open_calls(now)
    return render(
        request,
        "public/landing.html",
        {
            "picture": picture(),
            "calls": calls,
            "first_call": calls[0] if calls else None,
            "promises": figures.promises(now),
            "days": figures.DAYS,
            "wheel": wheel.address(),
            "now": now,
            "programs": [figures.program_line(program) for program in open_programs()],
            "complaints": cases.answered_since(now - dt.timedelta(days=30)),
        },
    )
