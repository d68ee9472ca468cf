"""A take whose sound is there: aligned tracks, their peaks and the rows that lead to them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import soundfile
from django.utils import timezone

from tests.fakes.rooms import Room
from yesand.capture.models import Track
from yesand.formats.robot_voice import robot_dialogue
from yesand.infra import objects
from yesand.kit.canonical import canonical_json
from yesand.post.models import Processing
from yesand.recording.actions import open_recording
from yesand.recording.models import Stream
from yesand.stage.models import Scene, Take

RATE = 48_000
PER_SECOND = 20


def played(room: Room, seconds: float = 24.0, index: int = 1) -> Take:
    """A closed take of the room's first cards, without sound yet."""
    prompt = room.cards[(index - 1) % len(room.cards)]
    scene = Scene.objects.create(session=room.session, index=index, prompt=prompt)
    at = timezone.now().timestamp() - 4000 + 600 * index
    return Take.objects.create(
        scene=scene,
        number=1,
        state="closed",
        opened_at=at,
        closed_at=at + seconds,
        ended_by="and_scene",
    )


def with_sound(room: Room, take: Take, seconds: float = 24.0) -> Take:
    """Robots' voices as both aligned tracks of the take, as processing leaves them."""
    prefix = f"takes/{take.pk}/derived/1"
    peaks: dict[str, Any] = {}
    voices = zip("ab", (room.ada, room.noor), robot_dialogue(5, seconds), strict=True)
    for role, person, voice in voices:
        sound = voice / 2**23
        file = io.BytesIO()
        soundfile.write(file, sound, RATE, format="FLAC", subtype="PCM_16")
        objects.default().put(f"{prefix}/{role}.flac", [file.getvalue()])
        step = RATE // PER_SECOND
        parts = np.abs(sound[: len(sound) // step * step]).reshape(-1, step).max(axis=1)
        peaks[role] = {
            "per_second": PER_SECOND,
            "full": 1.0,
            "peaks": [round(float(part), 4) for part in parts],
        }
        stream = Stream.objects.create(
            recording=open_recording(room.program, person, "take", take.pk, role),
            kind="mic",
            spool_node="local",
            state="complete",
            sealed_at=timezone.now(),
        )
        Track.objects.create(
            take=take,
            role=role,
            kind="mic",
            stream=stream,
            state="complete",
            rate=RATE,
            samples=len(voice),
        )
    objects.default().put(f"{prefix}/peaks.json", [canonical_json(peaks)])
    Processing.objects.create(
        take=take,
        pipeline_version="1",
        state="done",
        aligned_key=prefix,
        peaks_key=f"{prefix}/peaks.json",
        verdict="accept",
    )
    return take
