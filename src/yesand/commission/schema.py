"""An order as a YAML file and as JSON: schema version 1, read with line numbers, written back.

```yaml
version: 1
name: Light Voices, second part
brief: Talk over each other, gladly.
use: train                       # or evaluation; fixed once approved
hours: 100
weeks: 6                         # optional, 6
languages: {en: 70, es: 30}      # parts of 1 or percent
feelings: {joy: 60, fear: 40}
relationships: {family: 100}
shapes: {improvised: 100}        # optional
acquaintance: any                # optional: any, strangers or met
cells:                           # optional: quotas fixed one by one, as a shortfall does
  - {feeling: fear, relationship: family, language: es, takes: 14}
```
With `cells`, the margins of feelings, relationships and languages may be left out: they follow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import yaml

from yesand.commission.marked import Marked, Path, Reader, load
from yesand.commission.order import (
    ACQUAINTANCE,
    USES,
    CellPlan,
    Order,
    exact,
    problems_of,
)
from yesand.kit.errors import Problem

VERSION = 1
KEYS = (
    "version", "name", "brief", "use", "hours", "weeks", "languages", "feelings",
    "relationships", "shapes", "acquaintance", "cells",
)  # fmt: skip
CELL_KEYS = ("feeling", "relationship", "language", "takes")
MARGINS = {"languages": "language", "feelings": "feeling", "relationships": "relationship"}


def read_order(text: str, file: str) -> Order:
    """The order in a YAML text. Raises Refused with one Problem per wrong field,
    `where` = "file:line: field".
    """
    return _read(load(text, file))


def from_mapping(order: Mapping[str, Any], name: str = "order") -> Order:
    """The order in a JSON value as `as_mapping` makes it. Raises Refused."""
    return _read(Marked(dict(order), name, {}))


def as_mapping(order: Order) -> dict[str, Any]:
    """The order as plain values: what `Commission.order` and `Shortfall.order` store."""
    mapping: dict[str, Any] = {
        "version": VERSION,
        "name": order.name,
        "brief": order.brief,
        "use": order.use,
        "hours": order.hours,
        "weeks": order.weeks,
        "languages": dict(order.languages),
        "feelings": dict(order.feelings),
        "relationships": dict(order.relationships),
        "shapes": dict(order.shapes),
        "acquaintance": order.acquaintance,
    }
    if order.cells:
        mapping["cells"] = [
            {
                "feeling": cell.feeling,
                "relationship": cell.relationship,
                "language": cell.language,
                "takes": cell.takes,
            }
            for cell in order.cells
        ]
    return mapping


def write_order(order: Order) -> str:
    """The order as YAML that `read_order` reads back to an equal order."""
    mapping = as_mapping(order)
    cells = mapping.pop("cells", [])
    text: str = yaml.safe_dump(mapping, sort_keys=False, allow_unicode=True, width=1000)
    if cells:
        text += "cells:\n"
    for cell in cells:
        line = yaml.safe_dump(cell, sort_keys=False, default_flow_style=True, width=1000)
        text += f"  - {line}"
    return text


def percents(shares: Mapping[str, float]) -> dict[str, float]:
    """Shares of 1 as the percent a form shows."""
    return {word: float(exact(share) * 100) for word, share in shares.items()}


def normal(shares: Mapping[str, float]) -> dict[str, float]:
    """Shares given in percent as parts of 1; shares of 1 stay as they are."""
    total = sum(exact(share) for share in shares.values())
    scale = 100 if total > Fraction(3, 2) else 1
    return {word: float(exact(share) / scale) for word, share in shares.items()}


def _read(marked: Marked) -> Order:
    reader = Reader(marked)
    body = reader.mapping(marked.value, ())
    reader.finish()
    reader.known(body, (), KEYS)
    version = reader.number(body, (), "version")
    if version and version != VERSION:
        says = f"This is version {version:g}; version {VERSION} is read here."
        reader.wrong("unknown_version", ("version",), says)
    cells = _cells(reader, body)
    shares = {
        key: _shares(reader, body, key, cells)
        for key in ("languages", "feelings", "relationships", "shapes")
    }
    order = Order(
        name=reader.text(body, (), "name"),
        brief=reader.text(body, (), "brief", ""),
        use=reader.word(body, (), "use", USES),
        hours=reader.number(body, (), "hours"),
        weeks=_whole(reader, body, ("weeks",), 6),
        acquaintance=reader.word(body, (), "acquaintance", ACQUAINTANCE, "any"),
        cells=tuple(cells),
        **shares,
    )
    named = {problem.where for problem in reader.problems}
    for problem in problems_of(order):
        where = marked.where(_path(problem.where))
        if not any(known.startswith(where) for known in named):
            reader.problems.append(Problem(problem.code, where, problem.says))
    reader.finish()
    return order


def _path(where: str) -> Path:
    """`cells[3].takes` or `languages.en` as steps."""
    head, bracket, rest = where.partition("[")
    if bracket:
        at, _, key = rest.partition("]")
        return (head, int(at), key[1:]) if key else (head, int(at))
    word, dot, key = where.partition(".")
    return (word, key) if dot else (word,)


def _whole(reader: Reader, holder: dict[str, Any], path: Path, default: int | None = None) -> int:
    value = reader.number(holder, path[:-1], str(path[-1]), default)
    if value != int(value):
        reader.wrong("not_whole", path, "Write a whole number here.")
    return int(value)


def _shares(
    reader: Reader, body: dict[str, Any], key: str, cells: list[CellPlan]
) -> dict[str, float]:
    if key == "shapes" and key not in body:
        return {"improvised": 1.0}
    if cells and key in MARGINS and key not in body:
        counts: Counter[str] = Counter()
        for cell in cells:
            counts[getattr(cell, MARGINS[key])] += cell.takes
        whole = sum(counts.values()) or 1
        return {word: round(takes / whole, 6) for word, takes in counts.items()}
    if key not in body:
        reader.wrong("missing", (key,), "Give each a share, such as `{en: 70, es: 30}`.")
        return {}
    holder = reader.mapping(body[key], (key,))
    return normal({word: reader.number(holder, (key,), word) for word in holder})


def _cells(reader: Reader, body: dict[str, Any]) -> list[CellPlan]:
    rows = body.get("cells")
    if rows is None:
        return []
    if not isinstance(rows, list):
        reader.wrong("not_a_list", ("cells",), "Write a list of cells here.")
        return []
    cells: list[CellPlan] = []
    for at, row in enumerate(rows):
        path: Path = ("cells", at)
        holder = reader.mapping(row, path)
        reader.known(holder, path, CELL_KEYS)
        cell = CellPlan(
            feeling=reader.text(holder, path, "feeling"),
            relationship=reader.text(holder, path, "relationship"),
            language=reader.text(holder, path, "language"),
            takes=_whole(reader, holder, (*path, "takes")),
        )
        if any(
            (c.feeling, c.relationship, c.language)
            == (cell.feeling, cell.relationship, cell.language)
            for c in cells
        ):
            reader.wrong("cell_twice", path, "This cell stands above already; add its takes there.")
        cells.append(cell)
    return cells
