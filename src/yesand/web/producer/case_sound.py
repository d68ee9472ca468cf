"""The marked minute of a safety report, for whoever answers it, and nothing of the take beside it.

What either player keeps private is silent here too. Each reading is noted on both recordings like
any other look of the desk, so that the log tells nobody that there was a report.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from yesand.capture import reads as capture
from yesand.cases import reads as cases
from yesand.cases.access import answers
from yesand.cases.models import Case
from yesand.infra import objects
from yesand.kit.errors import Refused
from yesand.recording import actions as recording
from yesand.recording.reads import erased
from yesand.release.copies import sound_of
from yesand.stage import reads as stage
from yesand.stage.models import Take
from yesand.web.access import person_of

#: A player asks for its sound in several parts: one look, one line in the log.
SAME_LOOK = timedelta(minutes=10)


def take_of(case: Case) -> Take | None:
    """The take whose minute was marked, or None where none was."""
    if case.kind != "safety" or case.subject_kind != "take" or case.marked_from is None:
        return None
    return stage.take(case.subject)


def span_of(case: Case, take: Take) -> tuple[float, float]:
    """The marked minute in seconds of the take."""
    assert case.marked_from is not None and case.marked_to is not None
    start = max(0.0, case.marked_from - take.opened_at)
    return start, max(start, case.marked_to - take.opened_at)


@login_required
@require_safe
def sound(request: HttpRequest, case: uuid.UUID) -> HttpResponse:
    """Both sides of the marked minute as one stereo FLAC."""
    person, row = person_of(request), cases.case(case)
    if row is None or not answers(person, row):
        raise Http404
    take = take_of(row)
    if take is None or erased(take.pk):
        raise Http404
    start, end = span_of(row, take)
    try:
        data, _seconds = sound_of(take, start, end)
    except (Refused, objects.Missing):
        raise Http404 from None
    for track in capture.tracks(take.pk):
        if track.kind == "mic":
            recording.log_access(track.stream.recording, person, "review", SAME_LOOK)
    sent = HttpResponse(data, content_type="audio/flac")
    sent["Cache-Control"] = "private, no-store"
    return sent
