"""How much of what was captured is not in the release, counted from the originals themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import yesand
from yesand.capture.models import Seal, Track
from yesand.formats.blocks import read_stream
from yesand.infra import objects
from yesand.kit.spans import Span, total
from yesand.post.models import Processing
from yesand.stage.models import Take

#: One sample of the grid at either edge may fall outside by rounding.
EDGE_SAMPLES = 2


def lost_seconds(take: Take, folder: Path) -> float:
    """Captured samples of the take that the release does not hold, in seconds over both roles.

    Two sums: what a browser captured and never arrived (the seal's own count), and sealed samples
    that lie inside the take by the clock map but not inside the sounding part of the track.
    """
    dyad = yesand.open(folder)[str(take.pk)]
    clock: dict[str, Any] = (
        Processing.objects.filter(take=take, state="done").order_by("-at").get().clock
    )
    lost = float(Seal.objects.get(take=take).lost_seconds)
    for role in "ab":
        held = dyad.track(role)
        sounding = len(held.integers) / dyad.rate - total(
            Span(max(0.0, s), min(dyad.duration_s, e)) for s, e in clock["gaps"][role]
        )
        captured = 0.0
        for track in Track.objects.filter(
            take=take, role=role, kind="mic", stream__sealed_at__isnull=False
        ).select_related("stream"):
            if not track.stream.object_key:
                continue
            audio = read_stream(objects.default().get(track.stream.object_key))
            start = float(clock["starts"][role][track.part])
            inside = np.arange(len(audio.samples)) / audio.rate + start
            captured += float(((inside >= 0) & (inside < dyad.duration_s)).sum()) / audio.rate
        short = captured - sounding
        if short > EDGE_SAMPLES / dyad.rate + 1e-4:
            lost += short
    return round(lost, 6)
