"""What pages, sockets and later houses ask about sessions, scenes, takes and cues."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from yesand.kit.errors import refuse
from yesand.people.models import Person, Program
from yesand.stage import board, cues, entry_rules, offers, pacing, returning, reveal, room, takes
from yesand.stage.models import Cue, Pause, Place, RoomMessage, Scene, Session, Take

#: The engine's offer of a role that is due, and seconds until the next: `cues.due`.
due_offer = cues.due
#: The card behind a take: `cues.body_of`. Who has a page open in a room: `room.people_here`.
body_of = cues.body_of
people_here = room.people_here
#: States of a session in which nothing is recorded: no take opens, no stream is granted.
LAMP_OFF = takes.LAMP_OFF
#: The plan of a booking, where a session is in it, whether both stay on, whether time is up.
plan_for = pacing.plan_for
where = pacing.where
stays = pacing.stays
stay_closed = pacing.stay_closed
#: Who at the desk asks both to stay: `pacing.invited`. Many rooms at a glance: `board.boards`.
invited = pacing.invited
boards = board.boards
Board = board.Board
time_up = pacing.time_up
owes_step_out = pacing.owes_step_out
heavy_played = pacing.heavy_played
#: Characters that may come back, who a role is in a scene, scenes that may be called back.
keepable = returning.keepable
character_of = returning.character_of
call_backs = returning.call_backs
title_of = returning.title_of
#: Who asked to see how they read each other.
reveal_asked_by = reveal.asked_by


def session(session_id: UUID) -> Session | None:
    """The session with what its pages need of it."""
    return (
        Session.objects.select_related("program__client", "commission", "booking")
        .filter(pk=session_id)
        .first()
    )


def session_of(booking_id: UUID) -> Session | None:
    """The room of a booking, once it was opened."""
    return Session.objects.filter(booking_id=booking_id).first()


def open_take(session_id: UUID) -> Take | None:
    """The take being played in a session, with its scene and card, or None."""
    return (
        Take.objects.filter(scene__session_id=session_id, state="open")
        .select_related("scene__session", "scene__prompt")
        .order_by("-opened_at")
        .first()
    )


def take(take_id: UUID) -> Take | None:
    """A take with its scene, card, session and program."""
    return (
        Take.objects.filter(pk=take_id)
        .select_related("scene__prompt", "scene__session__program", "scene__session__commission")
        .first()
    )


def chosen_scene(session: Session) -> Scene | None:
    """The scene that was chosen and not played yet."""
    return takes.next_scene(session)


def takes_of(session: Session) -> list[Take]:
    """Every recorded take of a session in the order played; void ones are left out."""
    return list(
        Take.objects.filter(scene__session=session)
        .exclude(state="void")
        .select_related("scene__prompt")
        .order_by("opened_at")
    )


def is_paused(take: Take) -> bool:
    """Whether a pause of the take is running."""
    return Pause.objects.filter(take=take, ended_at=None).exists()


def pauses_of(take: Take) -> list[Pause]:
    """The declared pauses of a take, in order."""
    return list(Pause.objects.filter(take=take).order_by("started_at"))


def paused_seconds(take: Take, at: float) -> float:
    """Stage seconds of pauses from the take's start to `at`."""
    return takes.paused_seconds(take, at)


def cues_of(take: Take) -> list[Cue]:
    """The cues of a take, in the order asked."""
    return list(Cue.objects.filter(take=take).order_by("asked_at"))


def seconds_of(take: Take) -> float:
    """Stage seconds from lamp on to lamp off; 0 while it is open."""
    return max(0.0, take.closed_at - take.opened_at) if take.closed_at is not None else 0.0


def places(session: Session) -> dict[str, Place]:
    """Both places by role."""
    return {place.role: place for place in session.places.select_related("person")}


def partner_of(place: Place) -> Place:
    """The other place of the session."""
    return place.session.places.select_related("person").exclude(pk=place.pk).get()


def feelings() -> tuple[str, ...]:
    """The feelings an offer may aim at, in grid order."""
    return tuple(offers.ACTIONS)


def intensity_of(value: Any, emotion: str) -> int | None:
    """1, 2 or 3 from what a form or script sends; None for neutral. Refuses anything else."""
    if emotion == "neutral":
        return None
    text = str(value) if not isinstance(value, bool) else ""
    if text not in ("1", "2", "3"):
        raise refuse("bad_intensity", _("Say 1 slight, 2 clear or 3 strong."), "aim_intensity")
    return int(text)


def slot(session: Session) -> entry_rules.Slot:
    """The booking's slot as the room's door sees it."""
    booking = session.booking
    return entry_rules.Slot(booking.state, booking.starts_at, booking.minutes)


def why_not(session: Session, place: Place) -> str:
    """Why this performer may not come in now, as a code of `entry_rules`; "" when they may."""
    return entry_rules.why_not(
        slot(session),
        session_state=session.state,
        left=place.left_at is not None,
        program_closed=session.program.closed_at is not None,
        now=timezone.now(),
    )


def live_sessions(program: Program) -> list[Session]:
    """Rooms of a program that are open now, newest first; abandoned ones fall out after a day."""
    since = timezone.now() - timedelta(days=1)
    return list(
        Session.objects.filter(program=program, opened_at__gt=since)
        .exclude(state="ended")
        .select_related("program", "booking", "commission")
        .order_by("-opened_at")
    )


def sessions_of(takes: Iterable[UUID]) -> dict[UUID, UUID]:
    """The session of each take, by the take's id."""
    rows = Take.objects.filter(pk__in=list(takes))
    return dict(rows.values_list("pk", "scene__session_id"))


def last_message(session: Session, role: str, *kinds: str) -> RoomMessage | None:
    """The newest message of a role of these kinds, or None."""
    return session.messages.filter(role=role, kind__in=kinds).order_by("-pk").first()


def newest_message(session: Session) -> int:
    """Id of the newest message of the room; 0 before there is one."""
    found = session.messages.order_by("-pk").values_list("pk", flat=True).first()
    return found or 0


def last_there(session: Session) -> float:
    """When a player was last in the room, stage seconds; the session's end while one still is.

    Whoever went without a word closed the page: the room notes it.
    """
    ended = session.ended_at.timestamp() if session.ended_at is not None else room.stage_now()
    if any(one["role"] in ("a", "b") for one in room.people_here(session.pk)):
        return ended
    last = session.messages.filter(role__in=("a", "b")).order_by("-pk").first()
    return min(ended, last.at) if last is not None else ended


def last_said(session: Session, role: str, within_s: float = 60.0) -> RoomMessage | None:
    """The newest line a director wrote to this role or to both, of the last minute."""
    rows = session.messages.filter(kind="say", to__in=("", role))
    return rows.filter(at__gt=room.stage_now() - within_s).order_by("-pk").first()


def running_of(person: Person) -> Place | None:
    """The person's place in a session that is not over, newest first, or None."""
    return (
        Place.objects.filter(person=person, left_at=None)
        .exclude(session__state="ended")
        .select_related("session__booking")
        .order_by("-session__opened_at")
        .first()
    )


def takes_in(program: Program) -> QuerySet[Take]:
    """Recorded takes of a program, newest first."""
    return (
        Take.objects.filter(scene__session__program=program)
        .exclude(state__in=("void", "open"))
        .select_related("scene__prompt", "scene__session__booking")
        .order_by("-opened_at")
    )
