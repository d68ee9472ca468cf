"""What may be ordered: the closed lists, and an order as its margins. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from yesand.kit.errors import Problem

FEELING_KEYS: dict[str, str] = {
    "joy": "Q",
    "amusement": "W",
    "excitement": "E",
    "pride": "R",
    "affection": "T",
    "relief": "A",
    "neutral": "S",
    "surprise": "D",
    "embarrassment": "F",
    "sadness": "G",
    "anger": "Z",
    "frustration": "X",
    "contempt": "C",
    "disgust": "V",
    "fear": "B",
}
"""The 15 feelings of the default label set with their keys, in the order of the grid."""

FEELINGS: tuple[str, ...] = tuple(FEELING_KEYS)
RELATIONSHIPS: tuple[str, ...] = (
    "strangers",
    "friends",
    "partners",
    "family",
    "colleagues",
    "rivals",
    "service",
)
"""Closed list that cells count by; a prompt adds a free word such as `flatmates`."""
SHAPES: tuple[str, ...] = ("improvised", "target_line", "script", "game")
USES: tuple[str, ...] = ("train", "evaluation")
ACQUAINTANCE: tuple[str, ...] = ("any", "strangers", "met")
STRENGTHS: tuple[int, ...] = (1, 2, 3)
"""1 slight, 2 clear, 3 strong: the same scale in cue, cell and every view."""

SCENE_MINUTES: dict[str, int] = {"improvised": 5, "target_line": 5, "script": 2, "game": 5}
"""Stated length of one scene by shape, minutes; no scene is cut by a clock."""
CUED_SHARE = Fraction(2, 3)
"""One scene in three has no cue and fills no cell."""
FEELINGS_PER_CUED_TAKE = 2
"""Cells one cued take is expected to fill: the different aims its cues reach."""
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
"""Shape of a BCP 47 code; whether anybody speaks it is the roster's answer."""

MAX_HOURS = 100_000
MAX_WEEKS = 520


@dataclass(frozen=True, order=True)
class CellPlan:
    """One cell of an order and the takes wanted in it.

    strengths: takes wanted at intensity 1, 2 and 3; they add up to `takes`. Neutral has no
    intensity, so its strengths are all zero.
    """

    feeling: str
    relationship: str
    language: str
    takes: int
    strengths: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True)
class Order:
    """An order for scenes by margins. Shares are parts of 1 and add up to 1.

    hours: scene hours, counted apart from the cells' quotas. weeks: how long it may take.
    cells: quotas somebody fixed one by one (a shortfall does); empty means a balanced design.
    """

    name: str
    hours: float
    languages: Mapping[str, float]
    feelings: Mapping[str, float]
    relationships: Mapping[str, float]
    shapes: Mapping[str, float] = field(default_factory=lambda: {"improvised": 1.0})
    use: str = "train"
    acquaintance: str = "any"
    brief: str = ""
    weeks: int = 6
    cells: tuple[CellPlan, ...] = ()


def scene_minutes(order: Order) -> Fraction:
    """Mean stated length of the ordered scenes, minutes, by the shares of their shapes."""
    weights = {shape: exact(share) for shape, share in order.shapes.items()}
    total = sum(weights.values())
    if not total:
        return Fraction(SCENE_MINUTES["improvised"])
    return sum((w * SCENE_MINUTES[s] for s, w in weights.items()), Fraction(0)) / total


def takes_of(order: Order) -> int:
    """Takes that the ordered hours hold, at least one."""
    return max(1, round(exact(order.hours) * 60 / scene_minutes(order)))


def quota_of(order: Order) -> int:
    """Sum of all cells' quotas: a cued take counts once in each of its cells."""
    if order.cells:
        return sum(cell.takes for cell in order.cells)
    return max(1, round(takes_of(order) * CUED_SHARE * FEELINGS_PER_CUED_TAKE))


def exact(value: float) -> Fraction:
    """The number a person wrote: 0.1 is a tenth, not its nearest double."""
    return Fraction(str(value))


def problems_of(order: Order) -> list[Problem]:
    """Everything that keeps an order from being drafted, field by field; empty when it is fine."""
    found = []
    if not order.name.strip():
        found.append(Problem("no_name", "name", "Give the order a name."))
    elif len(order.name) > 120:
        found.append(Problem("long_name", "name", "Shorten the name to 120 characters."))
    if not 0 < order.hours <= MAX_HOURS:
        found.append(
            Problem("bad_hours", "hours", f"Say scene hours above 0 and up to {MAX_HOURS:,}.")
        )
    if not 1 <= order.weeks <= MAX_WEEKS:
        found.append(Problem("bad_weeks", "weeks", f"Say 1 to {MAX_WEEKS} weeks."))
    if order.use not in USES:
        found.append(Problem("bad_use", "use", f"Say one of: {', '.join(USES)}."))
    if order.acquaintance not in ACQUAINTANCE:
        says = f"Say one of: {', '.join(ACQUAINTANCE)}."
        found.append(Problem("bad_acquaintance", "acquaintance", says))
    for code in order.languages:
        if not LANGUAGE.fullmatch(code):
            says = f"{code!r} is no language code; write en, es or pt-BR."
            found.append(Problem("bad_language", f"languages.{code}", says))
    for place, allowed in (
        ("feelings", FEELINGS),
        ("relationships", RELATIONSHIPS),
        ("shapes", SHAPES),
    ):
        for word in getattr(order, place):
            if word not in allowed:
                says = f"{word!r} is not in the list: {', '.join(allowed)}."
                found.append(Problem("unknown_word", f"{place}.{word}", says))
    for place in ("languages", "feelings", "relationships", "shapes"):
        found += _problems_of_shares(place, getattr(order, place))
    for at, cell in enumerate(order.cells):
        found += _problems_of_cell(order, at, cell)
    return found


def _problems_of_shares(place: str, shares: Mapping[str, float]) -> list[Problem]:
    if not shares:
        return [Problem("no_shares", place, "Give at least one a share.")]
    for word, share in shares.items():
        if not 0 <= share <= 1:
            says = "Say a share from 0 to 100 %."
            return [Problem("bad_share", f"{place}.{word}", says)]
    total = sum((exact(share) for share in shares.values()), Fraction(0))
    if abs(total - 1) <= Fraction(1, 200):
        return []
    off = round(float(abs(total - 1)) * 100, 2)
    fix = f"take away {off:g} %" if total > 1 else f"add {off:g} %"
    says = f"The shares add up to {float(total) * 100:g} %; {fix}."
    return [Problem("shares_off", place, says)]


def _problems_of_cell(order: Order, at: int, cell: CellPlan) -> list[Problem]:
    found = []
    for word, shares, place in (
        (cell.feeling, order.feelings, "feelings"),
        (cell.relationship, order.relationships, "relationships"),
        (cell.language, order.languages, "languages"),
    ):
        if not shares.get(word):
            says = f"It asks for {word!r}, which has no share under {place}; add it there."
            found.append(Problem("cell_outside", f"cells[{at}]", says))
    if cell.takes < 1:
        found.append(Problem("bad_takes", f"cells[{at}].takes", "Ask for at least 1 take."))
    return found
