"""The producer's home: what needs you, how far the order is, today, the weeks, the money."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from yesand.casting import reads as casting
from yesand.commission import reads
from yesand.consent.reads import title_of
from yesand.pay import reads as pay
from yesand.release import reads as release
from yesand.stage.reads import live_sessions, takes_in
from yesand.web.access import person_of, program_for
from yesand.web.producer import days, needs, play_figures
from yesand.web.producer.coverage import hours_of, picture
from yesand.web.producer.left_out import words_of


@login_required
@require_safe
def home(request: HttpRequest, slug: str) -> HttpResponse:
    """Every block is read from rows; an empty one says what happens next."""
    program = program_for(request, slug, "producer")
    now = timezone.now()
    row = reads.running(program)
    shown = row is not None and row.state != "draft"
    if getattr(request, "htmx", False) and row is not None and shown:
        context = {"program": program, "commission": row, "actions": True}
        return render(request, "producer/_coverage.html", context | picture(request, row))
    letters = needs.house_need(person_of(request), now)
    todo = [*([letters] if letters else []), *needs.needs_of(program, now)]
    ahead = days.weeks(program, row, now)
    context = {
        "program": program,
        "commission": row if shown else None,
        "draft": row if row is not None and not shown else None,
        "needs": todo,
        "minutes": sum(need.minutes for need in todo),
        "today": days.today(program, now),
        "live": live_sessions(program),
        "weeks": ahead,
        "weeks_busy": any(week.needed for week in ahead),
        "feel": play_figures.feel(program),
        "calls": casting.open_calls(program, now),
        "roster": len(casting.roster(program)),
        "actions": True,
        **_dry_run(program),
    }
    if row is not None and shown:
        money = pay.balances(program, row.pk)
        context |= {
            **picture(request, row),
            "hours_played": hours_of(row),
            "money": money,
            "spending": play_figures.spending(row, money, now),
        }
    return render(request, "producer/home.html", context)


def _dry_run(program: object) -> dict[str, object]:
    """What a release of the first purpose would take in now and leave out, in hours."""
    purposes = program.purposes or ["recognition_training"]  # type: ignore[attr-defined]
    purpose = purposes[0]
    dry = release.dry_run(program, purpose)  # type: ignore[arg-type]
    seconds = {str(take.pk): (take.closed_at or 0) - take.opened_at for take in takes_in(program)}  # type: ignore[arg-type]
    hours_in = sum(seconds.get(take, 0.0) for take in dry.takes) / 3600
    hours_out = sum(hours for _count, hours in dry.left_out.values())
    whole = hours_in + hours_out
    return {
        "dry": dry,
        "dry_purpose": title_of(purpose),
        "hours_in": hours_in,
        "hours_out": hours_out,
        "in_width": round(99.2 * hours_in / whole, 1) if whole else 0,
        "left_out": words_of(dry),
        "releases": release.releases(program),  # type: ignore[arg-type]
    }
