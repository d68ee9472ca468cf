"""Verbs of a take on the stage clock: lamp on, pause, And scene, lamp off."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from yesand.infra import facts
from yesand.kit.errors import refuse
from yesand.recording import reads as recording
from yesand.stage import cue_rules, entry_rules, planning, room
from yesand.stage.models import Cue, Pause, Place, Scene, Session, Take

#: States of a session in which no take may open: nothing is recorded in them.
LAMP_OFF = frozenset({"break", "step_out"})
PAUSE_KINDS = {"pause": "pause", "someone_in": "someone_in"}
#: A take whose players are both gone for this long is closed with what exists, stage seconds.
ALONE_S = 120.0


def open_take_of(session: Session) -> Take | None:
    """The take being played in a session, or None."""
    return Take.objects.filter(scene__session=session, state="open").order_by("-opened_at").first()


def next_scene(session: Session) -> Scene | None:
    """The scene that was chosen and has not been played, or None."""
    return Scene.objects.filter(session=session, takes=None).order_by("-index").first()


def again(session: Session, scene: str) -> Scene | None:
    """The last scene, where both want another take of it; None for any other."""
    last = Scene.objects.filter(session=session).order_by("-index").first()
    return last if last is not None and scene and scene == str(last.pk) else None


@transaction.atomic
def open_take(scene: Scene) -> Take:
    """The lamp goes on: a new take of the scene on the stage clock.

    The same take while it is open. Refuses when the session is over, another take is open or
    this machine has too little room for a recording.
    """
    session = room.locked(scene.session_id)
    running = open_take_of(session)
    if running is not None:
        if running.scene_id == scene.pk:
            return running
        raise refuse("scene_running", _("Finish the running scene first."), "scene")
    if session.state == "ended":
        raise refuse("session_ended", _("This session is over."), "session")
    if session.state in LAMP_OFF:
        raise refuse("lamp_off", _("Nothing is recorded now. Come back first."), "session")
    if not recording.room_for_takes():
        raise refuse(
            "disk_full",
            _("We have too little room to record safely. You are paid in full; try again soon."),
        )
    take = Take(scene=scene, number=scene.takes.count() + 1, opened_at=room.stage_now())
    take.plan = planning.lay(scene, take.pk)
    take.save(force_insert=True)
    session.state = "playing"
    session.ready = {}
    session.save(update_fields=["state", "ready"])
    room.say(
        session,
        "take_opened",
        take=str(take.pk),
        scene=str(scene.pk),
        number=take.number,
        opened_at=take.opened_at,
    )
    facts.append("stage", "take_opened", take.pk, session=str(session.pk))
    return take


def _session_of(take: Take) -> Session:
    return room.locked(take.scene.session_id)


def _fresh(take: Take) -> Take:
    return Take.objects.select_related("scene__session").get(pk=take.pk)


@transaction.atomic
def close_take(take: Take, ended_by: str) -> Take:
    """The lamp goes off. Closes pauses and cue spans; a take nobody recorded becomes void.

    Once per take; closing again changes nothing.
    """
    session = _session_of(take)
    take = _fresh(take)
    if take.state != "open":
        return take
    take.closed_at = max(room.stage_now(), take.opened_at)
    take.ended_by = ended_by
    recorded = recording.has_streams(take.pk)
    take.state = "closed" if recorded else "void"
    take.save(update_fields=["closed_at", "ended_by", "state"])
    Pause.objects.filter(take=take, ended_at=None).update(ended_at=take.closed_at)
    _end_spans(take)
    session.state = "notes" if recorded else "playing"
    session.save(update_fields=["state"])
    room.say(session, "take_closed", take=str(take.pk), ended_by=ended_by, at=take.closed_at)
    facts.append(
        "stage",
        "take_closed",
        take.pk,
        session=str(session.pk),
        commission=str(session.commission_id),
        void=not recorded,
    )
    return take


def _end_spans(take: Take) -> None:
    assert take.closed_at is not None
    for role in cue_rules.ROLES:
        cues = list(Cue.objects.filter(take=take, role=role).order_by("asked_at"))
        ends = cue_rules.span_ends([cue.displayed_at for cue in cues], take.closed_at)
        for cue, end in zip(cues, ends, strict=True):
            cue.span_end = end
        Cue.objects.bulk_update(cues, ["span_end"])


@transaction.atomic
def and_scene(take: Take, place: Place, nonce: str = "") -> Take:
    """A player says *And scene*; it stands unless the other objects within 3 s."""
    session = _session_of(take)
    take = _fresh(take)
    if take.state != "open" or Pause.objects.filter(take=take, ended_at=None).exists():
        return take
    if take.end_asked_at is None:
        take.end_asked_at = room.stage_now()
        take.end_asked_by = place.role
        take.save(update_fields=["end_asked_at", "end_asked_by"])
    body = {"take": str(take.pk)}
    room.post(
        session, kind="and_scene", role=place.role, sender=place.alias, body=body, nonce=nonce
    )
    return take


@transaction.atomic
def object_to_end(take: Take, place: Place, nonce: str = "") -> Take:
    """The other player says *not yet*: the scene goes on."""
    session = _session_of(take)
    take = _fresh(take)
    if take.state != "open" or take.end_asked_at is None:
        return take
    take.end_asked_at = None
    take.end_asked_by = ""
    take.save(update_fields=["end_asked_at", "end_asked_by"])
    body = {"take": str(take.pk), "object": True}
    room.post(
        session, kind="and_scene", role=place.role, sender=place.alias, body=body, nonce=nonce
    )
    return take


@transaction.atomic
def settle_end(take: Take) -> bool:
    """Close the take when its *And scene* has stood for 3 s; True when it is closed."""
    _session_of(take)
    take = _fresh(take)
    if take.state != "open":
        return True
    if not entry_rules.end_stands(take.end_asked_at, room.stage_now()):
        return False
    close_take(take, "and_scene")
    return True


@transaction.atomic
def pause(take: Take, why: str = "pause", role: str = "", nonce: str = "") -> Pause | None:
    """Both screens go blank and nothing is written; the span is declared. Nobody is named.

    why: pause or someone_in. None when the take is not open.
    """
    session = _session_of(take)
    take = _fresh(take)
    if take.state != "open":
        return None
    running = Pause.objects.filter(take=take, ended_at=None).first()
    if running is not None:
        return running
    row = Pause.objects.create(
        take=take, started_at=room.stage_now(), kind=PAUSE_KINDS.get(why, "pause")
    )
    if take.end_asked_at is not None:
        # A pause takes an ending back: nobody can object while the screens are blank.
        take.end_asked_at, take.end_asked_by = None, ""
        take.save(update_fields=["end_asked_at", "end_asked_by"])
    room.say(
        session,
        "pause",
        nonce=room.hidden_nonce(role, nonce),
        take=str(take.pk),
        why=row.kind,
        at=row.started_at,
    )
    return row


@transaction.atomic
def resume(take: Take, role: str = "", nonce: str = "") -> Pause | None:
    """A player is ready to go on; the pause ends when both have said so since it began.

    role "" says it for both. Returns the running pause, or None.
    """
    session = _session_of(take)
    running = Pause.objects.filter(take=take, ended_at=None).order_by("-started_at").first()
    if running is None:
        return None
    body = {"take": str(take.pk)}
    for one in (role,) if role in cue_rules.ROLES else cue_rules.ROLES:
        room.post(session, kind="resume", role=one, sender=one, body=body, nonce=nonce)
    said = session.messages.filter(
        kind="resume", body__take=str(take.pk), at__gte=running.started_at
    )
    if set(said.values_list("role", flat=True)) < set(cue_rules.ROLES):
        return running
    running.ended_at = room.stage_now()
    running.save(update_fields=["ended_at"])
    return None


def paused_seconds(take: Take, at: float) -> float:
    """Stage seconds of pauses from the take's start to `at`."""
    total = 0.0
    for row in Pause.objects.filter(take=take, started_at__lt=at):
        total += min(at, row.ended_at if row.ended_at is not None else at) - row.started_at
    return total


@transaction.atomic
def close_abandoned(take_id: UUID, now_s: float | None = None) -> bool:
    """Close a take that nobody plays any more; True when it was closed here.

    A take is over when its And scene stands and nobody confirmed it, when both players have been
    gone for two minutes, or when the room's time is up.
    """
    take = Take.objects.select_related("scene__session__booking").get(pk=take_id)
    session = room.locked(take.scene.session_id)
    take.refresh_from_db()
    now = now_s if now_s is not None else room.stage_now()
    if take.state != "open":
        return False
    if entry_rules.end_stands(take.end_asked_at, now):
        close_take(take, "and_scene")
        return True
    booking = session.booking
    end = entry_rules.Slot(booking.state, booking.starts_at, booking.minutes).ends_at
    if now > (end + entry_rules.LATE).timestamp():
        close_take(take, "booking_end")
        return True
    last = session.messages.filter(kind="present").order_by("-pk").first()
    players = [one for one in room.people_here(session.pk) if one["role"] in cue_rules.ROLES]
    if not players and now - max(take.opened_at, last.at if last else 0.0) > ALONE_S:
        close_take(take, "lost")
        return True
    return False
