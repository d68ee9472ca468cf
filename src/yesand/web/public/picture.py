"""The start page's picture: two lanes and four rows, as geometry for one SVG.

The scene is two robots' (tools/draw_landing.py). Pixels: 44 a second, lanes 92 high.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from yesand.infra.database import package_folder

PER_SECOND = 44
TOP, LANE = 24, 92
ROWS_AT, STEP = 252, 50


@dataclass(frozen=True)
class Box:
    """One answer in one row: where it stands, whose moment it is, a word and what is beside it."""

    x: float
    y: float
    width: float
    role: str
    word: str
    beside: str


@dataclass(frozen=True)
class Moment:
    """One moment: over its boxes (at), and as a row of the table that says the same (name)."""

    name: str
    at: str
    role: str
    x: float
    cells: tuple[str, str, str, str]


@dataclass(frozen=True)
class Picture:
    """Everything the template draws."""

    title: str
    seconds: int
    width: int
    names: dict[str, str]
    lanes: dict[str, str]
    grid: list[tuple[float, str]]
    overlaps: list[tuple[float, float, str]]
    boxes: list[Box]
    moments: list[Moment]
    point: str
    says: str


def _strength(value: int | None) -> str:
    words = {1: _("slight"), 2: _("clear"), 3: _("strong")}
    return words.get(value or 0, "")


def _clock(seconds: float) -> str:
    return f"0:{seconds:04.1f}"


def _lane(peaks: list[float], per_second: int, top: int, full: float) -> str:
    step = PER_SECOND / per_second
    middle = top + LANE / 2 - 10
    marks = []
    for index, peak in enumerate(peaks):
        half = max(0.5, 30 * peak / full)
        marks.append(f"M{(index + 0.5) * step:.1f} {middle - half:.1f}v{2 * half:.1f}")
    return "".join(marks)


def _boxes(moment: dict[str, Any], end: float, next_cue: float) -> list[Box]:
    x, width = PER_SECOND * moment["start"], PER_SECOND * (end - moment["start"]) - 4
    cue = PER_SECOND * moment["cue_at"]
    first = moment["observers"][0]
    rest = ", ".join(f"{word} {n}" for word, n in moment["observers"][1:])
    rows = [
        (cue, moment["aim"], _strength(moment["strength"]), PER_SECOND * next_cue - cue - 4),
        (x, moment["character"]["word"], _strength(moment["character"]["strength"]), width),
        (x, moment["partner"]["word"], _strength(moment["partner"]["strength"]), width),
        (x, f"{first[0]} {first[1]}", rest, width),
    ]
    return [
        Box(round(at, 1), ROWS_AT + STEP * row, round(wide, 1), moment["role"], word, beside)
        for row, (at, word, beside, wide) in enumerate(rows)
    ]


def _cells(moment: dict[str, Any]) -> tuple[str, str, str, str]:
    def said(word: str | None, strength: int | None) -> str:
        return ", ".join(part for part in (word or "", _strength(strength)) if part)

    return (
        said(moment["aim"], moment["strength"]) + f": “{moment['action']}”",
        said(moment["character"]["word"], moment["character"]["strength"]),
        said(moment["partner"]["word"], moment["partner"]["strength"]),
        ", ".join(f"{word} {n}" for word, n in moment["observers"]),
    )


@lru_cache(maxsize=1)
def _scene() -> dict[str, Any]:
    path = package_folder("web") / "static/yesand/landing/scene.json"
    return dict(json.loads(path.read_text("utf-8")))


def picture() -> Picture:
    """The picture of the shipped scene, with its words in the reader's language."""
    scene = _scene()
    names, found = scene["names"], scene["moments"]
    full = max(max(peaks) for peaks in scene["peaks"].values())
    apart = next(m for m in found if m["character"]["word"] != m["partner"]["word"])
    own, other = names[apart["role"]], names["b" if apart["role"] == "a" else "a"]
    point = _(
        "One moment, two readings. %(own)s played %(one)s; %(other)s heard %(two)s. We keep both."
    ) % {
        "own": own,
        "other": other,
        "one": apart["character"]["word"],
        "two": apart["partner"]["word"],
    }
    ends = [m["start"] for m in found[1:]] + [scene["seconds"]]
    cues = [m["cue_at"] for m in found[1:]] + [found[-1]["end"]]
    boxes = [
        box
        for moment, end, next_cue in zip(found, ends, cues, strict=True)
        for box in _boxes(moment, min(end, moment["end"]), next_cue)
    ]
    turns = sum(len(spans) for spans in scene["turns"].values())
    return Picture(
        title=scene["title"],
        seconds=round(scene["seconds"]),
        width=round(scene["seconds"] * PER_SECOND),
        names=names,
        lanes={
            role: _lane(peaks, scene["per_second"], TOP + (LANE + 8) * number, full)
            for number, (role, peaks) in enumerate(sorted(scene["peaks"].items()))
        },
        grid=[(PER_SECOND * s + 0.5, f"0:{s:02d}") for s in range(0, round(scene["seconds"]), 5)],
        overlaps=[
            (
                round(PER_SECOND * start, 1),
                round(PER_SECOND * (end - start), 1),
                _("overlap %(seconds).1f s") % {"seconds": end - start},
            )
            for start, end in scene["overlaps"]
        ],
        boxes=boxes,
        moments=[
            Moment(
                _("%(name)s, %(start)s to %(end)s")
                % {
                    "name": names[m["role"]],
                    "start": _clock(m["start"]),
                    "end": _clock(m["end"]),
                },
                _("%(name)s, %(start)s") % {"name": names[m["role"]], "start": _clock(m["start"])},
                m["role"],
                round(PER_SECOND * m["start"], 1),
                _cells(m),
            )
            for m in found
        ],
        point=point,
        says=_(
            "Two voices over 20 seconds with %(turns)d turns and %(overlaps)d overlaps. Under them "
            "%(moments)d moments in four rows; the table below holds the same words."
        )
        % {"turns": turns, "overlaps": len(scene["overlaps"]), "moments": len(found)},
    )
