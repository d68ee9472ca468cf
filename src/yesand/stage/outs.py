"""What of a take is kept out, on both sides, wherever it leaves: one law for every door.

Three reasons, joined until nobody can tell them apart:
- a span either player marked private;
- *someone came in*: the pause, and what was heard before anybody could press the key;
- around every pause a second on each side. A pause stops the one who asked a moment before the
  other; with the same edges on both tracks no reader learns who that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from yesand.consent import reads as consent
from yesand.kit.spans import Span, merge
from yesand.stage.models import Pause

#: Somebody who is noticed was heard before: so much before the key goes too, seconds.
BEFORE_S = 10.0
#: Within this of a pause both tracks end and begin at the same place, seconds.
EDGE_S = 1.0


def _pauses(*takes: UUID) -> dict[UUID, list[tuple[str, Span]]]:
    """(kind, span in seconds of the take) of every pause that has ended, by take."""
    found: dict[UUID, list[tuple[str, Span]]] = {take: [] for take in takes}
    rows = Pause.objects.filter(take__in=takes, ended_at__isnull=False).select_related("take")
    for row in rows:
        if row.ended_at is not None and row.ended_at >= row.started_at:
            opened = row.take.opened_at
            span = Span(row.started_at - opened, row.ended_at - opened)
            found[row.take_id].append((row.kind, span))
    return found


def came_in(*takes: UUID) -> dict[UUID, list[Span]]:
    """Where someone came in, with what was heard just before: seconds, by take."""
    return {
        take: merge(
            Span(max(0.0, span.start - BEFORE_S), span.end)
            for kind, span in pauses
            if kind == "someone_in"
        )
        for take, pauses in _pauses(*takes).items()
    }


def kept_out(take: UUID) -> list[Span]:
    """What somebody asked to keep out: private spans, and where someone came in. Seconds.

    A film cannot be blanked in part, so with any of these in it, it does not leave at all.
    """
    return merge([*consent.private_spans(take), *came_in(take)[take]])


def silent(take: UUID) -> list[Span]:
    """Every span that is silent on both tracks of what leaves the house: `kept_out` and pauses."""
    return merge([*kept_out(take), *pauses(take)])


def widened(pause: Span) -> Span:
    """A pause with a second on each side."""
    return Span(max(0.0, pause.start - EDGE_S), pause.end + EDGE_S)


def pauses(take: UUID) -> list[Span]:
    """Every pause of a take as a page may show it: the same edges for both."""
    return merge(widened(span) for _kind, span in _pauses(take)[take])


def without(rows: Iterable[Sequence[float]], spans: Sequence[Span]) -> list[list[float]]:
    """[start, end] pairs that touch none of the spans."""
    return [
        list(row)
        for row in rows
        if not any(span.start < row[1] and row[0] < span.end for span in spans)
    ]
