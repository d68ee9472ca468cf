"""Lines and veils, and the grants in one line each."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yesand.commission.prompt_schema import TAGS
from yesand.consent import reads as consent
from yesand.matching import blocking
from yesand.people import reads as people
from yesand.people.actions import set_limits
from yesand.people.models import Person
from yesand.web.access import person_of


def words_of(tag: str) -> str:
    """A content tag as people read it."""
    return _(TAGS[tag]) if tag in TAGS else tag.replace("-", " ")


def limit_line(person: Person) -> tuple[str, str]:
    """(never, off-screen) as lists in words; "" where none is set."""
    limits = people.limits_of(person)
    lines = [words_of(tag) for tag, kind in limits.items() if kind == "line"]
    veils = [words_of(tag) for tag, kind in limits.items() if kind == "veil"]
    return ", ".join(lines), ", ".join(veils)


def grant_lines(person: Person) -> list[tuple[str, str, str]]:
    """(program slug, program, purposes in words) of every program the person plays in."""
    now = timezone.now()
    return [
        (
            program.slug,
            program.name,
            ", ".join(
                consent.title_of(code).lower()
                for code in consent.granted_purposes(person, program, now)
            ),
        )
        for program in people.programs_of(person, "performer", "rater")
    ]


@login_required
@require_http_methods(["GET", "POST"])
def limits(request: HttpRequest) -> HttpResponse:
    """What never, what only off-screen. Known to the schedule and the deal, and to nobody else."""
    person = person_of(request)
    held = people.limits_of(person)
    tags = sorted({*TAGS, *held})
    if request.method == "POST":
        set_limits(
            person,
            {
                tag: kind
                for tag in tags
                if (kind := request.POST.get(f"limit-{tag}", "")) not in ("", "none")
            },
        )
        messages.success(request, _("Saved. From now on no card crosses these. Nobody is told."))
        return redirect("performer:limits")
    return render(
        request,
        "performer/limits.html",
        {
            "tags": [(tag, words_of(tag), held.get(tag, "none")) for tag in tags],
            "grants": grant_lines(person),
            "blocks": blocking.blocked_by(person),
        },
    )
