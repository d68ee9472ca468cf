"""What a robot partner says, as text below its picture. People's words are written nowhere."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from yesand.stage import reads
from yesand.web.performer.room_entry import find


@login_required
@never_cache
@require_safe
def line(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """The newest line of the robot or model in this room, as a fragment."""
    found = find(request, session)
    if isinstance(found, HttpResponse):
        return found
    partner = reads.partner_of(found.place)
    rows = found.session.messages.filter(kind="line", role=partner.role).order_by("-pk")
    newest = rows.first()
    text = str(newest.body.get("text", "")) if newest is not None else ""
    return render(request, "room/_line.html", {"alias": partner.alias, "text": text})
