"""From weak and thin cells to the draft of the next commission. Pure.

A cell is one feeling x relationship x language, as a commission counts it. Thin cells ask for what
they lack; weak ones (by themselves, or because their feeling is weak) for as much again as they
have, at least what makes them scored. Feelings are asked for as cues aim at them, so the number of
takes grows where few cues are perceived as they were aimed (the yield).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from yesand.commission.order import (
    CUED_SHARE,
    FEELINGS,
    FEELINGS_PER_CUED_TAKE,
    RELATIONSHIPS,
    CellPlan,
    Order,
    problems_of,
    scene_minutes,
)
from yesand.commission.schema import as_mapping, write_order
from yesand.evaluation.slices import LEAST_ITEMS, LEAST_PERFORMERS
from yesand.kit.errors import Refused, refuse

#: No cell asks for fewer takes: two at each of the three strengths.
LEAST_TAKES = 6
#: A yield below this is taken as this: a cell that is never perceived is no reason for 1,000 takes.
LEAST_YIELD = 0.25
MOST_CELLS = 24


@dataclass(frozen=True)
class Wanted:
    """One cell of the draft and why: weak or thin, with its figures in words."""

    feeling: str
    relationship: str
    language: str
    takes: int
    need: float
    why: str


@dataclass(frozen=True)
class Draft:
    """order: what station 2 reads. wanted: its cells, most needed first. left: cells that are
    weak or thin and found no room, and words that cannot be ordered."""

    order: Order
    wanted: tuple[Wanted, ...]
    left: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The order as stored, and the reasons beside it."""
        return {
            "order": as_mapping(self.order),
            "why": [
                {
                    "feeling": w.feeling,
                    "relationship": w.relationship,
                    "language": w.language,
                    "takes": w.takes,
                    "why": w.why,
                }
                for w in self.wanted
            ],
            "left": list(self.left),
        }

    def to_yaml(self) -> str:
        """The YAML that `commission.schema.read_order` reads, each cell's reason as a comment."""
        lines = ["# Draft made from a shortfall. Why each cell is in it:"]
        lines += [
            f"#   {w.feeling} / {w.relationship} / {w.language}, {w.takes} takes: {w.why}"
            for w in self.wanted
        ]
        lines += [f"#   left for later: {word}" for word in self.left[:5]]
        if len(self.left) > 5:
            lines.append(f"#   and {len(self.left) - 5} more")
        return "\n".join(lines) + "\n" + write_order(self.order)


def draft(
    run: Mapping[str, Any],
    *,
    name: str,
    use: str = "train",
    hours: float | None = None,
    most: int = MOST_CELLS,
    languages: Sequence[str] = (),
) -> Draft:
    """The draft commission of a run (`Run.to_json()`).

    hours: scene hours there is money for; the neediest cells come first until they are used up.
    most: cells at most. languages: to order in, where the run's cells do not tell.
    Raises Refused when nothing is weak or thin, or when no cell can be ordered.
    """
    cells = {_key(row["cell"]): row for row in run["cells"]}
    seen = _words(run, languages)
    weak = {row["cell"]["feeling"]: row for row in run["cells"] if _is_weak_feeling(row)}
    yields = {word: hit / n for word, (hit, n) in run["perceived"].items() if n}
    wanted: list[Wanted] = []
    for feeling, relationship, language in itertools.product(*seen):
        full = {"feeling": feeling, "relationship": relationship, "language": language}
        row = _finest(cells, run, full)
        one = _wanted(feeling, relationship, language, row, weak.get(feeling), yields)
        if one is not None:
            wanted.append(one)
    if not wanted:
        raise refuse("no_shortfall", "No cell is weak or thin; there is nothing to order.", "run")
    wanted.sort(key=lambda w: (-w.need, FEELINGS.index(w.feeling), w.relationship, w.language))
    kept, left = _within(wanted, hours, most)
    order = _order(kept, name, use, _brief(run, kept))
    problems = problems_of(order)
    if problems:
        raise Refused(*problems)
    unknown = [w for w in run["levels"].get("relationship", ()) if w not in RELATIONSHIPS]
    more = [f"{w.feeling} / {w.relationship} / {w.language}: {w.why}" for w in left]
    return Draft(
        order,
        tuple(kept),
        (*more, *(f"relationship {word}: not in the list of a commission" for word in unknown)),
    )


def _key(cell: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(cell.items()))


def _words(
    run: Mapping[str, Any], languages: Sequence[str]
) -> tuple[list[str], list[str], list[str]]:
    """Feelings, relationships and languages the draft is made of."""
    there = run["levels"]
    feelings = {*there.get("feeling", ()), *(row["feeling"] for row in run["missing"])}
    relationships = [word for word in RELATIONSHIPS if word in there.get("relationship", ())]
    return (
        [word for word in FEELINGS if word in feelings],
        relationships or list(RELATIONSHIPS[:1]),
        sorted(there.get("language", ())) or list(languages) or ["en"],
    )


