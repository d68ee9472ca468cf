"""`yesand agree VOTES.csv`: agreement of ratings with intervals, on any table of votes."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from yesand.cli.main import FINE
from yesand.cli.say import JSON_HELP, finish, line
from yesand.kit.errors import refuse
from yesand.stats.agreement import Level, alpha, alpha_of_numbers
from yesand.stats.intervals import DRAWS, mean
from yesand.stats.votes import entropy, majority, shares, votes


def agree(
    table: Annotated[Path, typer.Argument(help="CSV with one row per vote.")],
    item: Annotated[str, typer.Option(help="Column of what was rated.")] = "item",
    rater: Annotated[str, typer.Option(help="Column of who rated.")] = "rater",
    label: Annotated[str, typer.Option(help="Column of the answer.")] = "label",
    cluster: Annotated[
        str, typer.Option(help="Column of what is drawn together for intervals, such as the take.")
    ] = "",
    level: Annotated[
        str, typer.Option(help="nominal, ordinal (labels in --order) or interval (numbers).")
    ] = "nominal",
    order: Annotated[
        str, typer.Option(help="Labels from lowest to highest, with commas; for ordinal.")
    ] = "",
    draws: Annotated[int, typer.Option(help="Bootstrap draws.", min=0, max=100_000)] = DRAWS,
    seed: Annotated[int, typer.Option(help="Seed of the draws.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Krippendorff's alpha, majority and entropy of ratings, with 95 % intervals.

    Example: yesand agree votes.csv --item scene --rater worker --label answer --json
    """
    if level not in ("nominal", "ordinal", "interval"):
        raise refuse("bad_option", "Give nominal, ordinal or interval.", "--level")
    rows = _read(table, [name for name in (item, rater, label, cluster) if name])
    _once(table, rows, item, rater)
    groups = [row[cluster] for row in rows] if cluster else None
    found: dict[str, Any] = {
        "items": len({row[item] for row in rows}),
        "raters": len({row[rater] for row in rows}),
        "votes": len(rows),
        "level": level,
    }
    if level == "interval":
        numbers = _numbers(table, rows, label)
        figure = alpha_of_numbers([row[item] for row in rows], numbers, groups, draws, seed)
        found |= {"alpha": figure.to_json(), "mean": round(float(np.mean(numbers)), 6)}
    else:
        ranks = _order(table, rows, label, order, level)
        v = votes(
            [row[item] for row in rows],
            [row[rater] for row in rows],
            [row[label] for row in rows],
            ranks,
        )
        counts = v.counts()
        by_item = dict(zip((row[item] for row in rows), groups, strict=True)) if groups else None
        names = [by_item[str(name)] for name in v.items] if by_item else None
        kind: Level = "ordinal" if level == "ordinal" else "nominal"
        figure = alpha(counts, kind, clusters=names, draws=draws, seed=seed)
        most = majority(counts)
        found |= {
            "labels": [str(name) for name in v.labels],
            "alpha": figure.to_json(),
            "unique_majority": _share(most.label >= 0, names, draws, seed),
            "absolute_majority": _share(most.absolute, names, draws, seed),
            "entropy_bits": mean(entropy(shares(counts)), names, max(draws, 1), seed).to_json(),
            "shares": {
                str(name): round(float(part), 6)
                for name, part in zip(v.labels, counts.sum(axis=0) / counts.sum(), strict=True)
            },
        }
    if as_json:
        finish(found, as_json=True)
    for name, value in found.items():
        line(f"{name:18s} {_words(value)}")
    raise typer.Exit(FINE)


def _share(which: np.ndarray, names: list[str] | None, draws: int, seed: int) -> dict[str, Any]:
    return mean(which.astype(np.float64), names, max(draws, 1), seed).to_json()


def _words(value: Any) -> str:
    if isinstance(value, dict) and "low" in value:
        if value["value"] is None:
            return f"undefined: {value['why']}"
        if value["low"] is None:
            return f"{value['value']:.3f} ({value['why'] or 'no interval asked for'})"
        return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"
    if isinstance(value, dict):
        return ", ".join(f"{k} {v:.3f}" for k, v in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)


def _read(table: Path, columns: list[str]) -> list[dict[str, str]]:
    """Rows with non-empty cells in the columns; refused naming file, row and column."""
    where = str(table)
    if not table.is_file():
        raise refuse("no_file", "There is no such file.", where)
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            have = reader.fieldnames or []
            missing = [name for name in columns if name not in have]
            if missing:
                says = f"It has no column {', '.join(missing)}; it has {', '.join(have) or 'none'}."
                raise refuse("no_column", says, where)
            rows = []
            for row in reader:
                for name in columns:
                    if not (row[name] or "").strip():
                        at = f"{where} line {reader.line_num}"
                        raise refuse("empty_cell", f"{name} is empty; fill it or drop the row.", at)
                rows.append({name: row[name].strip() for name in columns})
    except UnicodeDecodeError:
        raise refuse("not_text", "It is not UTF-8 text; save it as CSV in UTF-8.", where) from None
    except csv.Error as broken:
        raise refuse("bad_csv", f"It is no CSV table ({broken}).", where) from None
    if not rows:
        raise refuse("no_rows", "It holds no votes.", where)
    return rows


def _once(table: Path, rows: list[dict[str, str]], item: str, rater: str) -> None:
    """Each rater answers an item once, or agreement would count a person with themselves."""
    seen: set[tuple[str, str]] = set()
    for row in rows:
        key = (row[item], row[rater])
        if key in seen:
            says = f"Rater {key[1]} answers item {key[0]} twice; keep one answer."
            raise refuse("twice", says, str(table))
        seen.add(key)


def _numbers(table: Path, rows: list[dict[str, str]], label: str) -> list[float]:
    out = []
    for n, row in enumerate(rows, start=1):
        try:
            value = float(row[label])
        except ValueError:
            value = float("nan")
        if not np.isfinite(value):
            says = f"{row[label]!r} is not a number; --level interval needs numbers."
            raise refuse("not_a_number", says, f"{table} vote {n}")
        out.append(value)
    return out


def _order(
    table: Path, rows: list[dict[str, str]], label: str, order: str, level: str
) -> list[str] | None:
    """The labels in their order: as given, or by number when all are numbers."""
    used = sorted({row[label] for row in rows})
    if order:
        given = [name.strip() for name in order.split(",")]
        unknown = [name for name in used if name not in given]
        if unknown:
            says = f"The table also holds {', '.join(unknown)}; name every label."
            raise refuse("unknown_label", says, "--order")
        return given
    if level != "ordinal":
        return None
    try:
        return sorted(used, key=float)
    except ValueError:
        says = "Labels are words: say their order with --order low,middle,high."
        raise refuse("no_order", says, str(table)) from None
