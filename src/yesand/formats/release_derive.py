"""What the writer of a release computes itself: derived columns, dyads, hours, figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from yesand.formats.release_columns import Row
from yesand.formats.release_content import Figures
from yesand.formats.release_words import SPLITS

Rows = Sequence[Row]
#: A stated value shared by fewer performers than this is left empty.
SMALLEST_GROUP = 5
STATED = ("age_band", "accent", "arm")


def take_counts(tables: Mapping[str, Rows], errata: Rows) -> dict[str, dict[str, Any]]:
    """Derived columns of each take that come from other tables, by take id."""
    cues = Counter(r["take_id"] for r in tables["cues"] if r.get("displayed_at") is not None)
    worded = {row["take_id"] for row in tables["words"]}
    observers = {r["item_id"]: r["n"] for r in tables["labels"] if r["view"] == "observer"}
    fewest: dict[str, int] = {}
    for item in tables["items"]:
        n = observers.get(item["item_id"], 0)
        fewest[item["take_id"]] = min(n, fewest.get(item["take_id"], n))
    wrong = Counter(line["take_id"] for line in errata)
    return {
        row["take_id"]: {
            "n_cues": cues[row["take_id"]],
            "has_words": row["take_id"] in worded,
            "observers_n": fewest.get(row["take_id"], 0),
            "errata_n": wrong[row["take_id"]],
        }
        for row in tables["takes"]
    }


def dyad_rows(takes: Rows) -> list[dict[str, Any]]:
    """The table dyads from finished rows of takes."""
    by_dyad: dict[str, list[Row]] = defaultdict(list)
    for row in takes:
        by_dyad[row["dyad_id"]].append(row)
    made = []
    for dyad, rows in sorted(by_dyad.items()):
        first, second = sorted((rows[0]["performer_a"], rows[0]["performer_b"]))
        made.append(
            {
                "dyad_id": dyad,
                "performer_1": first,
                "performer_2": second,
                "split": rows[0]["split"],
                "sessions": len({row["session_id"] for row in rows}),
                "takes": len(rows),
                "hours": hours(rows),
            }
        )
    return made


def hours(takes: Rows) -> float:
    """Summed length in hours, added in take order so that it is the same on every machine."""
    ordered = sorted(takes, key=lambda row: row["take_id"])
    return sum(int(row["samples"]) for row in ordered) / 48_000 / 3600


def performer_rows(performers: Rows, takes: Rows) -> list[dict[str, Any]]:
    """The table performers: those with a take, their hours, and no rare stated value.

    A stated value is left empty where fewer than 5 performers share it, and all of a
    performer's stated values where fewer than 5 share that combination.
    """
    of: dict[str, list[Row]] = defaultdict(list)
    for row in takes:
        of[row["performer_a"]].append(row)
        of[row["performer_b"]].append(row)
    made = [
        {**row, "hours": hours(of[row["pseudonym"]])}
        for row in performers
        if row["pseudonym"] in of
    ]
    for name in STATED:
        groups = Counter(row.get(name) for row in made)
        for row in made:
            if groups[row.get(name)] < SMALLEST_GROUP:
                row[name] = None
    together = Counter(tuple(row.get(name) for name in STATED) for row in made)
    for row in made:
        if together[tuple(row.get(name) for name in STATED)] < SMALLEST_GROUP:
            row.update(dict.fromkeys(STATED))
    return made


def gap_rows(take_id: str, role: str, gaps: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    """Rows of segments that list what is zero-filled."""
    return [
        {
            "take_id": take_id,
            "role": role,
            "kind": "gap",
            "view": "declared",
            "start": float(start),
            "end": float(end),
            "confidence": 1.0,
            "source": "capture",
        }
        for start, end in gaps
    ]


def figures(tables: Mapping[str, Rows]) -> Figures:
    """What the finished tables amount to."""
    takes = tables["takes"]
    shares = _shares(takes)
    return Figures(
        takes=len(takes),
        dyads=len({row["dyad_id"] for row in takes}),
        performers=len(shares),
        raters=len({row["rater_id"] for row in tables["ratings"] if row["view"] == "observer"}),
        items=len(tables["items"]),
        hours=hours(takes),
        largest_share=max(shares.values(), default=0.0),
        effective_performers=1 / sum(s * s for s in shares.values()) if shares else 0.0,
        takes_by_split={s: sum(row["split"] == s for row in takes) for s in SPLITS},
        hours_by_split={s: hours([row for row in takes if row["split"] == s]) for s in SPLITS},
        left_out={row["reason"]: row["takes"] for row in tables["left_out"]},
    )


def _shares(takes: Rows) -> dict[str, float]:
    samples: Counter[str] = Counter()
    for row in takes:
        samples[row["performer_a"]] += int(row["samples"])
        samples[row["performer_b"]] += int(row["samples"])
    whole = sum(samples.values())
    return {name: samples[name] / whole for name in sorted(samples)} if whole else {}
