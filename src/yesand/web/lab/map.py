"""Cells of a run as a picture: one row a feeling, one dot a cell, intervals and the ceiling."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 600.0, 22.0


@dataclass(frozen=True)
class Dot:
    """One cell in its row; x in 0..WIDTH."""

    x: float
    low: float
    high: float
    ceiling: float | None
    weak: bool
    says: str


@dataclass(frozen=True)
class MapRow:
    """One feeling with its cells, scored ones as dots and thin ones as words."""

    feeling: str
    dots: list[Dot]
    thin: list[str]


def draw(cells: list[dict[str, Any]]) -> list[MapRow]:
    """Rows in the order of first appearance; the three weakest scored cells stand out."""
    scored = [c for c in cells if c.get("score") is not None]
    weakest = {id(c) for c in sorted(scored, key=lambda c: c["score"])[:3]}
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for cell in cells:
        rows[str(cell["cell"].get("feeling", "all"))].append(cell)
    drawn = []
    for feeling, members in rows.items():
        dots, thin = [], []
        for cell in members:
            rest = ", ".join(str(v) for k, v in cell["cell"].items() if k != "feeling") or feeling
            if cell.get("score") is None:
                thin.append(f"{rest}: {cell['n']} / {cell['performers']}")
                continue
            low, high = cell.get("low", cell["score"]), cell.get("high", cell["score"])
            ceiling = cell.get("ceiling")
            dots.append(
                Dot(
                    cell["score"] * WIDTH,
                    low * WIDTH,
                    high * WIDTH,
                    None if ceiling is None else ceiling * WIDTH,
                    id(cell) in weakest,
                    f"{rest}: {cell['score']:.2f} ({low:.2f} to {high:.2f}), {cell['n']} items",
                )
            )
        drawn.append(MapRow(feeling, dots, thin))
    return drawn
