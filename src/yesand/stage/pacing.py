"""What lies between scenes: where a session is in its plan, breaks, the step-out, staying on.

Nothing here records: a stream is granted for an open take alone, and a take opens only while the
session is `playing`.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from yesand.kit.errors import refuse
from yesand.matching.models import Booking
from yesand.stage import entry_rules, room, takes
from yesand.stage.models import Place, Scene, Session
from yesand.stage.plan import MINUTES, Plan, PlannedScene, plan_of

HEAVY = "heavy"


@dataclass(frozen=True)
class Where:
    """Scene `number` of `of`; extra where the plan is played and they go on."""

    number: int
    of: int

    @property
    def extra(self) -> bool:
        return self.number > self.of


def plan_for(booking: Booking) -> Plan:
    """The plan of a booking; a length nobody offers any more takes the next shorter one."""
    length = max((m for m in MINUTES if m <= booking.minutes), default=MINUTES[0])
    return plan_of(booking.shape, length)


def ends_at(session: Session) -> float:
    """The booking's end on the stage clock, Unix seconds."""
    booking = session.booking
    return entry_rules.Slot(booking.state, booking.starts_at, booking.minutes).ends_at.timestamp()


def seconds_left(session: Session) -> float:
    """Stage seconds of the booking that remain; negative when it is over."""
    return ends_at(session) - room.stage_now()


def index_of(session: Session) -> int:
    """Which scene comes now: the running or chosen one, else the next."""
    running = takes.open_take_of(session)
    if running is not None:
        return running.scene.index
    pending = takes.next_scene(session)
    return pending.index if pending is not None else session.scenes.count()


def where(session: Session) -> Where:
    """Where the session is in its plan, as a page says it."""
    return Where(index_of(session) + 1, len(plan_for(session.booking).scenes))


def planned(session: Session) -> PlannedScene | None:
    """What the plan asks of the scene that comes now; None for one more than planned."""
    return plan_for(session.booking).scene(index_of(session))


def slot(session: Session) -> str:
    """opener, middle or closer, for the scene that comes now."""
    return plan_for(session.booking).slot(index_of(session), seconds_left(session))


def heavy_played(session: Session) -> bool:
    """Whether a heavy scene was begun in this session."""
    scenes = Scene.objects.filter(session=session, prompt__tone=HEAVY)
    return scenes.filter(takes__isnull=False).exclude(takes__state="void").exists()


def may_be_heavy(session: Session) -> bool:
    """Whether a heavy card may be dealt or chosen now.

    The call says so, both said yes for this booking, none was played, and it is neither the first
    scene nor the last that fits.
    """
    booking = session.booking
    if not booking.heavy or booking.seats.exclude(heavy_ok=True).exists():
        return False
    return slot(session) == "middle" and not heavy_played(session)


# --- breaks and step-out -----------------------------------------------------------------------


def after_notes(session: Session, scene: Scene) -> str:
    """The state that follows both players' notes of a scene; keeps what the page must know."""
    if scene.prompt is not None and scene.prompt.tone == HEAVY and not stepped_out(session):
        session.pace["then"] = str(scene.index)
        return "step_out"
    return _rest_or_play(session, scene.index)


def _rest_or_play(session: Session, index: int) -> str:
    rest = plan_for(session.booking).break_after(index, seconds_left(session))
    taken: list[int] = session.pace.setdefault("breaks", [])
    if not rest or index in taken:
        return "playing"
    taken.append(index)
    session.pace["back_at"] = room.stage_now() + rest
    return "break"


def stepped_out(session: Session) -> bool:
    """Whether the step-out that a heavy scene asks for was done."""
    return bool(session.pace.get("stepped_out"))


def owes_step_out(session: Session) -> bool:
    """Whether the session may not end before both stepped out of a heavy scene."""
    return heavy_played(session) and not stepped_out(session)


def after_step_out(session: Session) -> str:
    """The state that follows the step-out: what the plan says after a heavy scene, or the end."""
    session.pace["stepped_out"] = True
    then = session.pace.pop("then", "")
    return _rest_or_play(session, int(then)) if then else "ended"


# --- staying a little longer ---------------------------------------------------------------------


def time_up(session: Session) -> bool:
    """Whether the booking's time is over."""
    return seconds_left(session) <= 0


def stays(session: Session) -> bool:
    """Whether both said that they stay a little."""
    said = session.pace.get("stay", {})
    return bool(said.get("a")) and bool(said.get("b"))


def stay_closed(session: Session) -> bool:
    """Whether somebody said no: it is not asked again."""
    return any(answer is False for answer in session.pace.get("stay", {}).values())


def invited(session: Session) -> str:
    """The name of whoever at the desk asks both to stay longer; "" where nobody does."""
    return str(session.pace.get("invited", ""))


@transaction.atomic
def invite(session: Session, sender: str) -> Session:
    """The desk asks both to stay a little after the booking's end; both are free to say no.

    Asked once: a no given already stays a no. Refuses in a session that is over.
    """
    session = room.locked(session)
    if session.state == "ended":
        raise refuse("session_ended", _("This session is over."), "session")
    if stay_closed(session):
        raise refuse("asked_already", _("They were asked. It is not asked twice."), "session")
    if not invited(session):
        session.pace["invited"] = sender[:40]
        session.save(update_fields=["pace"])
        room.say(session, "stay", invited=True)
    return session


def may_begin(session: Session) -> bool:
    """Whether a further scene may begin: within the booking, or both stayed."""
    return not time_up(session) or stays(session)


@transaction.atomic
def stay(session: Session, place: Place, yes: bool, nonce: str = "") -> Session:
    """A player stays a little after the booking's end, or not; both must, and a no is final.

    Who said no is told to nobody: both pages read the same, and the step-out begins.
    Refuses before the end unless the desk asked, while a scene runs, and in a session that is over.
    """
    session = room.locked(session)
    if session.state == "ended":
        raise refuse("session_ended", _("This session is over."), "session")
    if takes.open_take_of(session) is not None:
        raise refuse("scene_running", _("The scene is running."), "stay")
    if not time_up(session) and not invited(session):
        raise refuse("not_yet", _("Your booking still runs."), "stay")
    said: dict[str, bool] = session.pace.setdefault("stay", {})
    if place.role in said or stay_closed(session):
        return session
    said[place.role] = yes
    session.save(update_fields=["pace"])
    if yes and not stays(session):
        return session
    room.say(session, "stay", nonce=room.hidden_nonce(place.role, nonce), stays=stays(session))
    return session