def _finest(
    cells: Mapping[tuple[tuple[str, str], ...], Mapping[str, Any]],
    run: Mapping[str, Any],
    full: Mapping[str, str],
) -> Mapping[str, Any] | None:
    """The row of this cell; a factor that never varies is in no row."""
    varied = {name: word for name, word in full.items() if len(run["levels"].get(name, ())) > 1}
    if varied:
        return cells.get(_key(varied))
    # everything there is falls into this one cell
    same = run["levels"].get("feeling") == [full["feeling"]]
    whole = {"n": run["items"], "performers": run["performers"], "weak": False}
    return whole if same else None


def _is_weak_feeling(row: Mapping[str, Any]) -> bool:
    return bool(row["weak"]) and set(row["cell"]) == {"feeling"}


def _wanted(
    feeling: str,
    relationship: str,
    language: str,
    row: Mapping[str, Any] | None,
    weak_feeling: Mapping[str, Any] | None,
    yields: Mapping[str, float],
) -> Wanted | None:
    n = int(row["n"]) if row else 0
    people = int(row["performers"]) if row else 0
    items = max(0, LEAST_ITEMS - n)
    performers = max(0, LEAST_PERFORMERS - people)
    reasons, need = [], 0.0
    if items or performers:
        reasons.append(f"thin: {_count(n, 'moment')} of {_count(people, 'performer')}")
        need += max(items / LEAST_ITEMS, performers / LEAST_PERFORMERS)
    if row and row["weak"]:
        reasons.append(f"weak: {_said(row)}")
        need += 2.0 + _gap(row)
        items = max(items, n)
    elif weak_feeling is not None:
        reasons.append(f"its feeling is weak: {_said(weak_feeling)}")
        need += 1.0 + _gap(weak_feeling)
        items = max(items, n)
    if not reasons:
        return None
    share = max(LEAST_YIELD, yields.get(feeling, 1.0))
    if share < 1:
        reasons.append(f"{share:.0%} of its cues are heard so")
    takes = max(LEAST_TAKES, math.ceil(items / share), performers)
    return Wanted(feeling, relationship, language, takes, need, "; ".join(reasons))


def _count(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def _said(row: Mapping[str, Any]) -> str:
    text = f"{row['score']:.2f}"
    if row.get("low") is not None:
        text += f" ({row['low']:.2f} to {row['high']:.2f})"
    if row.get("ceiling") is not None:
        text += f", people {row['ceiling']:.2f}"
    return text


def _gap(row: Mapping[str, Any]) -> float:
    top = row["ceiling"] if row.get("ceiling") is not None else 1.0
    return float(max(0.0, top - row["score"]))


def _within(
    wanted: list[Wanted], hours: float | None, most: int
) -> tuple[list[Wanted], list[Wanted]]:
    """The neediest cells that fit; the last one that only fits in part is shortened."""
    kept: list[Wanted] = []
    left: list[Wanted] = []
    room = None if hours is None else math.floor(hours / _hours_of(1))
    for one in wanted:
        if len(kept) == most or (room is not None and room < LEAST_TAKES):
            left.append(one)
            continue
        takes = one.takes if room is None else min(one.takes, room)
        kept.append(replace(one, takes=takes))
        room = None if room is None else room - takes
    if not kept:
        says = f"hold no cell; {_hours_of(LEAST_TAKES):.2f} are needed for the smallest."
        raise refuse("few_hours", says, "hours")
    return kept, left


def _hours_of(quota: int) -> float:
    """Scene hours in which this many cells' takes are cued, by the house's own rule."""
    minutes = scene_minutes(Order("", 0.0, {}, {}, {}))
    return float(Fraction(quota) / (CUED_SHARE * FEELINGS_PER_CUED_TAKE) * minutes / 60)


def _order(kept: Sequence[Wanted], name: str, use: str, brief: str) -> Order:
    cells = tuple(CellPlan(w.feeling, w.relationship, w.language, w.takes) for w in kept)
    total = sum(cell.takes for cell in cells)
    shares: dict[str, dict[str, float]] = {}
    for factor, known in (
        ("language", sorted({c.language for c in cells})),
        ("feeling", FEELINGS),
        ("relationship", RELATIONSHIPS),
    ):
        takes = {word: sum(c.takes for c in cells if getattr(c, factor) == word) for word in known}
        shares[factor] = {word: round(n / total, 6) for word, n in takes.items() if n}
    return Order(
        name=name,
        hours=math.ceil(_hours_of(total) * 4) / 4,
        languages=shares["language"],
        feelings=shares["feeling"],
        relationships=shares["relationship"],
        use=use,
        brief=brief,
        cells=cells,
    )


def _brief(run: Mapping[str, Any], kept: Sequence[Wanted]) -> str:
    words = [word for word in FEELINGS if any(w.feeling == word for w in kept)]
    return (
        f"Drawn from {run['model']}: cells where it is weak or data is thin. "
        f"Feelings: {', '.join(words)}."
    )
