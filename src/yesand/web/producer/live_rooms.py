"""What the live desk says of each room: connection and recording, and what needs a person.

Nothing here knows a feeling. A room's place in the list is its gravest trouble.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from yesand.capture.reads import sound_here
from yesand.cases import reads as cases
from yesand.people.models import Person
from yesand.stage import actions, reads
from yesand.stage.models import Session, Take
from yesand.stage.reads import Board
from yesand.web.access import program_for

#: Seconds of sound that may be on their way before the desk says so.
LATE_S = 10.0
#: Seconds one may wait alone before the desk says so.
ALONE_S = 300.0


def room_of(request: HttpRequest, slug: str, session: UUID) -> Session:
    """The room of a program that the asking person produces; 404 for any other."""
    program = program_for(request, slug, "producer")
    row = reads.session(session)
    if row is None or row.program_id != program.pk:
        raise Http404
    return row


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


def tile_of(session: Session, reader: Person) -> Tile:
    """One room as it stands now."""
    return tiles([session], reader)[0]


def _asking(sessions: list[Session], reader: Person) -> set[UUID]:
    """Rooms in which somebody asked for a human and none has answered yet."""
    waiting = [
        case
        for program in {session.program for session in sessions}
        for case in cases.open_in(program, reader)
        if case.kind == "safety"
    ]
    rooms = reads.sessions_of([case.subject for case in waiting if case.subject_kind == "take"])
    return {rooms.get(case.subject, case.subject) for case in waiting}


def tiles(sessions: list[Session], reader: Person) -> list[Tile]:
    """Every open room, gravest first, then the longest running; a few questions for all of them."""
    now = actions.stage_now()
    rooms = reads.boards(sessions)
    sound = sound_here(board.take.pk for board in rooms if board.take is not None)
    asking = _asking(sessions, reader)
    found = [
        _tile(
            board,
            sound.get(board.take.pk, {}) if board.take is not None else {},
            board.session.pk in asking,
            now,
        )
        for board in rooms
    ]
    return sorted(found, key=lambda tile: (-tile.grave, tile.session.opened_at))


def _tile(board: Board, sound: dict[str, float], asking: bool, now: float) -> Tile:
    played = board.played(now)
    seats = [
        _seat(role, place.alias, board, played, sound.get(role))
        for role, place in sorted(board.places.items())
    ]
    names = _("%(a)s and %(b)s") % {
        "a": board.places["a"].alias,
        "b": board.places["b"].alias,
    }
    grave, why, more = _trouble(board, seats, asking, now)
    return Tile(board.session, names, grave, why, more, seats, board.take, played)


def _seat(role: str, alias: str, board: Board, played: float, here: float | None) -> Seat:
    connected = role in board.here
    if board.take is None:
        return Seat(role, alias, connected, _("not recording"), 0.0)
    if board.paused:
        return Seat(role, alias, connected, _("paused"), 0.0)
    late = max(0.0, played - (here or 0.0))
    if here is None:
        return Seat(role, alias, connected, _("not recording yet"), late)
    if late > LATE_S:
        return Seat(role, alias, connected, _("%(s)d s to send") % {"s": round(late)}, late)
    return Seat(role, alias, connected, _("recording"), 0.0)


def _ago(board: Board, role: str, now: float) -> str:
    seconds = max(0, round(now - board.since.get(role, now)))
    return f"{seconds // 60}:{seconds % 60:02d}"


def _trouble(board: Board, seats: list[Seat], asking: bool, now: float) -> tuple[int, str, str]:
    session, take = board.session, board.take
    if asking:
        says = _("Somebody here asked for a human")
        return 6, says, _("Read it under letters. The other one is not told.")
    left = [place for place in board.places.values() if place.left_at is not None]
    if left:
        return 4, _("%(who)s left") % {"who": left[0].alias}, _("Both are paid in full.")
    gone = [seat for seat in seats if not seat.connected]
    if take is not None and gone:
        ago = _ago(board, gone[0].role, now)
        says = _("%(who)s lost connection %(ago)s ago") % {"who": gone[0].alias, "ago": ago}
        return 5, says, _("The machine records on by itself and sends the rest later.")
    for seat in seats:
        message = board.device.get(seat.role)
        if take is not None and message is not None and message.body.get("state") == "trouble":
            says = _("%(who)s: the recorder reports trouble") % {"who": seat.alias}
            return 5, says, str(message.body.get("code", ""))
    slow = [seat for seat in seats if seat.late_s > LATE_S]
    if slow:
        says = _("%(who)s is %(s)d s behind") % {"who": slow[0].alias, "s": round(slow[0].late_s)}
        return 3, says, _("What is not here yet lies safe on their machine.")
    if board.paused:
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
        "break": _("Break, cameras off"),
        "step_out": _("Stepping out, lamp off"),
    }
    return 0, words.get(session.state, ""), ""
