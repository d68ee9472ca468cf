"""Verbs of a session as a whole: opening, checking in, warming up, leaving, ending."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yesand.infra import facts
from yesand.kit.errors import refuse
from yesand.matching import actions as matching
from yesand.matching.models import Booking
from yesand.people.models import Person
from yesand.stage import entry_rules, pacing, room, takes
from yesand.stage.models import Place, Session, Take

#: A role's word that it is ready for the warm-up to end.
WARM = "warm_up"
#: What a role says in each state that ends when both have said so.
WORDS = {"waiting": WARM, "warm_up": WARM, "break": "back", "step_out": "step_out"}


def slot_of(booking: Booking) -> entry_rules.Slot:
    """The booking as the room's door sees it."""
    return entry_rules.Slot(booking.state, booking.starts_at, booking.minutes)


@transaction.atomic
def open_session(booking: Booking, now: datetime | None = None) -> Session:
    """The room of a booking; made once, the same one every time.

    Refuses a booking that is not confirmed, is over or lies too far ahead, and a closed program.
    """
    # Two performers may come in the same instant: the booking's row decides who makes the room.
    booking = Booking.objects.select_for_update().select_related("program").get(pk=booking.pk)
    session = Session.objects.filter(booking=booking).first()
    if session is not None:
        return session
    why = entry_rules.why_not(
        slot_of(booking),
        session_state="waiting",
        left=False,
        program_closed=booking.program.closed_at is not None,
        now=now or timezone.now(),
    )
    if why:
        raise refuse(why, _("This room is not open."), "booking")
    session = Session.objects.create(
        program=booking.program, commission=booking.commission, booking=booking
    )
    for seat in booking.seats.select_related("person"):
        alias = seat.person.alias or _("Player %(role)s") % {"role": seat.role.upper()}
        Place.objects.create(session=session, person=seat.person, role=seat.role, alias=alias)
    facts.append("stage", "session_opened", session.pk, booking=str(booking.pk))
    return session


def _own_place(session: Session, person: Person) -> Place:
    place = session.places.filter(person=person).first()
    if place is None:
        raise refuse("not_yours", _("This room belongs to two other people."), "session")
    return place


@transaction.atomic
def check_in(session: Session, person: Person) -> Place:
    """The performer is here: pay runs from now at the latest. Once per session."""
    session = room.locked(session)
    place = _own_place(session, person)
    if place.checked_in_at is None:
        place.checked_in_at = timezone.now()
        place.save(update_fields=["checked_in_at"])
        matching.start(session.booking)
        facts.append("stage", "checked_in", session.pk, role=place.role)
    return place


@transaction.atomic
def report_green_room(session: Session, person: Person, report: Mapping[str, Any]) -> Place:
    """Keep the latest report of the green room; a report without problems makes the place ready.

    report: {"ok", "problems": [code], "warnings": [code], "checks", "devices"} as the green
    room's script sends it. Refuses a report that is not that.
    """
    problems = report.get("problems")
    if not isinstance(problems, list) or not isinstance(report.get("checks", {}), dict):
        raise refuse("bad_report", _("The report of the check is incomplete."), "problems")
    session = room.locked(session)
    place = _own_place(session, person)
    place.green_room = dict(report)
    if report.get("ok") is True and not problems:
        place.ready_at = timezone.now()
    place.save(update_fields=["green_room", "ready_at"])
    if place.ready_at is not None:
        start_warm_up(session)
    return place


@transaction.atomic
def start_warm_up(session: Session) -> Session:
    """Both passed the green room: the lamp stays off, nothing is recorded."""
    session = room.locked(session)
    waiting = session.places.filter(ready_at=None).exists()
    if session.state == "waiting" and not waiting:
        _turn(session, "warm_up")
    return session


def _turn(session: Session, state: str) -> None:
    session.state = state
    session.save(update_fields=["state"])
    room.say(session, "state", state=state)


