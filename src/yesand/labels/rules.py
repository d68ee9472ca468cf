"""The default label set and the rules of queues and notes, as plain values (LABELS: yesand-15).

Everything is about the character. `own` is about the person, optional, and stays apart.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from yesand.commission.order import FEELING_KEYS
from yesand.formats.emotions import YESAND_15

#: Category and its left-hand key, in reading order of the grid (three rows of five).
GRID: list[tuple[str, str]] = [(name, key.lower()) for name, key in FEELING_KEYS.items()]
CATEGORIES = YESAND_15
BESIDE = ("other", "cant_tell")
INTENSITIES = {1: "slight", 2: "clear", 3: "strong"}
VIEWS = ("intended", "character", "partner", "observer", "own")
FELT = ("none", "a_bit", "a_lot", "rather_not")

MOST_MOMENTS = 4
SPAN_SECONDS = 12.0
"""Longest span one item asks about."""
SHORTEST_SPAN = 2.0
RATERS_WANTED = 5
RATERS_MOST = 9
SETTLED_ENTROPY = 1.0
"""Bits: with five votes and less than this, an item is closed; else it goes to more raters."""
UNDO_SECONDS = 10
IDLE_SECONDS = 60
"""Longest pause that still counts as work on one item, beyond its own length."""


@dataclass(frozen=True)
class Moment:
    """A span both players are asked about, in seconds from the take's start."""

    start: float
    end: float
    role: str
    """Whose cue or mark it is."""
    rule: str
    """cue or end."""


@dataclass(frozen=True)
class Answer:
    """One answer to "which feeling, how strong", checked."""

    primary: str
    intensity: int | None = None
    secondary: tuple[str, ...] = ()
    other_word: str = ""
    problems: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    """(field, what is wrong) pairs; empty when the answer can be stored."""


def moments(cues: Sequence[tuple[str, float | None, float | None]], seconds: float) -> list[Moment]:
    """At most four moments of a take: shown cues first, in order, else the last stretch.

    cues: (role, displayed, span end) in seconds from the take's start; None when not shown.
    """
    found = []
    for role, shown, end in sorted(cues, key=lambda c: (c[1] is None, c[1] or 0.0, c[0])):
        if shown is None or shown >= seconds:
            continue
        stop = min(seconds, shown + SPAN_SECONDS, end if end is not None else math.inf)
        if stop - shown >= SHORTEST_SPAN:
            found.append(Moment(round(shown, 3), round(stop, 3), role, "cue"))
    if not found and seconds >= SHORTEST_SPAN:
        start = max(0.0, seconds - SPAN_SECONDS)
        found.append(Moment(round(start, 3), round(seconds, 3), "a", "end"))
    return found[:MOST_MOMENTS]


def read_answer(
    primary: str,
    intensity: str | int | None,
    secondary: Iterable[str] = (),
    other_word: str = "",
) -> Answer:
    """Check one answer as a form sent it; problems name the field."""
    problems: list[tuple[str, str]] = []
    if primary not in CATEGORIES and primary not in BESIDE:
        problems.append(("primary", "Choose a feeling."))
    strength: int | None = None
    if (primary in CATEGORIES and primary != "neutral") or primary == "other":
        try:
            strength = int(intensity or 0)
        except ValueError:
            strength = 0
        if strength not in INTENSITIES:
            problems.append(("intensity", "Choose slight, clear or strong."))
            strength = None
    word = other_word.strip()[:40]
    if primary == "other" and not word:
        problems.append(("other_word", "Write your word, or choose can't tell."))
    also = tuple(dict.fromkeys(s for s in secondary if s in CATEGORIES and s != primary))[:1]
    return Answer(primary, strength, also, word, tuple(problems))


def votes(primaries: Iterable[str]) -> dict[str, int]:
    """Votes by category in the set's order; *can't tell* and *other* are kept as their own."""
    counted = Counter(primaries)
    return {name: counted[name] for name in (*CATEGORIES, *BESIDE) if counted[name]}


def entropy(counts: dict[str, int]) -> float | None:
    """Shannon entropy of votes in bits, or None without a vote."""
    n = sum(counts.values())
    if n == 0:
        return None
    return round(-sum(c / n * math.log2(c / n) for c in counts.values() if c), 4) + 0.0


def settled(counts: dict[str, int]) -> bool:
    """Adaptive stopping: five votes that agree, or nine that do not."""
    n = sum(counts.values())
    bits = entropy(counts)
    return n >= RATERS_MOST or (n >= RATERS_WANTED and bits is not None and bits < SETTLED_ENTROPY)


def honest_seconds(elapsed: float, item_seconds: float, plays: int) -> int:
    """Whole seconds of work an answer took, with a long absence capped.

    Every play of the moment is work; a pause counts for at most a minute beyond it.
    """
    heard = item_seconds * max(1, min(plays, 10))
    return math.ceil(min(max(elapsed, 0.0), heard + IDLE_SECONDS))
