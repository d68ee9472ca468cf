"""How much of what was captured is not in the release, counted from the originals themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import yesand
from yesand.capture.models import Track
from yesand.formats.blocks import read_stream
from yesand.infra import objects
from yesand.post.models import Processing
from yesand.stage.models import Take


def lost_seconds(take: Take, folder: Path) -> float:
    """Captured samples of the take that the release does not hold, in seconds over both roles.

    Two sums. What a browser said it captured (the last `stream_stop`, or the sealed blocks when
    there is none) against the samples that were sealed; and the sealed samples that lie inside
    the take against the length of the released track less its declared gaps.
    """
    dyad = yesand.open(folder)[str(take.pk)]
    clock = Processing.objects.filter(take=take, state="done").order_by("-at").get().clock
    lost = 0.0
    for role in "ab":
        held = dyad.track(role)
        captured = np.zeros(0)
        for track in Track.objects.filter(take=take, role=role, kind="mic").select_related(
            "stream"
        ):
            said = track.settings.get("captured_samples")
            stream = read_stream(objects.store().get(track.stream.object_key))
            rate = stream.rate
            sealed = len(stream.samples)
            if said is not None:
                lost += max(0, int(said) - sealed) / rate
            start = _start_in_take(clock, role, track.part)
            inside = np.arange(sealed) / rate + start
            captured = np.concatenate([captured, inside])
        length = held.samples.shape[0] / dyad.rate
        within = (captured >= 0) & (captured < dyad.duration_s)
        in_release = length - sum(g.length for g in held.gaps)
        if len(captured):
            step = 1 / rate
            lost += max(0.0, within.sum() * step - in_release - 2 * step)
    return round(lost, 6)


def _start_in_take(clock: dict[str, object], role: str, part: int) -> float:
    starts = clock["starts"]
    return float(starts[role][part])  # type: ignore[index]