@transaction.atomic
def ready(session: Session, place: Place, scene: str = "", nonce: str = "") -> Session:
    """A player says go: both end the warm-up, a break or the step-out, or open a chosen scene.

    scene: the scene they are ready for; "" is the one on the table. Who left is not waited for,
    where nothing is played. Refuses a scene after the booking's end unless both stay.
    """
    session = room.locked(session)
    if session.state == "ended":
        raise refuse("session_ended", _("This session is over."), "session")
    if takes.open_take_of(session) is not None:
        raise refuse("scene_running", _("The scene is running."), "scene")
    pending = takes.next_scene(session) or takes.again(session, scene)
    if session.state in WORDS:
        wanted = WORDS[session.state]
    elif pending is None or (scene and scene != str(pending.pk)):
        raise refuse("no_scene", _("Choose a card first."), "scene")
    elif not pacing.may_begin(session):
        raise refuse("time_up", _("Your time is up. Going on needs both of you."), "scene")
    else:
        wanted = f"scene:{pending.pk}"
    session.ready[place.role] = wanted
    session.save(update_fields=["ready"])
    body = {"scene": str(pending.pk)} if pending and wanted.startswith("scene") else {}
    room.post(session, kind="ready", role=place.role, sender=place.alias, body=body, nonce=nonce)
    there = {"a", "b"}
    if wanted in ("back", "step_out"):
        there = set(session.places.filter(left_at=None).values_list("role", flat=True))
    both = all(session.ready.get(role) == wanted for role in there)
    if both and wanted in WORDS.values():
        session.ready = {}
        session.save(update_fields=["ready"])
        _go_on(session, wanted)
    elif both and pending is not None:
        takes.open_take(pending)
        session.refresh_from_db()
    return session


def _go_on(session: Session, said: str) -> None:
    """What follows when both have said that they go on."""
    state = pacing.after_step_out(session) if said == "step_out" else "playing"
    session.save(update_fields=["pace"])
    if state == "ended":
        end_session(session)
    else:
        _turn(session, state)


@transaction.atomic
def wind_down(session: Session) -> Session:
    """That was the last scene: the step-out, and then the end. Nothing is recorded from here.

    A session in which nothing was played ends at once. Refuses while a scene runs.
    """
    session = room.locked(session)
    if takes.open_take_of(session) is not None:
        raise refuse("scene_running", _("Finish this scene first."), "session")
    if session.state in ("ended", "step_out"):
        return session
    if not Take.objects.filter(scene__session=session, state="closed").exists():
        return end_session(session)
    session.ready = {}
    session.pace.pop("then", None)
    session.save(update_fields=["ready", "pace"])
    _turn(session, "step_out")
    return session


@transaction.atomic
def stay(session: Session, place: Place, yes: bool, nonce: str = "") -> Session:
    """As `pacing.stay`; a no begins the step-out for both, once the booking's time is over."""
    session = pacing.stay(session, place, yes, nonce)
    over = pacing.stay_closed(session) and pacing.time_up(session)
    return wind_down(session) if over else session


@transaction.atomic
def notes_done(session: Session, place: Place, take: str, nonce: str = "") -> Session:
    """A player finished the notes of a take; when both have, the plan says what follows."""
    session = room.locked(session)
    room.post(
        session,
        kind="notes_done",
        role=place.role,
        sender=place.alias,
        body={"take": take},
        nonce=nonce,
    )
    done = session.messages.filter(kind="notes_done", body__take=take).values_list("role")
    if session.state == "notes" and {role for (role,) in done} >= {"a", "b"}:
        played = Take.objects.select_related("scene__prompt").get(pk=take)
        state = pacing.after_notes(session, played.scene)
        session.ready = {}
        session.save(update_fields=["pace", "ready"])
        _turn(session, state)
    return session


@transaction.atomic
def leave(session: Session, person: Person, reason: str = "", nonce: str = "") -> Place:
    """Leave now: closes an open take with what exists. Never punished, and paid in full."""
    session = room.locked(session)
    place = _own_place(session, person)
    take = takes.open_take_of(session)
    if place.left_at is None and session.state != "ended":
        place.left_at = timezone.now()
        place.leave_reason = reason.strip()[:200]
        place.save(update_fields=["left_at", "leave_reason"])
        body = {"take": str(take.pk)} if take is not None else {}
        room.post(
            session, kind="leave", role=place.role, sender=place.alias, body=body, nonce=nonce
        )
        if take is not None:
            takes.close_take(take, "leave")
        facts.append("stage", "left", session.pk, role=place.role)
        if not session.places.filter(left_at=None).exists():
            end_session(session)
    elif reason.strip() and not place.leave_reason:
        place.leave_reason = reason.strip()[:200]
        place.save(update_fields=["leave_reason"])
    return place


@transaction.atomic
def end_session(session: Session) -> Session:
    """The sitting is over: open takes close, and what it pays is settled from the fact."""
    session = room.locked(session)
    if session.state == "ended":
        return session
    take = takes.open_take_of(session)
    if take is not None:
        takes.close_take(take, "booking_end")
    session.ended_at = timezone.now()
    session.save(update_fields=["ended_at"])
    _turn(session, "ended")
    facts.append("stage", "session_ended", session.pk, booking=str(session.booking_id))
    return session
