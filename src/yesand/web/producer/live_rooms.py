"""What the live desk says of each room: connection and recording, and what needs a person.

Nothing here knows a feeling. A room's place in the list is its gravest trouble.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from yesand.capture.reads import State, seconds_here, states
from yesand.capture.reads import tracks as tracks_of
from yesand.kit.errors import Refused
from yesand.stage import actions, reads
from yesand.stage.models import Session, Take

#: Seconds of sound that may be on their way before the desk says so.
LATE_S = 10.0
#: Seconds one may wait alone before the desk says so.
ALONE_S = 300.0


@dataclass(frozen=True)
class Seat:
    """One player as the desk shows them."""

    role: str
    alias: str
    connected: bool
    recording: str
    """In words: recording, paused, not recording, 6 s to send."""
    late_s: float
    """Seconds of sound that are not here yet; 0 while nothing is played."""

    @property
    def share_here(self) -> int:
        """Percent of the take so far that is on this machine."""
        return 100 if self.late_s <= 0 else max(0, round(100 - min(100.0, self.late_s)))


@dataclass(frozen=True)
class Tile:
    """One room. grave: 0 fine, then what waits, what is slow, what is cut off."""

    session: Session
    names: str
    grave: int
    why: str
    more: str
    seats: list[Seat] = field(default_factory=list)
    take: Take | None = None
    played_s: float = 0.0

    @property
    def played(self) -> str:
        return f"{int(self.played_s) // 60}:{int(self.played_s) % 60:02d}"


def tile_of(session: Session) -> Tile:
    """One room as it stands now."""
    now = actions.stage_now()
    places = reads.places(session)
    here = {one["role"] for one in reads.people_here(session.pk)}
    take = reads.open_take(session.pk)
    paused = take is not None and reads.is_paused(take)
    played = 0.0
    if take is not None:
        played = now - take.opened_at - reads.paused_seconds(take, now)
    coming = states(take) if take is not None else []
    seats = [
        _seat(role, place.alias, role in here, take, paused, played, coming)
        for role, place in sorted(places.items())
    ]
    names = _("%(a)s and %(b)s") % {"a": places["a"].alias, "b": places["b"].alias}
    grave, why, more = _trouble(session, seats, take, paused, now)
    return Tile(session, names, grave, why, more, seats, take, played)


def _seat(
    role: str,
    alias: str,
    connected: bool,
    take: Take | None,
    paused: bool,
    played: float,
    coming: list[State],
) -> Seat:
    if take is None:
        return Seat(role, alias, connected, _("not recording"), 0.0)
    if paused:
        return Seat(role, alias, connected, _("paused"), 0.0)
    late = played
    for track in tracks_of(take.pk, role, "mic"):
        with contextlib.suppress(Refused, OSError):
            late -= seconds_here(track.stream)
    late = max(0.0, late)
    if not any(s.role == role and s.kind == "mic" for s in coming):
        return Seat(role, alias, connected, _("not recording yet"), late)
    if late > LATE_S:
        return Seat(role, alias, connected, _("%(s)d s to send") % {"s": round(late)}, late)
    return Seat(role, alias, connected, _("recording"), 0.0)


def _trouble(
    session: Session, seats: list[Seat], take: Take | None, paused: bool, now: float
) -> tuple[int, str, str]:
    left = [place for place in reads.places(session).values() if place.left_at is not None]
    if left:
        return 4, _("%(who)s left") % {"who": left[0].alias}, _("Both are paid in full.")
    gone = [seat for seat in seats if not seat.connected]
    if take is not None and gone:
        says = _("%(who)s has no connection") % {"who": gone[0].alias}
        return 5, says, _("The machine records on by itself and sends the rest later.")
    told = [reads.last_message(session, seat.role, "device") for seat in seats]
    for seat, message in zip(seats, told, strict=True):
        if take is not None and message is not None and message.body.get("state") == "trouble":
            says = _("%(who)s: the recorder reports trouble") % {"who": seat.alias}
            return 5, says, str(message.body.get("code", ""))
    slow = [seat for seat in seats if seat.late_s > LATE_S]
    if slow:
        says = _("%(who)s is %(s)d s behind") % {"who": slow[0].alias, "s": round(slow[0].late_s)}
        return 3, says, _("What is not here yet lies safe on their machine.")
    if paused:
        return 2, _("Both screens are blank"), _("A pause. Nobody is asked why.")
    if len(gone) == 1 and session.state in ("waiting", "warm_up"):
        waited = now - session.opened_at.timestamp()
        if waited > ALONE_S:
            other = next(seat.alias for seat in seats if seat.connected)
            return 2, _("%(who)s waits alone") % {"who": other}, _("Waiting is paid.")
    words = {
        "waiting": _("In the green room"),
        "warm_up": _("Warming up, lamp off"),
        "playing": _("Playing") if take is not None else _("Choosing a scene"),
        "notes": _("Writing notes"),
    }
    return 0, words.get(session.state, ""), ""


def tiles(sessions: list[Session]) -> list[Tile]:
    """Every open room, gravest first, then the longest running."""
    found = [tile_of(session) for session in sessions]
    return sorted(found, key=lambda tile: (-tile.grave, tile.session.opened_at))
