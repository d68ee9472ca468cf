"""Sessions, scenes, takes, cues and the room log."""

from __future__ import annotations

from django.db import models

from yesand.commission.models import Commission, Prompt
from yesand.kit.ids import new_id
from yesand.matching.models import Booking
from yesand.people.models import Person, Program


class Session(models.Model):
    """One sitting of one pair. Its id names the room."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    commission = models.ForeignKey(Commission, models.PROTECT, related_name="+")
    booking = models.OneToOneField(Booking, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, default="waiting")
    """waiting, warm_up, playing, notes, break, step_out or ended. Only playing has open takes."""
    opened_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    dealt = models.JSONField(default=dict)
    """The three cards on the table: {"index", "cards": [prompt id], "swaps": [{"prompt", "why"}]}.
    Nobody is named."""
    pace = models.JSONField(default=dict)
    """What lies between scenes: {"breaks": [scene index], "back_at": stage seconds of the running
    break's end, "stepped_out": bool, "then": what follows the step-out, "stay": {role: bool}}.
    Nobody but the house reads who said no."""
    ready = models.JSONField(default=dict)
    """What each role last said they are ready for: {"a": "warm_up", "b": "scene:<id>"}."""


class Place(models.Model):
    """One performer's place in a session."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="places")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    role = models.CharField(max_length=1)
    alias = models.CharField(max_length=40)
    """The name the partner sees."""
    checked_in_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    """Passed the green room."""
    green_room = models.JSONField(default=dict)
    """Latest report of the green room: measures and verdict per check."""
    left_at = models.DateTimeField(null=True)
    leave_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "role"], name="place_role_once"),
            models.UniqueConstraint(fields=["session", "person"], name="place_person_once"),
        ]


class Scene(models.Model):
    """The unit of drama one prompt asked for."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    session = models.ForeignKey(Session, models.CASCADE, related_name="scenes")
    index = models.PositiveSmallIntegerField()
    prompt = models.ForeignKey(Prompt, models.PROTECT, null=True, related_name="+")
    """Null when the players wrote their own in one line."""
    own_line = models.CharField(max_length=200, blank=True)
    cues_allowed = models.BooleanField(default=True)
    chosen_at = models.DateTimeField(auto_now_add=True)
    kept = models.JSONField(default=dict)
    """Characters that came back: {role: id of the scene of this session they were first in}."""
    called_back = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    """The earlier scene of this session that this one goes on from; then `own_line` names it."""
    swaps = models.JSONField(default=list)
    """[{"prompt", "why"}] cards that were dealt and put back, without saying by whom."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "index"], name="scene_once")]


class Take(models.Model):
    """One recorded attempt at a scene, bounded on the stage clock."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    scene = models.ForeignKey(Scene, models.CASCADE, related_name="takes")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, default="open")
    """open, closed or void (never recorded)."""
    opened_at = models.FloatField()
    """Stage clock: Unix seconds of the server when the lamp went on."""
    closed_at = models.FloatField(null=True)
    ended_by = models.CharField(max_length=12, blank=True)
    """and_scene, leave, director, lost or booking_end."""
    end_asked_at = models.FloatField(null=True)
    """Stage clock at which a player said *And scene*; the other has 3 s to object."""
    end_asked_by = models.CharField(max_length=1, blank=True)
    plan = models.JSONField(default=dict)
    """What the engine means to offer, laid when the lamp went on: `planning.lay`. No page of the
    stage reads it."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scene", "number"], name="take_once")]


class Cue(models.Model):
    """An offer to one role at one moment. The action was shown; the aim was stored."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    take = models.ForeignKey(Take, models.CASCADE, related_name="cues")
    role = models.CharField(max_length=1)
    action = models.CharField(max_length=80)
    aim_emotion = models.CharField(max_length=16, blank=True)
    aim_intensity = models.PositiveSmallIntegerField(null=True)
    """1 slight, 2 clear, 3 strong."""
    aim_shown = models.BooleanField(default=False)
    aim_by = models.CharField(max_length=4, blank=True)
    """What decided whether the aim is shown: own (the performer's wish), draw (drawn for this take
    by the experiment) or "" (nobody: it is not)."""
    empty = models.BooleanField(default=False)
    pulled = models.BooleanField(default=False)
    by = models.CharField(max_length=8, default="engine")
    """engine, director or pull."""
    asked_at = models.FloatField()
    """Stage clock, Unix seconds."""
    displayed_at = models.FloatField(null=True)
    """Stage clock, from the performer's clock after paint."""
    displayed_client_ms = models.FloatField(null=True)
    response = models.CharField(max_length=6, blank=True)
    """took, bent, let_go or "" for no answer."""
    responded_at = models.FloatField(null=True)
    span_end = models.FloatField(null=True)
    """Where the cued span ends: next cue of the role, or 20 s, or the take's end."""
    plan_index = models.PositiveSmallIntegerField(null=True)
    """Which of the engine's planned offers this was; null when it was pulled or a director's."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["take", "plan_index"], name="planned_once")]


class OfferCount(models.Model):
    """How many offers the engine has made in a program: which is the empty control follows."""

    program = models.OneToOneField(Program, models.CASCADE, primary_key=True, related_name="+")
    made = models.PositiveIntegerField(default=0)


class Pause(models.Model):
    """A span in which both screens were blank and nothing was written; nobody is named."""

    take = models.ForeignKey(Take, models.CASCADE, related_name="pauses")
    started_at = models.FloatField()
    ended_at = models.FloatField(null=True)
    kind = models.CharField(max_length=12, default="pause")
    """pause or someone_in."""


class RoomMessage(models.Model):
    """One message of the room log: signaling and replay in one. Ids only grow."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(Session, models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=20)
    sender = models.CharField(max_length=40)
    role = models.CharField(max_length=8)
    """a, b, director or server."""
    to = models.CharField(max_length=8, blank=True)
    """Only for this role; "" for everybody in the room."""
    body = models.JSONField(default=dict)
    nonce = models.CharField(max_length=40, blank=True)
    """Set by the sender; a repeat of (role, nonce) is the same message."""
    at = models.FloatField()
    """Stage clock, Unix seconds."""

    class Meta:
        indexes = [models.Index(fields=["session", "id"], name="room_replay")]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "role", "nonce"],
                condition=~models.Q(nonce=""),
                name="room_nonce_once",
            )
        ]
