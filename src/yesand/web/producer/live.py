"""The live desk: rooms sorted by what needs somebody. Connection and recording, never a feeling."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from yesand.matching.reads import upcoming
from yesand.stage.reads import live_sessions
from yesand.web.access import person_of, program_for
from yesand.web.producer.live_rooms import tiles


@login_required
@require_safe
def live(request: HttpRequest, slug: str) -> HttpResponse:
    """Every open room of the program; the fragment alone for the page's own refresh."""
    program = program_for(request, slug, "producer")
    found = tiles(live_sessions(program), person_of(request))
    needing = [tile for tile in found if tile.grave > 0]
    context = {
        "program": program,
        "needing": needing,
        "fine": [tile for tile in found if tile.grave == 0],
        "rooms": len(found),
        "next": next((b for b in upcoming(program) if b.starts_at > timezone.now()), None),
    }
    fragment = getattr(request, "htmx", False)
    return render(request, "producer/_live.html" if fragment else "producer/live.html", context)
