"""The camera's parts of a take: a camera that was lost and came back made a further one.

Parts go in the order of their start on the take's clock, by their browser's word; a part that
never told its start goes after the one that was opened before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from yesand.capture import reads as capture
from yesand.capture.events import join, read_events
from yesand.capture.ping_fit import stage_s
from yesand.formats.manifest import Manifest
from yesand.infra import objects
from yesand.post import reads as post
from yesand.recording.models import Stream

ROLES = ("a", "b")


@dataclass(frozen=True)
class FilmPart:
    """One film. start_s, end_s: seconds from the take's start, None where nobody knows."""

    stream: Stream
    start_s: float | None
    end_s: float | None


def told(take_id: UUID, manifest: Manifest) -> dict[str, list[dict[str, Any]]]:
    """Per role the films of a sealed take as clock.json keeps them: stream, start, end."""
    return {role: _told(take_id, manifest, role) for role in ROLES}


def _told(take_id: UUID, manifest: Manifest, role: str) -> list[dict[str, Any]]:
    fit = manifest.ping_fit.get(role)
    store = objects.default()
    events = join(
        read_events(store.get(f"takes/{take_id}/{stream.path}") if stream.path else b"")
        for stream in manifest.parts(role, "events")
    )
    started, ended = events.started_ms(), events.ended_ms()

    def at(when: dict[str, float], stream: str) -> float | None:
        if fit is None or stream not in when:
            return None
        return round(stage_s(fit, when[stream]) - manifest.opened_s, 4)

    rows = [
        {"stream": film.id, "start": at(started, film.id), "end": at(ended, film.id)}
        for film in manifest.parts(role, "cam")
    ]
    return _in_order(rows)


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    before = float("-inf")
    keys = []
    for row in rows:
        before = row["start"] if row["start"] is not None else before
        keys.append(before)
    return [row for _key, row in sorted(zip(keys, rows, strict=True), key=lambda one: one[0])]


def films(take_id: UUID, role: str) -> list[FilmPart]:
    """The films of a role that may be shown, in order; without places before the processing."""
    tracks = capture.tracks(take_id, role, "cam")
    shown = {
        str(track.stream.pk): track.stream
        for track in tracks
        if track.stream.object_key and not track.stream.finding
    }
    row = post.processing_of(take_id)
    known = (row.clock or {}).get("films", {}).get(role, []) if row is not None else []
    placed = [
        FilmPart(shown.pop(o["stream"]), o["start"], o["end"])
        for o in known
        if o["stream"] in shown
    ]
    return placed + [FilmPart(stream, None, None) for stream in shown.values()]
