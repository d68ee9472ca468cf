"""Many rooms at a glance: the same few questions for one room as for fifty."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from yesand.stage import room
from yesand.stage.models import Pause, Place, RoomMessage, Session, Take


@dataclass(frozen=True)
class Board:
    """One room as it stands: nothing in it is heard or seen of the play."""

    session: Session
    places: dict[str, Place]
    here: frozenset[str]
    """Roles with a page open."""
    take: Take | None
    """The take being played, with its scene and card."""
    pauses: list[Pause]
    device: dict[str, RoomMessage]
    """The newest word of each role's recorder about itself."""
    since: dict[str, float] = field(default_factory=dict)
    """Stage time of each role's newest word about coming or going."""

    @property
    def paused(self) -> bool:
        return any(pause.ended_at is None for pause in self.pauses)

    def played(self, now: float) -> float:
        """Stage seconds played of the take, pauses left out."""
        if self.take is None:
            return 0.0
        out = sum(
            (p.ended_at if p.ended_at is not None else now) - p.started_at for p in self.pauses
        )
        return max(0.0, now - self.take.opened_at - out)


def boards(sessions: Sequence[Session]) -> list[Board]:
    """The rooms in the order given; five questions to the database, however many rooms."""
    keys = [session.pk for session in sessions]
    places: dict[UUID, dict[str, Place]] = defaultdict(dict)
    for place in Place.objects.filter(session__in=keys).select_related("person"):
        places[place.session_id][place.role] = place
    came: dict[UUID, list[RoomMessage]] = defaultdict(list)
    rows = RoomMessage.objects.filter(session__in=keys)
    for message in rows.filter(kind__in=room.PRESENCE).order_by("pk"):
        came[message.session_id].append(message)
    device: dict[UUID, dict[str, RoomMessage]] = defaultdict(dict)
    newest = rows.filter(kind="device").order_by("session_id", "role", "-pk")
    for message in newest.distinct("session_id", "role"):
        device[message.session_id][message.role] = message
    takes: dict[UUID, Take] = {}
    playing = Take.objects.filter(scene__session__in=keys, state="open")
    for take in playing.select_related("scene__session", "scene__prompt").order_by("opened_at"):
        takes[take.scene.session_id] = take
    pauses: dict[UUID, list[Pause]] = defaultdict(list)
    for pause in Pause.objects.filter(take__in=takes.values()).order_by("started_at"):
        pauses[pause.take_id].append(pause)
    found = []
    for session in sessions:
        running = takes.get(session.pk)
        messages = came[session.pk]
        found.append(
            Board(
                session,
                places[session.pk],
                frozenset(one["role"] for one in room.people_in(messages)),
                running,
                pauses[running.pk] if running is not None else [],
                device[session.pk],
                {message.role: message.at for message in messages},
            )
        )
    return found
