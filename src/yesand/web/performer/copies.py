"""A copy of both sides for the two who played: each ticks for their own side, then each downloads.

Inside is a note, signed with the key that signs releases, of who performed it.
"""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from yesand.capture import reads as capture
from yesand.consent import actions as consent
from yesand.consent import reads as consent_reads
from yesand.infra import objects
from yesand.kit.errors import Refused
from yesand.recording import actions as recording
from yesand.release.copies import shared_copy
from yesand.stage import reads as stage
from yesand.web import pace
from yesand.web.access import own_take, person_of
from yesand.web.api.media import still_open
from yesand.web.performer.choices import answer, deciding, own_of


@deciding
def share(request: HttpRequest, take: uuid.UUID) -> HttpResponse:
    """My partner may keep a copy of my side; or not any more, until they have downloaded it."""
    own = own_of(request, take)
    verb = consent.share_copy if request.POST.get("on") == "1" else consent.unshare_copy
    verb(own.person, own.program, own.take.pk)
    return answer(request, own)


@login_required
@require_safe
def shared(request: HttpRequest, take: uuid.UUID) -> HttpResponse:
    """Both sides with their note as one ZIP; the partner's yes cannot be taken back after it."""
    row, role = own_take(request, take)
    person, other = person_of(request), "b" if role == "a" else "a"
    partner = stage.places(row.scene.session)[other].person
    # What either took back is nobody's to download, whatever was ticked before.
    if not still_open(person, row, other) or not still_open(partner, row, role):
        raise Http404
    if not consent_reads.both_share(row.pk, (person, partner)):
        raise Http404
    try:
        pace.check(request, "copy", 30, 3600)
        made = shared_copy(row)
        consent.take_copy(person, row.scene.session.program, row.pk, partner)
    except (Refused, objects.Missing):
        raise Http404 from None
    for track in capture.tracks(row.pk, role) + capture.tracks(row.pk, other):
        if track.kind == "mic":
            recording.log_access(track.stream.recording, person, "own_copy")
    sent = HttpResponse(made.data, content_type="application/zip")
    sent["Content-Disposition"] = f'attachment; filename="{made.name}"'
    sent["Cache-Control"] = "private, no-store"
    return sent
