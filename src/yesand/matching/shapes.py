"""Which shape a booking has: many short scenes, two long ones, or scripts. Pure.

The order says which share of its scenes are scripts; everything else is improvised and played as
shorts. Nobody orders long scenes: a producer asks for them when booking by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

SHAPES = ("shorts", "long_form", "scripts")
#: Scenes a booking of this shape plans, by its minutes (`stage.plan` has the whole table).
SCENES: dict[str, dict[int, int]] = {
    "shorts": {30: 2, 60: 5, 90: 8},
    "long_form": {30: 1, 60: 2, 90: 3},
    "scripts": {30: 4, 60: 8, 90: 12},
}


def shape_of(
    shares: Mapping[str, float], booked: Iterable[tuple[str, int]], minutes: int = 60
) -> str:
    """shorts or scripts for the next booking of an order, whichever it lacks more scenes of.

    shares: the order's shapes of cards, of which `script` counts. booked: (shape, minutes) of the
    order's bookings that stand. The same rows always give the same answer.
    """
    total = sum((Fraction(str(share)) for share in shares.values()), Fraction(0))
    if not total:
        return "shorts"
    scripts = Fraction(str(shares.get("script", 0.0))) / total
    have = {"shorts": 0, "scripts": 0}
    for shape, length in booked:
        have["scripts" if shape == "scripts" else "shorts"] += SCENES[shape][length]
    wanted = {"shorts": 1 - scripts, "scripts": scripts}

    def lacks(shape: str) -> Fraction:
        after = sum(have.values()) + SCENES[shape][minutes]
        return wanted[shape] * after - have[shape]

    return max(("shorts", "scripts"), key=lambda shape: (lacks(shape), wanted[shape]))
