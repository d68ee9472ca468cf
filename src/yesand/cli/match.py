"""`yesand match PEOPLE.csv WINDOWS.csv`: the week's pairs from two tables, without a server."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from yesand.cli import say
from yesand.kit.errors import refuse
from yesand.matching.pairing import Week, schedule
from yesand.matching.rules import Candidate, Demand, WeeklyWindow, free_quarters, why_you

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_YES, _NO = {"yes", "true", "1", ""}, {"no", "false", "0"}
_LISTS = ("lines", "blocked", "met", "again")


def match(
    people: Annotated[
        Path,
        typer.Argument(
            help="CSV: id, languages; optional split_pool, adult, consented, lines, blocked, met, "
            "again, had, wanted. Several words in one cell stand apart by spaces."
        ),
    ],
    windows: Annotated[Path, typer.Argument(help="CSV: id, day, start, end, zone.")],
    week: Annotated[str, typer.Option(help="Any day of the week, such as 2027-01-04.")],
    need: Annotated[
        str, typer.Option(help="Languages and their open share, such as en=1,es=0.4; all: 1.")
    ] = "",
    minutes: Annotated[int, typer.Option(help="Length of a booking.", min=15, max=240)] = 60,
    bookings: Annotated[int, typer.Option(help="Bookings at most.", min=0)] = 100,
    acquaintance: Annotated[str, typer.Option(help="any, strangers or met.")] = "any",
    seconds: Annotated[float, typer.Option(help="Longest search.", min=0.1)] = 10.0,
    out: Annotated[Path | None, typer.Option(help="CSV of the pairs.")] = None,
    json: Annotated[bool, typer.Option("--json", help=say.JSON_HELP)] = False,
) -> None:
    """Pair people for a week under the hard filters, with the proven bound and its fairness.

    Example: yesand match people.csv windows.csv --week 2027-01-04 --out pairs.csv
    """
    if acquaintance not in ("any", "strangers", "met"):
        raise refuse("bad_option", "Give any, strangers or met.", "--acquaintance")
    monday = _monday(week)
    candidates = _candidates(people, _windows(windows), monday)
    spoken = sorted({code for c in candidates for code in c.languages})
    demand = Demand(_need(need, spoken), acquaintance, minutes, bookings)
    with say.progress("pairing", None):
        plan = schedule(candidates, demand, seconds)
    pairs = _pairs(plan, candidates, demand)
    if out is not None:
        with out.open("w", newline="", encoding="utf-8") as file:
            write = csv.DictWriter(file, ["a", "b", "starts_at", "minutes", "language", "why"])
            write.writeheader()
            write.writerows(pairs)
    found: dict[str, Any] = {
        "week": monday.isoformat(),
        "people": len(candidates),
        "pairs": pairs if json else len(pairs),
        "value": plan.value,
        "bound": plan.bound,
        "gap": plan.gap,
        "zero_work_share": plan.zero_work_share,
        "p10_share": plan.p10_share,
        "gini": plan.gini,
        "left_out": plan.left_out,
    }
    if not json and out is None:
        for row in pairs:
            say.line(f"{row['starts_at']}  {row['a']} and {row['b']}  {row['language']}")
    say.finish(found, as_json=json)


def _pairs(plan: Week, candidates: list[Candidate], demand: Demand) -> list[dict[str, Any]]:
    by_id = {c.id: c for c in candidates}
    return [
        {
            "a": m.a,
            "b": m.b,
            "starts_at": m.starts_at.isoformat(),
            "minutes": demand.minutes,
            "language": m.language,
            "why": " ".join(why_you(by_id[m.a], by_id[m.b], demand)),
        }
        for m in plan.meetings
    ]


def _monday(text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise refuse("bad_day", "must be a day such as 2027-01-04.", f"--week {text}") from None
    return day - dt.timedelta(days=day.weekday())


def _need(text: str, spoken: list[str]) -> dict[str, float]:
    if not text:
        return dict.fromkeys(spoken, 1.0)
    found = {}
    for part in text.split(","):
        code, _, share = part.strip().partition("=")
        try:
            found[code] = float(share or 1)
        except ValueError:
            found[code] = -1.0
        if not code or not 0 <= found[code] <= 1:
            raise refuse("bad_need", f"{part!r} must read like en=0.4, from 0 to 1.", "--need")
    return found


def _rows(table: Path, needed: tuple[str, ...]) -> list[tuple[str, dict[str, str]]]:
    """(file and line, cells) of every row; refused naming file, line and column."""
    if not table.is_file():
        raise refuse("no_file", "There is no such file.", str(table))
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in needed if name not in (reader.fieldnames or [])]
            if missing:
                raise refuse("no_column", f"It has no column {', '.join(missing)}.", str(table))
            rows = []
            for row in reader:
                where = f"{table} line {reader.line_num}"
                cells = {k: (v or "").strip() for k, v in row.items() if k is not None}
                for name in needed:
                    if not cells[name]:
                        raise refuse("empty_cell", f"{name} is empty.", where)
                rows.append((where, cells))
    except UnicodeDecodeError:
        raise refuse("not_text", "It is not UTF-8 text.", str(table)) from None
    except csv.Error as broken:
        raise refuse("bad_csv", f"It is no CSV table ({broken}).", str(table)) from None
    if not rows:
        raise refuse("no_rows", "It holds no rows.", str(table))
    return rows


def _windows(table: Path) -> dict[str, list[tuple[str, WeeklyWindow]]]:
    found: dict[str, list[tuple[str, WeeklyWindow]]] = defaultdict(list)
    for where, row in _rows(table, ("id", "day", "start", "end", "zone")):
        day = row["day"].lower()
        if day not in DAYS:
            raise refuse("bad_day", f"day must be one of {', '.join(DAYS)}.", where)
        try:
            start, end = (dt.time.fromisoformat(row[name]) for name in ("start", "end"))
        except ValueError:
            raise refuse("bad_time", "start and end read like 19:30.", where) from None
        if end <= start and end != dt.time(0):
            says = "end is not after start; use two rows for a stretch over midnight."
            raise refuse("ends_before_start", says, where)
        try:
            ZoneInfo(row["zone"])
        except (ZoneInfoNotFoundError, ValueError):
            raise refuse("unknown_zone", f"{row['zone']!r} is not a time zone.", where) from None
        window = WeeklyWindow(DAYS.index(day), start, end, row["zone"])
        found[row["id"]].append((where, window))
    return found


def _candidates(
    table: Path, windows: dict[str, list[tuple[str, WeeklyWindow]]], monday: dt.date
) -> list[Candidate]:
    made: dict[str, Candidate] = {}
    for where, row in _rows(table, ("id", "languages")):
        if row["id"] in made:
            raise refuse("twice", f"{row['id']} is there twice.", where)
        lists = {name: frozenset(row.get(name, "").split()) for name in _LISTS}
        made[row["id"]] = Candidate(
            id=row["id"],
            pseudonym=row["id"],
            languages=frozenset(row["languages"].split()),
            split_pool=row.get("split_pool") or "train",
            adult=_yes(row, "adult", where),
            consented=_yes(row, "consented", where),
            free=free_quarters([w for _, w in windows.get(row["id"], [])], monday),
            had=_count(row, "had", 0, where),
            wanted=_count(row, "wanted", 3, where),
            **lists,
        )
    for name, rows in windows.items():
        if name not in made:
            raise refuse("unknown_id", f"{name} is not in {table}.", rows[0][0])
    return [made[name] for name in sorted(made)]


def _yes(row: dict[str, str], name: str, where: str) -> bool:
    said = row.get(name, "").lower()
    if said not in _YES | _NO:
        raise refuse("bad_cell", f"{name} must be yes or no.", where)
    return said in _YES


def _count(row: dict[str, str], name: str, otherwise: int, where: str) -> int:
    said = row.get(name, "")
    if said and not said.isdecimal():
        raise refuse("bad_cell", f"{name} must be a whole number.", where)
    return int(said) if said else otherwise
