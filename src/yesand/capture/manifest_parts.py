"""The parts of a manifest that come from rows: players, prompt, cues and pauses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from yesand.capture.models import Track
from yesand.consent import reads as consent
from yesand.consent.rules import PURPOSES
from yesand.formats import manifest as form
from yesand.kit.canonical import digest
from yesand.people.models import Person
from yesand.stage import reads as stage
from yesand.stage.models import Take

WHY = {"pause": "pause", "someone_in": "someone_came_in"}


def prompt_of(take: Take) -> form.Prompt:
    """Which text was asked for; the players' own line has the id `own-line`."""
    prompt = take.scene.prompt
    if prompt is None:
        return form.Prompt("own-line", 1, digest({"own_line": take.scene.own_line}))
    return form.Prompt(prompt.slug, prompt.version, digest(prompt.body))


def players_of(take: Take, tracks: Mapping[str, Sequence[Track]]) -> tuple[form.Player, ...]:
    """Who played which role, with the receipts of what they allowed when the take opened."""
    at = datetime.fromtimestamp(take.opened_at, tz=UTC)
    found = []
    for role, place in sorted(stage.places(take.scene.session).items()):
        person = place.person
        own = [track for track in tracks.get(role, []) if track.kind != "heard"]
        recordings = [str(track.stream.recording_id) for track in own]
        kind = person.player_kind if person.player_kind in ("robot", "model") else "human"
        arm = "non_actor" if person.arm == "non_actor" else "actor"
        found.append(
            form.Player(
                role=role,  # type: ignore[arg-type]
                pseudonym=person.pseudonym,
                kind=kind,  # type: ignore[arg-type]
                arm=arm if kind == "human" else None,  # type: ignore[arg-type]
                recording=recordings[0] if recordings else None,
                consents=_receipts(person, take, at),
            )
        )
    return tuple(found)


def _receipts(person: Person, take: Take, at: datetime) -> tuple[form.Receipt, ...]:
    program = take.scene.session.program
    found = []
    for purpose in PURPOSES:
        grant = consent.standing(person, program, purpose, take.pk, at)
        if grant is not None:
            found.append(form.Receipt(purpose, grant.receipt_sha256))
    return tuple(found)


def cues_of(take: Take) -> tuple[form.Cue, ...]:
    """Every cue of the take in the order asked; times are the stage clock's."""
    return tuple(
        form.Cue(
            id=str(cue.pk),
            role=cue.role,  # type: ignore[arg-type]
            action=cue.action,
            aim_emotion=cue.aim_emotion or None,
            aim_intensity=cue.aim_intensity,
            aim_shown=cue.aim_shown,
            empty=cue.empty,
            pulled=cue.pulled,
            asked_s=cue.asked_at,
            displayed_s=cue.displayed_at,
            response=cue.response or None,  # type: ignore[arg-type]
            responded_s=cue.responded_at,
            span_end_s=cue.span_end,
        )
        for cue in stage.cues_of(take)
    )


def pauses_of(take: Take) -> tuple[form.Pause, ...]:
    """Declared pauses; nobody is named."""
    return tuple(
        form.Pause(pause.started_at, pause.ended_at, WHY.get(pause.kind, "device"))
        for pause in stage.pauses_of(take)
        if pause.ended_at is not None
    )
